"""JSON on its way to a terminal: the same values, and nothing that a terminal could obey."""

import re

from steerdeck_agents.facts.inert import inert

_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")


def printable(json_text: str) -> str:
    """The same JSON; what `inert` would mark is written as an escape instead (RFC 8259, 7)."""
    return _NOT_PLAIN.sub(_escaped, json_text)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character == "\n" or inert(character) == character:
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
