"""Reading a request of the Responses API the way a strict server does.

The checks are those OpenAI makes too, so a harness that breaks law 4 hears of it in the demo, not
first from a customer's model: each call has one output after it, and reasoning keeps its item.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.models.scripted import Asked, Conversation, Refuse
from steerdeck_agents.models.scripted_memory import Memory, recall

_NOTE = re.compile(
    r"<([a-z_]+)\b[^>]*>.*</\1>\Z"
    r"|\W*(?:the |this |your |last |previous )*(?:turn was interrupted|developer interrupted)",
    re.IGNORECASE | re.DOTALL,
)
"""User items the harness wrote: a whole tag, or the note that a turn was interrupted."""

Item = Mapping[str, object]
_CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
_OUTPUTS = {"function_call_output": "function_call", "custom_tool_call_output": "custom_tool_call"}


def read_request(body: bytes) -> Conversation | Refuse:
    """The conversation of one request body, or the refusal a strict server gives."""
    try:
        data = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _invalid(f"We could not parse the JSON body of your request: {error}")
    if not isinstance(data, dict) or not isinstance(data.get("model"), str):
        return _invalid("Missing required parameter: 'model'.")
    if data.get("stream") is not True:
        return _invalid("The scripted model only streams: set 'stream' to true.")
    items = _items(data.get("input"))
    if items is None:
        return _invalid("Invalid type for 'input': expected a string or an array of objects.")
    talk = read_items(data["model"], items, str(data.get("prompt_cache_key") or ""), body)
    if isinstance(talk, Refuse):
        return talk
    tools = data.get("tools")
    offered = [t for t in tools if isinstance(t, dict)] if isinstance(tools, list) else []
    names = tuple(str(tool.get("name")) for tool in offered if tool.get("type") == "custom")
    return msgspec.structs.replace(talk, freeform=names)


def read_items(model: str, items: Sequence[Item], key: str, body: bytes) -> Conversation | Refuse:
    """The conversation these items are, or the refusal of items that fit no conversation."""
    found = list(items)
    return _problem(found) or _conversation(model, found, key, body)


def _conversation(model: str, items: list[Item], key: str, body: bytes) -> Conversation:
    outputs = {
        str(item.get("call_id")): _text(item.get("output"))
        for item in items
        if item.get("type") in _OUTPUTS
    }
    said = tuple(text for text in map(_words, items) if text)
    before = _before(items)
    salt = key or (said[0] if said else "")
    return Conversation(
        model=model,
        salt=sha_of(salt.encode())[:8],
        said=said,
        calls=(
            *(call for call in before.calls if call.id not in outputs),
            *(_asked(item, outputs) for item in items if item.get("type") in _CALLS),
        ),
        messages=before.messages
        + tuple(
            str(item.get("id"))
            for item in items
            if item.get("role") == "assistant" and item.get("type", "message") == "message"
        ),
        note="" if not items or _words(items[-1]) else _note(items[-1]),
        cached=_seen_before(items, len(body)),
        bytes=len(body),
        pictures=sum(_pictures(item.get("output") or item.get("content")) for item in items),
    )


def _asked(item: Item, outputs: Mapping[str, str]) -> Asked:
    kind = str(item.get("type"))
    return Asked(
        id=str(item.get("call_id")),
        tool=str(item.get("name")),
        arguments=str(item.get(_CALLS[kind])),
        output=outputs.get(str(item.get("call_id"))),
        freeform=kind == "custom_tool_call",
    )


def _items(given: object) -> list[Item] | None:
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    if isinstance(given, list) and all(isinstance(item, dict) for item in given):
        return list(given)
    return None


def _problem(items: list[Item]) -> Refuse | None:
    open_calls: dict[str, str] = {}
    known: set[str] = set()
    for place, item in enumerate(items):
        name = str(item.get("call_id"))
        match item.get("type"):
            case "function_call" | "custom_tool_call" if name in known:
                return _invalid(f"Duplicate function call with call_id {name}.")
            case "function_call" | "custom_tool_call" as kind:
                known.add(name)
                open_calls[name] = kind
            case "function_call_output" | "custom_tool_call_output" as kind:
                if open_calls.get(name) != _OUTPUTS[kind]:
                    return _invalid(f"No tool call found for {kind.replace('_', ' ')} {name}.")
                del open_calls[name]
            case "reasoning":
                after = items[place + 1] if place + 1 < len(items) else {}
                if not (after.get("role") == "assistant" or "call_id" in after) and (
                    after.get("type") != "reasoning"
                ):
                    return _invalid(
                        f"Item '{item.get('id')}' of type 'reasoning' was provided "
                        "without its required following item."
                    )
            case _:
                pass
    if open_calls:
        return _invalid(f"No tool output found for function call {next(iter(open_calls))}.")
    return None


def _words(item: Item) -> str:
    """What the developer wrote in this item, else nothing."""
    if item.get("role") != "user":
        return ""
    text = _text(item.get("content")).strip()
    return "" if _NOTE.match(text) else text


def _before(items: list[Item]) -> Memory:
    """What the newest summary remembers of the conversation before it."""
    notes = [text for text in map(_note, items) if text.startswith("<compacted>")]
    return recall(notes[-1]) if notes else Memory()


def _note(item: Item) -> str:
    return _text(item.get("content")) if item.get("role") == "user" else ""


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(
        part["text"]
        for part in parts
        if isinstance(part, dict) and isinstance(part.get("text"), str)
    )


def _pictures(content: object) -> int:
    parts = content if isinstance(content, list) else []
    return sum(isinstance(part, dict) and part.get("type") == "input_image" for part in parts)


def _seen_before(items: list[Item], size: int) -> int:
    """Bytes before the newest answer, tools included: the request for that answer held them."""
    last = len(items)
    while last and not _ours(items[last - 1]):
        last -= 1
    while last and _ours(items[last - 1]):
        last -= 1
    if not last:
        return 0
    return max(0, size - sum(len(msgspec.json.encode(item)) for item in items[last:]))


def _ours(item: Item) -> bool:
    return item.get("role") == "assistant" or item.get("type") in (*_CALLS, "reasoning")


def _invalid(message: str) -> Refuse:
    return Refuse(status=400, message=message, code="invalid_request_error")
