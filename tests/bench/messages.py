"""The scripted model in a third tongue: Anthropic's Messages API, the only one Claude Code speaks.

Nothing of the product speaks it, so it stands here, over the same scripts as the other two. Events
as the API's reference has them: https://docs.anthropic.com/en/api/messages-streaming
"""

import asyncio
import json
from collections.abc import Iterator, Mapping

import msgspec

from steerdeck_agents.models.scripted import Call, Conversation, Refuse, Reply, Say, Script
from steerdeck_agents.models.scripted_events import item_of, pieces, usage_of
from steerdeck_agents.models.scripted_input import read_items
from steerdeck_agents.models.scripted_server import Asking, ScriptedServer

_REMINDER = "<system-reminder>"
"""How what the program itself puts beside a person's words begins."""
_TITLE = Reply((Say("A measured session.", final=True),))

Event = dict[str, object]


class ThreeTongues(ScriptedServer):
    """A scripted server that answers the Messages API too."""

    async def _answer(self, asking: Asking, writer: asyncio.StreamWriter) -> None:
        path = asking.path.partition("?")[0].removeprefix("/v1")
        if (asking.method, path) != ("POST", "/messages"):
            await super()._answer(asking, writer)
            return
        body = msgspec.json.decode(asking.body, type=dict)
        talk = read_items(body["model"], list(_items(body["messages"])), "", asking.body)
        assert not isinstance(talk, Refuse), talk
        # Who offers no tools only wants a title, or to see whether somebody is there.
        reply = self._scripts[talk.model](talk) if body.get("tools") else _TITLE
        assert isinstance(reply, Reply), reply
        if body.get("stream"):
            await self.stream_messages(talk, reply, writer)
        else:
            await _whole(talk, reply, writer)

    async def stream_messages(
        self, talk: Conversation, reply: Reply, writer: asyncio.StreamWriter
    ) -> None:
        """Send the events, one delta a token, at the server's pace."""
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n"
            b"transfer-encoding: chunked\r\n\r\n"
        )
        loop = asyncio.get_running_loop()
        due = loop.time()
        for event in events_of(talk, reply):
            if self._pace and "delta" in event:
                due = max(due + 1 / self._pace, loop.time() - 0.1)
                if (ahead := due - loop.time()) > 0.004:
                    await asyncio.sleep(ahead)
            data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
            writer.write(b"%x\r\n%b\r\n" % (len(data), data))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()


async def started(
    kind: type[ThreeTongues], scripts: Mapping[str, Script], pace: float = 0
) -> ThreeTongues:
    """A server of this kind on a free port; `pace` in tokens a second, 0 as fast as it goes."""
    server = kind(scripts, pace, "")
    await server.start(0)
    return server


def events_of(talk: Conversation, reply: Reply) -> Iterator[Event]:
    """All events of a reply."""
    usage = _usage(talk, reply)
    begun = {**_message(talk), "content": [], "stop_reason": None, "usage": usage}
    yield {"type": "message_start", "message": begun}
    for place, block in enumerate(_blocks(talk, reply)):
        if block["type"] == "tool_use":
            empty, key, kind = {**block, "input": {}}, "partial_json", "input_json_delta"
            text = json.dumps(block["input"])
        else:
            empty, key, kind = {**block, "text": ""}, "text", "text_delta"
            text = str(block["text"])
        yield {"type": "content_block_start", "index": place, "content_block": empty}
        for piece in pieces(text):
            delta = {"type": kind, key: piece}
            yield {"type": "content_block_delta", "index": place, "delta": delta}
        yield {"type": "content_block_stop", "index": place}
    ended = {"stop_reason": _reason(reply), "stop_sequence": None}
    yield {"type": "message_delta", "delta": ended, "usage": usage}
    yield {"type": "message_stop"}


async def _whole(talk: Conversation, reply: Reply, writer: asyncio.StreamWriter) -> None:
    message = {
        **_message(talk), "content": _blocks(talk, reply), "stop_reason": _reason(reply),
        "usage": _usage(talk, reply),
    }  # fmt: skip
    data = json.dumps(message).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(data)}"
    writer.write(f"{head}\r\n\r\n".encode() + data)
    await writer.drain()


def _message(talk: Conversation) -> Event:
    return {
        "id": f"msg_{talk.salt}{talk.bytes:x}", "type": "message", "role": "assistant",
        "model": talk.model, "stop_sequence": None,
    }  # fmt: skip


def _blocks(talk: Conversation, reply: Reply) -> list[Event]:
    blocks: list[Event] = []
    for place, part in enumerate(reply.parts):
        match part:
            case Say(text):
                blocks.append({"type": "text", "text": text})
            case Call(tool, arguments):
                own = f"toolu_{item_of(talk, place, part)['call_id']}"
                blocks.append({"type": "tool_use", "id": own, "name": tool, "input": arguments})
            case _:
                raise NotImplementedError(f"No script speaks {part!r} to Claude Code.")
    return blocks


def _reason(reply: Reply) -> str:
    return "tool_use" if any(isinstance(part, Call) for part in reply.parts) else "end_turn"


def _usage(talk: Conversation, reply: Reply) -> Event:
    used = usage_of(talk, reply)
    return {"input_tokens": used["input_tokens"], "output_tokens": used["output_tokens"]}


def _items(messages: list[Event]) -> Iterator[Event]:
    """The messages as items of the Responses API, which scripts are read from."""
    for message in messages:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        words = []
        for block in blocks if isinstance(blocks, list) else []:
            match block:
                case {"type": "text", "text": str(text)} if not text.startswith(_REMINDER):
                    words.append(text)
                case {"type": "tool_use", "id": wire_id, "name": name, "input": given}:
                    call = {"name": name, "arguments": json.dumps(given)}
                    yield {"type": "function_call", "call_id": wire_id, **call}
                case {"type": "tool_result", "tool_use_id": wire_id}:
                    told = block.get("content") or ""
                    yield {"type": "function_call_output", "call_id": wire_id, "output": told}
        if words:
            role = message["role"]
            yield {"type": "message", "role": role, "id": "msg", "content": "\n".join(words)}
