"""The request body, joined from stored texts (law 2).

Every prompt item and the parameters are JSON texts that were serialised once. A body is their
concatenation and nothing else, so it can be rebuilt byte for byte from the journal.
"""

from collections.abc import Collection, Sequence

import msgspec

from steerdeck_agents.facts.inert import utf8


def fields(
    *,
    model: str,
    cache_key: str,
    tools: str,
    effort: str | None,
    drops: Collection[str] = (),
) -> str:
    """The parameters as JSON text, an object without `input`; `tools` is JSON text already.

    Stateless as in the Responses API guide: nothing is stored at the server, and reasoning comes
    back encrypted so that it can be sent again. `drops` are parameters the server doesn't take.
    """
    parameters: dict[str, object] = {
        "model": model,
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": cache_key,
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "tools": msgspec.Raw(tools.encode()),
    }
    if effort is not None:
        parameters["reasoning"] = {"effort": effort, "summary": "auto"}
    told = {name: value for name, value in parameters.items() if name not in drops}
    return msgspec.json.encode(told).decode()


def body(parameters: str, items: Sequence[str]) -> bytes:
    """The exact bytes of a request."""
    return f'{parameters[:-1]},"input":[{",".join(items)}]}}'.encode()


def message(role: str, text: str, pictures: Sequence[str] = ()) -> str:
    """The JSON text of a message item; `pictures` are data URLs."""
    content = [
        {"type": "input_text", "text": utf8(text)},
        *({"type": "input_image", "image_url": url} for url in pictures),
    ]
    item = {"type": "message", "role": role, "content": content}
    return msgspec.json.encode(item).decode()


def call_output(
    wire_id: str, text: str, *, kind: str = "function_call_output", picture: str = ""
) -> str:
    """The JSON text of the one result of a call; `picture` is a data URL."""
    output: object = utf8(text)
    if picture:
        told = {"type": "input_text", "text": output}
        output = [told, {"type": "input_image", "image_url": picture}]
    item = {"type": kind, "call_id": wire_id, "output": output}
    return msgspec.json.encode(item).decode()
