"""The row above the text one writes: to whom it goes, and with which key in which way."""

from msgspec.structs import replace

from steerdeck.model import DeckModel
from steerdeck.text import Line, Span, foreign
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.state import SessionState

Verbs = tuple[tuple[str, str, str], ...]
"""Keys with what they do now, and what a click on them is: `do:ACT` or `key:NAME`."""


def target(model: DeckModel, verbs: Verbs, width: int, *, focused: bool) -> Line:
    """`verbs` are written only where a key works; a click on the names picks others."""
    right: list[Span] = []
    for key, verb, what in verbs if width >= 60 else verbs[:1]:
        right += [Span(key, "accent", id=what), Span(f" {verb}", "t2", id=what), Span("   ")]
    whom = (
        span if span.id else replace(span, id="do:recipients")
        for span in (Span("to ", "t2"), *_whom(model, focused, width))
    )
    return Line(tuple(whom), tuple(right[:-1]))


def _whom(model: DeckModel, focused: bool, width: int) -> list[Span]:
    targets = model.targets()
    if model.target == "all" and targets:
        return [Span(f"all {len(targets)} sessions", "t0" if focused else "t1", focused)]
    if model.target == "several":
        if not targets:
            return [Span("nobody yet", "t0")]
        names = ", ".join(_name(state) for state in targets)
        count = Span(f"{counted(len(targets), 'session')}  ", "t0" if focused else "t1", focused)
        return [count, foreign(names, "t1")]
    if not targets:
        return [Span("a new session", "t0" if focused else "t1", focused)]
    spans = [foreign(_name(targets[0]), "t0" if focused else "t1", bold=focused)]
    queued = len(targets[0].queue)
    if queued and width >= 80:
        spans.append(Span(f"   {queued} on the way", "t2", id="do:waiting_words"))
    notes = len(targets[0].hand_notes)
    if notes and width >= 80:
        spans.append(Span(f"   {notes} to tell it", "t2"))
    return spans


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
