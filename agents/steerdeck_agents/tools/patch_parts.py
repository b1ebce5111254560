"""What a patch asks for, whichever grammar it was written in."""

from typing import Literal

import msgspec

from steerdeck_agents.facts.errors import PatchError
from steerdeck_agents.facts.inert import one_line

Op = Literal[" ", "-", "+"]


class Chunk(msgspec.Struct, frozen=True):
    """One change: lines that are there and stay, go, or come."""

    number: int
    """Line of the patch it begins on, from 1."""
    lines: tuple[tuple[Op, str], ...]
    contexts: tuple[str, ...] = ()
    """Lines to find first, each after the one before (`@@ class A`, `@@ def b`)."""
    hint: int | None = None
    """Where the old lines are said to begin, from 0."""
    at_end: bool = False
    final_newline: bool | None = None
    """Whether the file shall end with a newline, where the patch says so."""

    @property
    def old(self) -> tuple[str, ...]:
        return tuple(text for op, text in self.lines if op != "+")


class FilePatch(msgspec.Struct, frozen=True):
    """What happens to one file."""

    kind: Literal["add", "delete", "update"]
    path: str
    number: int
    """Line of the patch it begins on, from 1."""
    chunks: tuple[Chunk, ...] = ()
    """For an added file at most one, of added lines only."""
    move_to: str = ""
    executable: bool | None = None
    """None leaves the mode as it is."""


def wrong(number: int, problem: str, line: str = "") -> PatchError:
    """The error for a line of the patch (from 1)."""
    quoted = f": `{one_line(line, 120)}`" if line else ""
    return PatchError(f"Line {number} of the patch {problem}{quoted}. Nothing was changed.")
