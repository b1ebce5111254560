"""The head of a SKILL.md: `name` and `description` between two lines of dashes, and the body.

The file is foreign text, and two fields are all that is wanted of it, so it is read by these few
lines and not by a YAML parser: no anchors, tags or types to be misused.
"""

import re
from typing import NamedTuple

from steerdeck_agents.facts.inert import one_line

_FENCE = re.compile(r"-{3,}\s*")
_FIELD = re.compile(r"(name|description)\s*:\s*(.*)", re.IGNORECASE)
_BLOCK = re.compile(r"[|>][+-]?\d?\s*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST_LINES = 200
_LONGEST = 400
"""Characters of a description that are told."""


class Head(NamedTuple):
    """What a skill says of itself."""

    name: str
    description: str
    body: str


def head_of(text: str) -> Head | None:
    """The head and body of a skill; None without a plain name and a description."""
    lines = text.replace("\r\n", "\n").split("\n")
    if not lines or not _FENCE.fullmatch(lines[0]):
        return None
    end = next(
        (n for n, line in enumerate(lines[1:_MOST_LINES], start=1) if _FENCE.fullmatch(line)), None
    )
    if end is None:
        return None
    fields = _fields(lines[1:end])
    name = fields.get("name", "")
    description = one_line(fields.get("description", ""), _LONGEST)
    if not _NAME.fullmatch(name) or not description:
        return None
    return Head(name, description, "\n".join(lines[end + 1 :]).strip())


def _fields(lines: list[str]) -> dict[str, str]:
    """The fields wanted; a value may go on in lines that are set in further."""
    fields: dict[str, str] = {}
    open_field = ""
    for line in lines:
        found = _FIELD.fullmatch(line)
        if found is not None:
            open_field, value = found[1].lower(), found[2].strip()
            fields[open_field] = "" if _BLOCK.fullmatch(value) else _unquoted(value)
        elif open_field and (line.startswith((" ", "\t")) or not line.strip()):
            fields[open_field] = f"{fields[open_field]} {line.strip()}".strip()
        else:
            open_field = ""
    return fields


def _unquoted(value: str) -> str:
    for mark in ("'", '"'):
        if len(value) > 1 and value.startswith(mark) and value.endswith(mark):
            return value[1:-1]
    return value
