"""The row above the text one writes: to whom it goes, and with which key in which way."""

from msgspec.structs import replace

from steerdeck.model import DeckModel
from steerdeck.text import Line, Span, fit, foreign, width_of
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState

Verbs = tuple[tuple[str, str, str], ...]
"""Keys with what they do now, and what a click on them is: `do:ACT` or `key:NAME`."""

_PART = 12
"""Cells in which a part of the names tells something."""
MARGINS = 4
"""Cells left and right of a surface that hold no text."""


def target(model: DeckModel, verbs: Verbs, width: int, *, focused: bool) -> Line:
    """`verbs` are written only where a key works; a click on the names picks others."""
    right: list[Span] = []
    for key, verb, what in verbs if width >= 60 else verbs[:1]:
        right += [Span(key, "accent", id=what), Span(f" {verb}", "t2", id=what), Span("   ")]
    # The blanks behind the last key are not drawn; they stand for the gap between both sides.
    keys = sum(width_of(span.text) for span in right) + MARGINS
    left = [Span("to ", "t2"), *_whom(model, width - keys, focused)]
    taken = sum(width_of(span.text) for span in (*left, *right)) + MARGINS
    for note in _notes(model) if width >= 80 else ():
        taken += width_of(note.text)
        if taken <= width:
            left.append(note)
    whom = (span if span.id else replace(span, id="do:recipients") for span in left)
    return Line(tuple(whom), tuple(right[:-1]))


def _notes(model: DeckModel) -> list[Span]:
    """What waits to be said to the one it goes to; what there is no room for is left out whole."""
    targets = model.targets()
    if model.target != "one" or not targets:
        return []
    queued, notes = len(targets[0].queue), len(targets[0].hand_notes)
    spans = [Span(f"   {queued} on the way", "t2", id="do:waiting_words")] if queued else []
    return [*spans, Span(f"   {counted(notes, 'command')} to tell it", "t2")] if notes else spans


def _whom(model: DeckModel, room: int, focused: bool) -> list[Span]:
    """`room`: cells for all of the left side."""
    targets = model.targets()
    if model.target == "several" and not targets:
        return [Span("nobody yet", "t0")]
    if model.target != "one" and targets:
        all_of = "all " if model.target == "all" else ""
        words = f"{all_of}{counted(len(targets), 'session')}"
        names = _names(targets, room - width_of(f"to {words}  "))
        count = Span(words, "t0" if focused else "t1", focused)
        return [count, Span("  "), foreign(names, "t1")] if names else [count]
    if not targets:
        return [Span("a new session", "t0" if focused else "t1", focused)]
    return [foreign(_name(targets[0]), "t0" if focused else "t1", bold=focused)]


def _names(targets: list[SessionState], room: int) -> str:
    """As many names as `room` cells hold, and how many more there are; few cells hold a part."""
    names = [one_line(_name(state)) for state in targets]
    for shown in range(len(names), 0, -1):
        left = len(names) - shown
        told = ", ".join(names[:shown]) + (f" and {left} more" if left else "")
        if width_of(told) <= room:
            return told
    return fit(", ".join(names), room) if room >= _PART else ""


def _name(state: SessionState) -> str:
    return f"{state.slot} {state.name}" if state.slot else state.name


def verbs_for(model: DeckModel, *, shell: bool = False) -> tuple[str, ...]:
    """Which ways of sending exist now: steer and queue only while somebody works.

    A `shell` line is run in the workspace of one session and in no other way.
    """
    targets = model.targets()
    if shell:
        return ("run",) if len(targets) == 1 else ()
    if not targets:
        return ("start",) if model.target == "one" else ()
    working = any(state.turn is not None for state in targets)
    return ("steer", "queue", "now") if working else ("send",)
