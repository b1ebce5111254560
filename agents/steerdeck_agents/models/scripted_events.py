"""The events of one streamed response, in the order and shape of the Responses API.

Taken from the SDK's event types; every delta is about one token, so that pace is tokens per second.
"""

import base64
import json
from collections.abc import Iterator

import msgspec

from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.models.scripted import Call, Conversation, Custom, Part, Reply, Say, Think

TOKEN = 4
"""Characters of a token, about."""

Event = dict[str, object]


def events_of(talk: Conversation, reply: Reply) -> Iterator[Event]:
    """All events of a reply; each has a `sequence_number`, deltas are those with a `delta`."""
    for number, event in enumerate(_whole(talk, reply)):
        yield {"type": event.pop("type"), "sequence_number": number, **event}


def frame(event: Event) -> bytes:
    """One event as it goes over the wire (server-sent events)."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _whole(talk: Conversation, reply: Reply) -> Iterator[Event]:
    items = [item_of(talk, place, part) for place, part in enumerate(reply.parts)]
    yield {"type": "response.created", "response": _response(talk, "in_progress")}
    yield {"type": "response.in_progress", "response": _response(talk, "in_progress")}
    for place, (part, item) in enumerate(zip(reply.parts, items, strict=True)):
        match part:
            case Think(text):
                yield from _reasoning(place, item, text)
            case Say(text):
                yield from _message(place, item, text)
            case Call():
                yield from _call(place, item)
            case Custom():
                yield from _custom(place, item)
    response = _response(talk, "completed")
    response["output"] = items
    response["usage"] = usage_of(talk, reply)
    yield {"type": "response.completed", "response": response}


def broken_end(talk: Conversation, how: str) -> Event:
    """The last event of a response that failed on the server's side."""
    if how == "error":
        return {
            "type": "error",
            "code": "server_error",
            "message": "The scripted server was told to fail.",
            "param": None,
        }
    response = _response(talk, how)
    if how == "incomplete":
        response["incomplete_details"] = {"reason": "max_output_tokens"}
    else:
        response["error"] = {"code": "server_error", "message": "The model was told to fail."}
    return {"type": f"response.{how}", "response": response}


def _reasoning(place: int, item: Event, text: str) -> Iterator[Event]:
    where = {"item_id": item["id"], "output_index": place, "summary_index": 0}
    kind = "response.reasoning_summary"
    yield _added(place, {**item, "summary": []})
    yield {"type": f"{kind}_part.added", **where, "part": _summary("")}
    for piece in pieces(text):
        yield {"type": f"{kind}_text.delta", **where, "delta": piece}
    yield {"type": f"{kind}_text.done", **where, "text": text}
    yield {"type": f"{kind}_part.done", **where, "part": _summary(text)}
    yield _done(place, item)


def _message(place: int, item: Event, text: str) -> Iterator[Event]:
    where = {"item_id": item["id"], "output_index": place, "content_index": 0}
    yield _added(place, {**item, "status": "in_progress", "content": []})
    yield {"type": "response.content_part.added", **where, "part": _content("")}
    for piece in pieces(text):
        yield {"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **where, "text": text, "logprobs": []}
    yield {"type": "response.content_part.done", **where, "part": _content(text)}
    yield _done(place, item)


def _call(place: int, item: Event) -> Iterator[Event]:
    where = {"item_id": item["id"], "output_index": place}
    arguments = str(item["arguments"])
    kind = "response.function_call_arguments"
    yield _added(place, {**item, "status": "in_progress", "arguments": ""})
    for piece in pieces(arguments):
        yield {"type": f"{kind}.delta", **where, "delta": piece}
    yield {"type": f"{kind}.done", **where, "arguments": arguments, "name": item["name"]}
    yield _done(place, item)


def _custom(place: int, item: Event) -> Iterator[Event]:
    where = {"item_id": item["id"], "output_index": place}
    text = str(item["input"])
    kind = "response.custom_tool_call_input"
    yield _added(place, {**item, "status": "in_progress", "input": ""})
    for piece in pieces(text):
        yield {"type": f"{kind}.delta", **where, "delta": piece}
    yield {"type": f"{kind}.done", **where, "input": text}
    yield _done(place, item)


def item_of(talk: Conversation, place: int, part: Part) -> Event:
    """The finished item; ids depend on the conversation alone, and differ along it."""
    own = f"{talk.salt}{len(talk.calls):02x}{len(talk.said):02x}{len(talk.messages):02x}{place:x}"
    match part:
        case Think(text):
            sealed = base64.b64encode(sha_of(text.encode()).encode()).decode()
            return {
                "id": f"rs_{own}",
                "type": "reasoning",
                "summary": [_summary(text)],
                "encrypted_content": sealed,
            }
        case Say(text, name, final):
            return {
                "id": name or f"msg_{own}",
                "type": "message",
                "status": "completed",
                "content": [_content(text)],
                "role": "assistant",
                "phase": "final_answer" if final else "commentary",
            }
        case Call(tool, arguments, name):
            return {
                "id": f"fc_{own}",
                "type": "function_call",
                "status": "completed",
                "arguments": msgspec.json.encode(arguments).decode(),
                "call_id": name or f"call_{own}",
                "name": tool,
            }
        case Custom(tool, text, name):
            return {
                "id": f"ctc_{own}",
                "type": "custom_tool_call",
                "status": "completed",
                "call_id": name or f"call_{own}",
                "input": text,
                "name": tool,
            }


def _response(talk: Conversation, status: str) -> Event:
    # `created_at` is read by nobody; a clock would make the answer more than its request.
    return {
        "id": f"resp_{talk.salt}{talk.bytes:x}",
        "object": "response",
        "created_at": 0,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": talk.model,
        "output": [],
        "usage": None,
    }


def usage_of(talk: Conversation, reply: Reply) -> Event:
    """Tokens of a reply, as the Responses API tells them."""
    read, written, thought = talk.bytes // TOKEN, 0, 0
    for part in reply.parts:
        tokens = -(-_size(part) // TOKEN)
        written += tokens
        thought += tokens if isinstance(part, Think) else 0
    return {
        "input_tokens": read,
        # OpenAI caches in steps of 128 tokens.
        "input_tokens_details": {
            "cached_tokens": talk.cached // TOKEN // 128 * 128,
            "cache_write_tokens": 0,
        },
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": read + written,
    }


def _size(part: Part) -> int:
    match part:
        case Think(text) | Say(text):
            return len(text)
        case Call(arguments=arguments):
            return len(msgspec.json.encode(arguments))
        case Custom(input=text):
            return len(text)


def pieces(text: str) -> Iterator[str]:
    """The text in tokens."""
    for first in range(0, len(text), TOKEN):
        yield text[first : first + TOKEN]


def _added(place: int, item: Event) -> Event:
    return {"type": "response.output_item.added", "output_index": place, "item": item}


def _done(place: int, item: Event) -> Event:
    return {"type": "response.output_item.done", "output_index": place, "item": item}


def _summary(text: str) -> Event:
    return {"type": "summary_text", "text": text}


def _content(text: str) -> Event:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
