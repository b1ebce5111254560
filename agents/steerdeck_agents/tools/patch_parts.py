"""What a patch asks for, whichever grammar it was written in."""

from typing import Literal

import msgspec
from msgspec.structs import replace

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
    rows: tuple[int, ...] = ()
    """The line of the patch each of `lines` stands on, from 1."""

    @property
    def old(self) -> tuple[str, ...]:
        return tuple(text for op, text in self.lines if op != "+")

    def row_of(self, place: int) -> int:
        """The line of the patch the old line of this index stands on."""
        rows = [row for (op, _), row in zip(self.lines, self.rows, strict=False) if op != "+"]
        return rows[place] if place < len(rows) else self.number

    def without_last_blank(self) -> "Chunk | None":
        """The chunk whose old lines don't end with an empty one; None where they don't anyway.

        Models end a chunk with an empty line that is not in the file; what the chunk leads to then
        loses its own empty last line too, as in Codex (apply-patch/src/file_update.rs).
        """
        if len(self.old) < 2 or self.old[-1].strip("\r"):
            return None
        rows = self.rows or (self.number,) * len(self.lines)
        pairs: list[tuple[tuple[Op, str], int] | None] = list(zip(self.lines, rows, strict=True))
        ops = "".join(op for op, _ in self.lines)
        last_old = max(ops.rfind(" "), ops.rfind("-"))
        last_new = max(ops.rfind(" "), ops.rfind("+"))
        if last_old == last_new:
            pairs[last_old] = None
        else:
            op, text = self.lines[last_old]
            pairs[last_old] = None if op == "-" else (("+", text), rows[last_old])
            if last_new >= 0 and not self.lines[last_new][1].strip("\r"):
                op, text = self.lines[last_new]
                pairs[last_new] = None if op == "+" else (("-", text), rows[last_new])
        left = [pair for pair in pairs if pair is not None]
        return replace(
            self, lines=tuple(line for line, _ in left), rows=tuple(row for _, row in left)
        )


class FilePatch(msgspec.Struct, frozen=True):
    """What happens to one file."""

    kind: Literal["add", "delete", "update"]
    path: str
    number: int
    """Line of the patch it begins on, from 1."""
    chunks: tuple[Chunk, ...] = ()
    """For an added file at most one, of added lines only."""
    move_to: str = ""
    shown: bool = False
    """Of a removal: its chunks are all that the file holds, so none is an empty file."""
    executable: bool | None = None
    """None leaves the mode as it is."""


def wrong(number: int, problem: str, line: str = "") -> PatchError:
    """The error for a line of the patch (from 1)."""
    quoted = f": `{one_line(line, 120)}`" if line else ""
    return PatchError(f"Line {number} of the patch {problem}{quoted}. Nothing was changed.")
