"""Facts about overlaps: sessions of one repository at the same file, before it is a conflict.

Each session has the same overlap as the other sees it. The fact tells all of them whenever they
differ, so that a replay shows the marks as they stood.
"""

from typing import Literal

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import SessionId

Use = Literal["writes", "reads", "plans"]
Depth = Literal["reads", "file", "lines", "conflict"]
"""`reads`: only one of the two writes it; `file`: both do; `lines`: both changed the same lines or
ones that touch; `conflict`: git could not merge them."""
DEPTHS: tuple[Depth, ...] = ("reads", "file", "lines", "conflict")


class Lines(msgspec.Struct, frozen=True, array_like=True):
    """Numbers of a first and a last line, from 1; a removal is named by where it was."""

    first: int
    last: int


class SharedFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file that two sessions are at."""

    path: str
    depth: Depth = "file"
    mine: Use = "writes"
    theirs: Use = "writes"
    lines: tuple[Lines, ...] = ()
    """Where they meet, in this session's file."""
    their_lines: tuple[Lines, ...] = ()


class Overlap(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a session shares with one other, the deepest first."""

    other: SessionId
    files: tuple[SharedFile, ...]
    more: int = 0
    """Files beyond those that are named."""

    @property
    def depth(self) -> Depth:
        return self.files[0].depth

    @property
    def written(self) -> tuple[SharedFile, ...]:
        """Files that both write."""
        return tuple(file for file in self.files if file.depth != "reads")


class OverlapChanged(Fact, frozen=True, kw_only=True, tag="overlap.changed"):
    """All overlaps of a session, whole, each time they differ."""

    overlaps: tuple[Overlap, ...]


def lines_words(spans: tuple[Lines, ...]) -> str:
    """Line numbers for people: `12–20, 31`."""
    return ", ".join(
        str(one.first) if one.first >= one.last else f"{one.first}–{one.last}" for one in spans
    )


def named_lines(spans: tuple[Lines, ...]) -> str:
    """`line 3`, or `lines 12–20, 31`."""
    one = len(spans) == 1 and spans[0].first >= spans[0].last
    return f"{'line' if one else 'lines'} {lines_words(spans)}"


def shared_words(file: SharedFile) -> str:
    """How two sessions share a file, seen from the first, in a few words."""
    match file.depth:
        case "conflict":
            where = named_lines(file.lines)
            return f"would conflict at {where}" if file.lines else "would conflict"
        case "lines":
            return f"same lines {lines_words(file.lines)}".rstrip()
        case "file":
            return "other lines of the same file"
        case "reads":
            return _READS[file.mine, file.theirs]


_READS: dict[tuple[Use, Use], str] = {
    ("writes", "reads"): "it reads what this one changed",
    ("writes", "plans"): "it plans to change what this one changed",
    ("reads", "writes"): "this one reads what it changed",
    ("plans", "writes"): "this one plans to change what it changed",
}
