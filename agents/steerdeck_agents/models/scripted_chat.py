"""The scripted model as a server of Chat Completions: the same scripts, the same strictness.

A request is read by putting its messages back into items, so that the checks of the Responses form
hold here too; a reply is streamed in the chunks OpenAI documents for `chat.completion.chunk`.
"""

import json
from collections.abc import Iterator, Mapping

import msgspec

from steerdeck_agents.models.chat_body import text_of
from steerdeck_agents.models.scripted import Call, Conversation, Custom, Refuse, Reply, Say, Think
from steerdeck_agents.models.scripted_events import item_of, pieces, usage_of
from steerdeck_agents.models.scripted_input import read_items

Chunk = dict[str, object]
DONE = b"data: [DONE]\n\n"


def read_chat(body: bytes) -> Conversation | Refuse:
    """The conversation of one request body, or the refusal a strict server gives."""
    try:
        data = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _invalid(f"We could not parse the JSON body of your request: {error}")
    if not isinstance(data, dict) or not isinstance(data.get("model"), str):
        return _invalid("Missing required parameter: 'model'.")
    if data.get("stream") is not True:
        return _invalid("The scripted model only streams: set 'stream' to true.")
    messages = data.get("messages")
    if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
        return _invalid("Invalid type for 'messages': expected an array of objects.")
    items = [item for message in messages for item in _items(message)]
    # Chat has no key for a cache; the first words tell sessions apart.
    return read_items(data["model"], items, str(data.get("prompt_cache_key") or ""), body)


def chunks_of(talk: Conversation, reply: Reply) -> Iterator[Chunk]:
    """All chunks of a reply; the last two tell how it ended and what it used."""
    yield _chunk(talk, {"role": "assistant", "content": ""})
    number = 0
    for place, part in enumerate(reply.parts):
        match part:
            case Think(text):
                for piece in pieces(text):
                    yield _chunk(talk, {"reasoning_content": piece})
            case Say(text):
                for piece in pieces(text):
                    yield _chunk(talk, {"content": piece})
            case Call() | Custom():
                if isinstance(part, Custom):
                    part = Call(part.tool, {"patch": part.input}, part.id)
                item = item_of(talk, place, part)
                function = {"name": item["name"], "arguments": ""}
                told = {"id": item["call_id"], "type": "function", "function": function}
                yield _chunk(talk, {"tool_calls": [{"index": number, **told}]})
                for piece in pieces(str(item["arguments"])):
                    fragment = {"index": number, "function": {"arguments": piece}}
                    yield _chunk(talk, {"tool_calls": [fragment]})
                number += 1
    yield _chunk(talk, {}, "tool_calls" if number else "stop")
    used = usage_of(talk, reply)
    usage = {
        "prompt_tokens": used["input_tokens"],
        "completion_tokens": used["output_tokens"],
        "total_tokens": used["total_tokens"],
        "prompt_tokens_details": used["input_tokens_details"],
        "completion_tokens_details": used["output_tokens_details"],
    }
    yield {**_chunk(talk, {}), "choices": [], "usage": usage}


def broken_chunk(talk: Conversation, how: str) -> Chunk:
    """The last chunk of an answer that failed on the server's side."""
    if how == "incomplete":
        return _chunk(talk, {}, "length")
    message = "The scripted server was told to fail."
    return {"error": {"message": message, "type": "server_error", "code": "server_error"}}


def frame(chunk: Chunk) -> bytes:
    """One chunk as it goes over the wire (server-sent events without names)."""
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _chunk(talk: Conversation, delta: Chunk, reason: str | None = None) -> Chunk:
    return {
        "id": f"chatcmpl-{talk.salt}{talk.bytes:x}",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": talk.model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        "usage": None,
    }


def _items(message: Mapping[str, object]) -> Iterator[dict[str, object]]:
    role, content = message.get("role"), text_of(message.get("content"))
    calls = message.get("tool_calls")
    if role == "tool":
        wire_id = message.get("tool_call_id")
        yield {"type": "function_call_output", "call_id": wire_id, "output": content}
        return
    if content or role != "assistant":
        kind = "message"
        whole = _parts(message.get("content"))
        yield {"type": kind, "role": role, "id": f"msg_{len(content)}", "content": whole}
    for call in calls if isinstance(calls, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        told = function if isinstance(function, dict) else {}
        yield {
            "type": "function_call",
            "call_id": call.get("id"),
            "name": told.get("name"),
            "arguments": told.get("arguments"),
        }


def _parts(content: object) -> object:
    """The content as the Responses API has it: pictures stay pictures."""
    if not isinstance(content, list):
        return text_of(content)
    return [
        {"type": "input_image"}
        if isinstance(part, dict) and part.get("type") == "image_url"
        else part
        for part in content
    ]


def _invalid(message: str) -> Refuse:
    return Refuse(status=400, message=message, code="invalid_request_error")
