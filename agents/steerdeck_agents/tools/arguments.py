"""Reads the model's JSON for a tool; whatever is wrong becomes one sentence the model can act on.

Arguments are written by a model and may be anything: broken JSON, other types, a megabyte of
brackets, NUL. Nothing but `BadArguments` leaves this module.
"""

from typing import TypeVar

import msgspec

from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.inert import one_line

LIMIT = 512 * 1024
"""Most bytes of arguments read; the largest are patches with new files."""

Shape = TypeVar("Shape", bound=msgspec.Struct)


def parse(tool: str, shape: type[Shape], arguments: str) -> Shape:
    """The arguments as `shape`, a struct with `forbid_unknown_fields`; raises BadArguments."""
    try:
        data = arguments.encode()
    except UnicodeEncodeError:
        raise BadArguments(_sentence(tool, shape, "they hold half a surrogate pair")) from None
    if len(data) > LIMIT:
        raise BadArguments(_sentence(tool, shape, _long(data)))
    try:
        value = msgspec.json.decode(data, type=shape)
        _check_text(msgspec.to_builtins(value))
    except (msgspec.DecodeError, ValueError, RecursionError) as problem:
        raise BadArguments(_sentence(tool, shape, one_line(str(problem), 200))) from None
    return value


def plain(tool: str, text: str) -> str:
    """The input of a freeform call, which is text and no JSON; raises BadArguments."""
    problem = ""
    try:
        data = text.encode()
        _check_text(text)
        problem = _long(data) if len(data) > LIMIT else ""
    except UnicodeEncodeError:
        problem = "it holds half a surrogate pair"
    except ValueError:
        problem = "it holds a NUL character"
    if problem:
        raise BadArguments(f"The input of `{tool}` can't be read: {problem}. Nothing was done.")
    return text


def _long(data: bytes) -> str:
    return f"{len(data):,} bytes is too long, and at most {LIMIT:,} are read"


def _check_text(value: object) -> None:
    """Raises ValueError for text no file name, command or journal row may hold."""
    match value:
        case str():
            if "\0" in value:
                raise ValueError("a text holds a NUL character")
            if not value.isascii():
                try:
                    value.encode()
                except UnicodeEncodeError:
                    raise ValueError("a text holds half a surrogate pair") from None
        case dict():
            for member in value.values():
                _check_text(member)
        case list() | tuple():
            for member in value:
                _check_text(member)


def _sentence(tool: str, shape: type[msgspec.Struct], problem: str) -> str:
    fields = ", ".join(
        f"`{field.encode_name}`" + ("" if field.required else " (optional)")
        for field in msgspec.structs.fields(shape)
    )
    return (
        f"The arguments of `{tool}` can't be read: {problem}. "
        f"Send one JSON object with {fields}. Nothing was done."
    )
