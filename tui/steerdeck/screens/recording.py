"""Reads a replay from the journal: pages of events, and the state before the first of them."""

import asyncio
from collections.abc import Callable

from steerdeck.commands import Helm
from steerdeck.panes.tape import States, Tape
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire

PAGE = 500
MOST = 20_000
"""Events of one session that are read; what came before them is one state."""


async def read_tape(helm: Helm, session: SessionId, wanted: Callable[[], bool]) -> Tape:
    """The session and those of its repository that lived beside it; PageError says why not.

    Once it is no longer `wanted` the rest is not read.
    """
    events, before = await _session(helm, session)
    if not events:
        return Tape(())
    first, last = events[0].at_ms, events[-1].at_ms
    everything = list(events)
    states: States = dict(before)
    for state in helm.model.sessions():
        beside = state.created_ms <= last and (state.changed_ms >= first or state.turn is not None)
        if state.id != session and beside and wanted():
            more, earlier = await _session(helm, state.id)
            everything += more
            states |= earlier
    # Sorting a long one takes longer than a frame.
    return await asyncio.to_thread(Tape, everything, states)


async def _session(helm: Helm, session: SessionId) -> tuple[list[e.Event], States]:
    """The newest events, oldest first, and the state before them where some are left out."""
    pages: list[list[e.Event]] = []
    before: int | None = None
    count = 0
    while count < MOST:
        query = wire.Events(session, before=before, limit=PAGE, newest=True)
        page = await helm.bridge.events(query)
        if not page:
            break
        pages.append(page)
        count += len(page)
        before = page[0].seq
    events = [event for page in reversed(pages) for event in page]
    if not events or isinstance(events[0], e.SessionCreated):
        return events, {}
    state = await helm.bridge.page(wire.StateAt(session, events[0].seq - 1), SessionState)
    return events, {session: state}
