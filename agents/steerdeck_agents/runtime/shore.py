"""Orders and pages about files: undoing what was done to them, and how they were at a moment."""

import asyncio
from functools import partial

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import (
    FilesRestored,
    Noticed,
    RestoreFailed,
    RestoreStarted,
)
from steerdeck_agents.facts.ids import CheckpointId, SessionId
from steerdeck_agents.facts.inert import utf8
from steerdeck_agents.facts.orders import Undo
from steerdeck_agents.facts.shore import Restored, Restoring
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.journal.enclosures import OrderAnswered
from steerdeck_agents.loop.site import recorded, until_kept
from steerdeck_agents.session import Session
from steerdeck_agents.work import past
from steerdeck_agents.work import undo as undoing
from steerdeck_agents.workspace.within import shown


async def undo(fleet: Fleet, session: Session, order: Undo) -> tuple[SessionId, int]:
    """Put files back, after a checkpoint that can undo the undo."""
    state = session.state
    if session.ground.hands.locked():
        raise OrderRefused(
            f"The files of {state.name} are being changed; interrupt its call or wait for its end,"
            " then undo."
        )
    if not state.workspace.path or state.archived:
        raise OrderRefused(f"{state.name} has no workspace to undo in; reopen it first.")
    async with session.ground.hands:
        return await _undone(fleet, session, order)


async def _undone(fleet: Fleet, session: Session, order: Undo) -> tuple[SessionId, int]:
    state = session.state
    # What the last call changed is recorded beside the next request; it must be known here.
    await session.ground.settled()
    kept = await asyncio.to_thread(undoing.kept_of, fleet.reader, state.id)
    planned = await undoing.plan(
        state.workspace, kept, fleet.reader.checkpoint_bytes, order.checkpoint, order.paths
    )
    if not planned.files:
        raise OrderRefused(" ".join(planned.conflicts))
    before = await session.ground.checkpoint("before undo")
    restoring = Restoring(
        checkpoint=planned.checkpoint or CheckpointId("base"),
        files=tuple(
            Restored(shown(file.path), file.sha, utf8(file.link or "") or None, file.mode)
            for file, _ in planned.files
        ),
        undone_by=before or (kept[-1].id if kept else None),
        order=order.id,
    )
    await session.append(RestoreStarted(session=state.id, actor="developer", restoring=restoring))
    restored, failed = await undoing.carry_out(state.workspace, planned)
    if not restored:
        raise await not_restored(fleet, session, " ".join(failed))
    # Recorded before it is told: a crash in between leaves an undo that is looked at again.
    await until_kept(state.id, partial(session.ground.checkpoint, "after undo"))
    fact = FilesRestored(
        session=state.id,
        actor="developer",
        checkpoint=restoring.checkpoint,
        paths=restored,
        undone_by=restoring.undone_by,
    )
    notes = [
        Noticed(session=state.id, text=text, level="warning")
        for text in (*planned.conflicts, *failed)
    ]
    answered = OrderAnswered(order.id, state.id)
    first, *_ = await recorded(fleet.writer, fact, *notes, enclosed=(answered,))
    await session.ground.publish_changes()
    return state.id, first.seq


async def not_restored(fleet: Fleet, session: Session, why: str) -> OrderRefused:
    """Record that an undo came to nothing, and why; the refusal of its order."""
    failed = RestoreFailed(session=session.id, actor="developer", reason=why)
    await recorded(fleet.writer, failed)
    return OrderRefused(why)


async def files_at(fleet: Fleet, session: SessionId, seq: int) -> str:
    """The diff of a session's files as they were after an event."""
    state = fleet.session(session).state
    if not state.workspace.path:
        return ""
    return await past.diff_at(fleet.reader, session, state.workspace, seq)
