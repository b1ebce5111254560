"""Where sessions of one repository get in each other's way: pure, from what is known of files.

Lines are compared in the version both began with; where two began with different ones, only the
file is known to be shared until a merge has been tried.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.naming import named
from steerdeck_agents.facts.overlap import DEPTHS, Depth, Lines, Overlap, SharedFile, Use
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.workspace.compare import Row

MOST_FILES = 12
MOST_LINES = 4


class Run(NamedTuple):
    """Lines one change took away, as a half-open range of the base, and those it made instead."""

    start: int
    stop: int
    lines: Lines

    def meets(self, other: "Run") -> bool:
        """Whether the two take the same lines, or lines that touch: git can't merge either."""
        return self.start <= other.stop and other.start <= self.stop


class Written(NamedTuple):
    """What a session made of one file."""

    base: Sha
    """Digest of the version it started from."""
    now: Sha
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Doing:
    """What is known of one session."""

    state: SessionState
    reads: Collection[str] = ()
    """Paths it has read."""
    written: Mapping[str, Written] = field(default_factory=dict)
    """Those of its changed files that another session changed as well."""

    @cached_property
    def paths(self) -> frozenset[str]:
        return frozenset(file.path for file in self.state.files)


def runs(rows: Sequence[Row]) -> tuple[Run, ...]:
    """The changes of one file."""
    return tuple(_runs(rows))


def _runs(rows: Sequence[Row]) -> Iterator[Run]:
    old = new = 0
    start: tuple[int, int] | None = None
    for row in rows:
        if row.same:
            if start is not None:
                yield Run(start[0], old, _lines(start[1], new))
            start = None
        elif start is None:
            start = old, new
        old += row.old is not None
        new += row.new is not None
    if start is not None:
        yield Run(start[0], old, _lines(start[1], new))


def _lines(first: int, end: int) -> Lines:
    return Lines(first + 1, end) if end > first else Lines(first, first)


def may_meet(one: SessionState, other: SessionState) -> bool:
    """Whether two sessions can get in each other's way: not those of which one waits for the other.

    What has no workspace has no files, and what is archived is left.
    """
    place = one.workspace.repository
    return (
        one.id != other.id
        and not one.archived
        and not other.archived
        and bool(place)
        and place == other.workspace.repository
        and one.parent != other.id
        and other.parent != one.id
    )


def overlap(one: Doing, other: Doing, conflicts: Collection[str] = ()) -> Overlap | None:
    """What `one` shares with `other`; `conflicts` are files that git could not merge."""
    mine, theirs = one.paths, other.paths
    found = [
        shared
        for path in mine & theirs
        if (shared := _written(path, one, other, path in conflicts)) is not None
    ]
    found += [SharedFile(path, "conflict") for path in conflicts if path not in mine & theirs]
    found += [_used(path, "writes", use) for path, use in _uses(other, mine - theirs)]
    found += [_used(path, use, "writes") for path, use in _uses(one, theirs - mine)]
    if not found:
        return None
    found.sort(key=lambda file: (-DEPTHS.index(file.depth), file.path))
    return Overlap(other.state.id, tuple(found[:MOST_FILES]), max(0, len(found) - MOST_FILES))


def _written(path: str, one: Doing, other: Doing, conflict: bool) -> SharedFile | None:
    mine, theirs = one.written.get(path), other.written.get(path)
    if mine is None or theirs is None:
        return SharedFile(path, "conflict" if conflict else "file")
    if mine.now == theirs.now:
        return None
    both = mine.base == theirs.base
    met = [(a, b) for a in mine.runs for b in theirs.runs if both and a.meets(b)]
    here = tuple(dict.fromkeys(a.lines for a, _ in met))[:MOST_LINES]
    there = tuple(dict.fromkeys(b.lines for _, b in met))[:MOST_LINES]
    depth: Depth = "conflict" if conflict else "lines" if met else "file"
    return SharedFile(path, depth, lines=here, their_lines=there)


def _used(path: str, mine: Use, theirs: Use) -> SharedFile:
    return SharedFile(path, "reads", mine=mine, theirs=theirs)


def _uses(doing: Doing, paths: Collection[str]) -> Iterator[tuple[str, Use]]:
    """Which of these files, which another session has changed, this one is at without writing."""
    planned = _planned(doing.state, paths)
    for path in paths:
        if path in planned:
            yield path, "plans"
        elif path in doing.reads:
            yield path, "reads"


def _planned(state: SessionState, paths: Collection[str]) -> set[str]:
    """Files that a step still to come names, by path or by a name that only one of them has."""
    steps = [step.text for step in state.plan.live if step.status != "completed"]
    words = {word for text in steps for word in named(text)}
    names: dict[str, list[str]] = {}
    for path in paths:
        names.setdefault(path.rpartition("/")[2], []).append(path)
    found = words & set(paths)
    found |= {names[word][0] for word in words if len(names.get(word, ())) == 1}
    return found
