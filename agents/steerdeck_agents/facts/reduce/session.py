"""`reduce`: the one pure, total function from events to the state of a session.

Runtime, deck, replay, resume and tests use this and nothing else computes what is true.
"""

import functools
from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    Event,
    OutputAdded,
    SetupPrinted,
    ShellPrinted,
    TextAdded,
)
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.reduce import (
    asking,
    by_hand,
    calls,
    checks,
    cut_off,
    furnish,
    goals,
    life,
    network,
    planning,
    reviewing,
    rules,
    shells,
    shore,
    status,
    taint,
    turns,
    windows,
    words,
    work,
)
from steerdeck_agents.facts.state import SessionState

_ASPECTS = (
    planning, life, words, turns, windows, taint, network, calls, furnish, rules, asking, work,
    reviewing, by_hand, shells, checks, goals, shore, cut_off, status,
)  # fmt: skip


def reduce(state: SessionState | None, event: Event) -> SessionState:
    """The state after one event; an event it does not know only moves `seq`.

    Streamed text, nearly all there is in number, touches one aspect and takes the short way.
    """
    if state is None:
        state = SessionState(id=event.session)
    if isinstance(event, TextAdded):
        if state.turn is not None and state.turn.silent_ms:
            state = turns.apply(state, event)
        return replace(state, items=words.grown(state.items, event), seq=event.seq)
    if isinstance(event, OutputAdded):
        return replace(calls.apply(state, event), seq=event.seq)
    if isinstance(event, ShellPrinted):
        return replace(shells.apply(state, event), seq=event.seq)
    if isinstance(event, SetupPrinted):
        return replace(furnish.apply(state, event), seq=event.seq)
    for apply in _concerned(type(event)):
        state = apply(state, event)
    return replace(state, seq=event.seq)


@functools.cache
def _concerned(kind: type[Event]) -> tuple[Callable[[SessionState, Event], SessionState], ...]:
    """The aspects that a kind of fact may change: to react to one, an aspect has to name it.

    Each fact would otherwise be asked of all of them, which costs more than what they do. The
    status comes of all others, so it is asked always.
    """
    return tuple(
        aspect.apply
        for aspect in _ASPECTS
        if aspect is status or any(named is kind for named in vars(aspect).values())
    )


def joined(events: Sequence[TextAdded]) -> TextAdded:
    """Pieces of the text of one item, one after the other, as the one that folds like all."""
    if len(events) == 1:
        return events[0]
    text = "".join([event.text for event in events])
    return replace(events[-1], kind=events[0].kind, text=text)


def fold(events: Iterable[Event], state: SessionState | None = None) -> SessionState:
    """The state after many events of one session; no events give an empty state."""
    for event in events:
        state = reduce(state, event)
    return SessionState(id=SessionId("")) if state is None else state
