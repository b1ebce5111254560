"""A file that goes back and forth between two states: A B A B.

Two sources say so. Patches: an edit, its exact inverse, the edit again. And the table of changed
files, in which a path that a shell command put back is missing: that is told later, since putting
work aside once to look at the base (`git stash`) and taking it up again looks just like it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import UNREADABLE, SteerdeckError
from steerdeck_agents.facts.ids import CallId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.tools.patch_parse import parse_patch
from steerdeck_agents.tools.patch_parts import FilePatch
from steerdeck_agents.work.detect_case import Case, short

BY_PATCHES = (4, 6)
BY_TABLE = (6, 8)
"""States in a row that alternate: so many are told, so many pause."""
_MOST_STATES = 12
_MOST_PATHS = 256
T = TypeVar("T")
Trail = tuple[tuple[str, int], ...]
"""States of one path in order, each with the event that brought it."""


class Flips(msgspec.Struct, frozen=True):
    open: Mapping[CallId, str] = {}
    """Patches that have not been applied."""
    edits: Mapping[str, tuple[str, ...]] = {}
    """By path: the edits that make its state, in no order."""
    patched: Mapping[str, Trail] = {}
    table: Mapping[str, str] = {}
    listed: Mapping[str, Trail] = {}


def step(now: Flips, event: e.Event) -> Flips:
    match event:
        case e.CallRequested(tool="apply_patch", call=str(call)):
            return replace(now, open={**now.open, CallId(call): event.arguments})
        case e.CallEnded(call=str(call)) if call in now.open:
            left = {one: text for one, text in now.open.items() if one != call}
            applied = now.open[CallId(call)] if event.status == "done" else ""
            return _patched(replace(now, open=left), applied, event.seq)
        case e.FilesChanged():
            return _listed(now, event.files, event.seq)
        case e.FilesRestored():
            return replace(
                now,
                edits=_without(now.edits, event.paths),
                patched=_without(now.patched, event.paths),
                listed=_without(now.listed, event.paths),
            )
    return now


def cases(now: Flips) -> Iterator[Case]:
    told: set[str] = set()
    for trails, (warns, pauses) in ((now.patched, BY_PATCHES), (now.listed, BY_TABLE)):
        for path, trail in trails.items():
            back = _alternating(trail)
            if len(back) < warns or path in told:
                continue
            told.add(path)
            yield Case(
                "back_and_forth",
                f"back_and_forth:{short(path)}:{back[0][1]}",
                len(back) // 2,
                f"{one_line(path, 120)} went back and forth between the same two states"
                f" {len(back) // 2} times.",
                pauses=len(back) >= pauses,
                events=tuple(seq for _, seq in back),
                paths=(path,),
            )


def _alternating(trail: Trail) -> Trail:
    """The longest end of a trail in which two states take turns."""
    length = min(len(trail), 2)
    while length < len(trail) and trail[-length - 1][0] == trail[-length + 1][0]:
        length += 1
    return trail[-length:]


def _patched(now: Flips, arguments: str, seq: int) -> Flips:
    try:
        text = msgspec.json.decode(arguments)["patch"] if arguments[:1] == "{" else arguments
        files = parse_patch(text) if text else ()
    except (SteerdeckError, *UNREADABLE):
        return now
    except (KeyError, TypeError, AttributeError):
        return now
    edits, patched = dict(now.edits), dict(now.patched)
    for file in files:
        before = edits.get(file.path, ())
        after = _edited(before, file)
        edits[file.path] = after
        trail = patched.get(file.path) or ((_state(before), seq),)
        patched[file.path] = (*trail, (_state(after), seq))[-_MOST_STATES:]
        if file.move_to:
            edits.pop(file.path)
            patched.pop(file.path)
    return replace(now, edits=_newest(edits), patched=_newest(patched))


def _edited(edits: tuple[str, ...], file: FilePatch) -> tuple[str, ...]:
    """A whole file is a state by itself; a change is one more edit, or takes its inverse away."""
    if file.kind == "delete":
        return ("gone",)
    if file.kind == "add":
        return (short("\n".join(text for chunk in file.chunks for _, text in chunk.lines)),)
    left = Counter(edits)
    for chunk in file.chunks:
        goes = "\n".join(text for op, text in chunk.lines if op == "-")
        comes = "\n".join(text for op, text in chunk.lines if op == "+")
        edit, inverse = short(f"{goes}\0{comes}"), short(f"{comes}\0{goes}")
        if left[inverse]:
            left[inverse] -= 1
        else:
            left[edit] += 1
    return tuple(sorted(left.elements()))


def _state(edits: tuple[str, ...]) -> str:
    return short("\n".join(edits))


def _listed(now: Flips, files: tuple[FileChange, ...], seq: int) -> Flips:
    table = {file.path: f"{file.kind} +{file.added} -{file.removed}" for file in files}
    listed = dict(now.listed)
    for path in table.keys() | now.table.keys():
        if (state := table.get(path, "")) != now.table.get(path, ""):
            trail = listed.get(path) or ((now.table.get(path, ""), seq),)
            # From one change to another: only by way of the base is a state known again.
            onward = state and now.table.get(path, "")
            trail = ((state, seq),) if onward else (*trail, (state, seq))
            listed[path] = trail[-_MOST_STATES:]
    return replace(now, table=table, listed=_newest(listed))


def _without(held: Mapping[str, T], paths: tuple[str, ...]) -> dict[str, T]:
    return {path: value for path, value in held.items() if path not in paths}


def _newest(held: dict[str, T]) -> dict[str, T]:
    while len(held) > _MOST_PATHS:
        del held[next(iter(held))]
    return held
