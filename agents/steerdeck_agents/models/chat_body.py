"""A request of the Responses API as one of Chat Completions: pure, and append-only.

What is stored and proved is the Responses form (law 2); this is computed from those bytes at the
moment of sending, always the same way. Messages are made run by run, and a run is whole when a
request leaves (every call has its output then), so a longer prompt begins with the messages of the
shorter one, byte for byte, and the server's prefix cache holds.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby

import msgspec

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.models.drops import ALTERNATE

Item = Mapping[str, object]
_CALLS = ("function_call", "custom_tool_call")
_OUTPUTS = ("function_call_output", "custom_tool_call_output")
_FREEFORM = "patch"
"""Under this name a function takes what a freeform tool takes as its whole input; the only tool
that is ever offered as one, apply_patch, calls it so."""
_encode = msgspec.json.Encoder().encode


def translate(body: bytes, drops: Collection[str] = ()) -> bytes:
    """The body for `/chat/completions`; `drops` are names the server doesn't take.

    Raises:
        ModelError: the bytes are no request of ours.
    """
    try:
        request = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"This request can't be put into Chat Completions: {error}.") from error
    if not isinstance(request, dict) or not isinstance(request.get("input"), list):
        raise ModelError("This request can't be put into Chat Completions: it has no input.")
    fields = dict(_fields(request, drops))
    head = _encode(fields).decode()
    texts = ",".join(messages(request["input"], drops))
    # Messages come last, so that the whole body of a longer prompt extends the shorter one.
    return f'{head[:-1]},"messages":[{texts}]}}'.encode()


def messages(items: Iterable[Item], drops: Collection[str] = ()) -> list[str]:
    """The JSON text of each message the items become, in order."""
    found: list[dict[str, object]] = []
    for kind, run in groupby(items, key=_kind):
        found += _run(kind, list(run), leads=not found, back="reasoning_content" not in drops)
    if ALTERNATE in drops:
        found = list(_by_turns(found))
    return [_encode(message).decode() for message in found]


def call_ids(body: bytes) -> set[str]:
    """The ids of all calls in a request of the Responses API."""
    request = msgspec.json.decode(body)
    return {str(item.get("call_id")) for item in request["input"] if item.get("type") in _CALLS}


def _fields(request: Item, drops: Collection[str]) -> Iterator[tuple[str, object]]:
    yield "model", request.get("model")
    yield "stream", True
    if "stream_options" not in drops:
        yield "stream_options", {"include_usage": True}
    tools = request.get("tools")
    if isinstance(tools, list) and tools:
        yield "tools", [_tool(tool) for tool in tools if tool.get("type") in ("function", "custom")]
        for name in ("tool_choice", "parallel_tool_calls"):
            if name in request:
                yield name, request[name]
    reasoning = request.get("reasoning")
    if isinstance(reasoning, dict) and reasoning.get("effort"):
        yield "reasoning_effort", reasoning["effort"]
    if isinstance(request.get("max_output_tokens"), int):
        yield "max_tokens", request["max_output_tokens"]


def _tool(tool: Item) -> Item:
    if tool.get("type") == "custom":
        schema = {"type": "string"}
        parameters = {"type": "object", "properties": {_FREEFORM: schema}, "required": [_FREEFORM]}
        tool = {**tool, "parameters": parameters}
    names = ("name", "description", "parameters")
    function = {name: tool[name] for name in names if name in tool}
    if tool.get("strict"):
        function["strict"] = True
    return {"type": "function", "function": function}


def _kind(item: Item) -> str:
    """Items of one kind that follow each other become one message, or one after another."""
    kind = item.get("type", "message")
    if kind in _OUTPUTS:
        return "output"
    if kind in _CALLS or kind == "reasoning" or item.get("role") == "assistant":
        return "answer"
    return "rules" if item.get("role") in ("developer", "system") else "user"


def _run(kind: str, run: list[Item], *, leads: bool, back: bool) -> list[dict[str, object]]:
    match kind:
        case "answer":
            return [_answer(run, back=back)]
        case "output":
            told: list[dict[str, object]] = [
                {
                    "role": "tool",
                    "tool_call_id": item.get("call_id"),
                    "content": text_of(item.get("output")),
                }
                for item in run
            ]
            return told + _pictures(run)
        case "rules" if leads:
            # Most templates know one system message, and only at the start.
            texts = [text_of(item.get("content")) for item in run]
            return [{"role": "system", "content": "\n\n".join(texts)}]
        case _:
            return [{"role": "user", "content": _content(item.get("content"))} for item in run]


def _pictures(run: list[Item]) -> list[dict[str, object]]:
    """The pictures among outputs, told by the user: a tool's message can hold text only."""
    parts: list[object] = []
    for item in run:
        output = _content(item.get("output"))
        if isinstance(output, list):
            label = {"type": "text", "text": f"<picture>Of call {item.get('call_id')}.</picture>"}
            parts += [label, *(part for part in output if part["type"] == "image_url")]
    return [{"role": "user", "content": parts}] if parts else []


def _answer(run: list[Item], *, back: bool) -> dict[str, object]:
    """One answer of the model: its words, its calls, and its reasoning where that came in chat."""
    words = [text_of(item.get("content")) for item in run if item.get("role") == "assistant"]
    calls = [_call(item) for item in run if item.get("type") in _CALLS]
    said = "\n\n".join(text for text in words if text)
    message: dict[str, object] = {"role": "assistant", "content": said or (None if calls else "")}
    thoughts = [item for item in run if item.get("type") == "reasoning" and item.get("field")]
    if thoughts and back:
        # Sent back under the name it came with: some models lose their thread without it.
        text = "".join(text_of(item.get("content")) for item in thoughts)
        message[str(thoughts[0]["field"])] = text
    if calls:
        message["tool_calls"] = calls
    return message


def _call(item: Item) -> Item:
    arguments = item.get("arguments")
    if item.get("type") == "custom_tool_call":
        # A function's arguments are an object, also where an earlier model wrote plain text.
        arguments = {_FREEFORM: item.get("input")}
    text = arguments if isinstance(arguments, str) else _encode(arguments).decode()
    return {
        "id": item.get("call_id"),
        "type": "function",
        "function": {"name": item.get("name"), "arguments": text or "{}"},
    }


def _content(content: object) -> object:
    """Text, or parts when there are images among it."""
    parts = content if isinstance(content, list) else []
    if not any(isinstance(part, dict) and part.get("type") == "input_image" for part in parts):
        return text_of(content)
    return [
        {"type": "image_url", "image_url": {"url": part.get("image_url")}}
        if part.get("type") == "input_image"
        else {"type": "text", "text": str(part.get("text", ""))}
        for part in parts
        if isinstance(part, dict)
    ]


def text_of(content: object) -> str:
    """The text of a content: a string, or parts with `text` or `refusal`."""
    if isinstance(content, str):
        return content
    texts = [
        part.get("text") or part.get("refusal") or ""
        for part in (content if isinstance(content, list) else [])
        if isinstance(part, dict)
    ]
    return "\n".join(text for text in texts if text and isinstance(text, str))


def _by_turns(found: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    """Neighbours of one role as one message, for templates that know no other order."""
    for role, run in groupby(found, key=lambda message: message["role"]):
        if role != "user":
            yield from run
            continue
        contents = [message["content"] for message in run]
        if any(isinstance(content, list) for content in contents):
            yield {"role": role, "content": [part for one in contents for part in _parts(one)]}
            continue
        yield {"role": role, "content": "\n\n".join(text_of(content) for content in contents)}


def _parts(content: object) -> list[object]:
    return content if isinstance(content, list) else [{"type": "text", "text": text_of(content)}]
