"""Bringing the sessions of the last runtime back, each with what became of its work."""

import asyncio

from steerdeck_agents.facts.cut_off import How
from steerdeck_agents.facts.events import KnownEvent, SessionConfigured
from steerdeck_agents.facts.ids import Ids
from steerdeck_agents.facts.places import Level
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.loop import cut_off, delegating, recover
from steerdeck_agents.work import aftermath


async def bring_back(
    writer: Writer, reader: JournalReader, ids: Ids, level: Level, how: How | None
) -> None:
    """Tell of every session what the end of the last runtime left open; `how` it ended."""
    for state in writer.states().values():
        facts = [] if state.archived else _brought_back(writer, state, level, how)
        if facts:
            story = await asyncio.to_thread(cut_off.story, reader, state, how)
            await writer.append(*story, *facts, full=True)
        await aftermath.tell(writer, reader, ids, state.id, facts)


def _brought_back(
    writer: Writer, state: SessionState, level: Level, how: How | None
) -> list[KnownEvent]:
    """The facts that make a session ready to go on."""
    facts = recover.after_crash(state, how)
    if state.level != level:
        # Probed anew at each start: what the last runtime found may be gone.
        facts.append(SessionConfigured(session=state.id, level=level))
    parent = writer.state(state.parent) if state.parent is not None else None
    waits = parent is not None and any(call.helper == state.id for call in parent.calls)
    if parent is not None and parent.stopping and waits:
        facts += delegating.called_off(state)
    return facts
