"""Orders and pages about files: landing work, undoing it, and how it was at a moment."""

import asyncio
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import OrderRefused, RepositoryError
from steerdeck_agents.facts.events import (
    FilesRestored,
    LandingFailed,
    LandingStarted,
    Noticed,
    RestoreStarted,
    WorkLanded,
)
from steerdeck_agents.facts.ids import CheckpointId, SessionId
from steerdeck_agents.facts.inert import utf8
from steerdeck_agents.facts.orders import Land, Undo
from steerdeck_agents.facts.shore import Landing, Restored, Restoring
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.journal.enclosures import OrderAnswered
from steerdeck_agents.session import Session
from steerdeck_agents.work import landing, past
from steerdeck_agents.work import undo as undoing
from steerdeck_agents.workspace.within import shown


async def land(fleet: Fleet, session: Session, order: Land) -> tuple[SessionId, int]:
    """Bring the work where the order says; a failure is a fact too, and the reason is told."""
    state = _at_rest(session, "landed")
    # A turn may begin meanwhile; its calls wait until the work is landed.
    async with session.ground.hands:

        async def announce(landing: Landing) -> None:
            intent = msgspec.structs.replace(landing, order=order.id)
            await session.append(
                LandingStarted(session=state.id, actor="developer", landing=intent)
            )

        try:
            landed = await _landed(state, order, announce)
        except (OrderRefused, RepositoryError) as error:
            await session.append(
                LandingFailed(session=state.id, actor="developer", how=order.how, reason=str(error))
            )
            raise
        return await _told(fleet, state, order, landed)


async def _told(
    fleet: Fleet, state: SessionState, order: Land, landed: landing.Landed
) -> tuple[SessionId, int]:
    fact = WorkLanded(
        session=state.id,
        actor="developer",
        how=landed.how,
        where=landed.where,
        commit=landed.commit,
    )
    answered = OrderAnswered(order.id, state.id)
    (first,) = await fleet.writer.append(fact, full=True, enclosed=(answered,))
    return state.id, first.seq


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
    # Recorded before it is told: a crash in between leaves an undo that is looked at again.
    await session.ground.checkpoint("after undo")
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
    first, *_ = await fleet.writer.append(fact, *notes, full=True, enclosed=(answered,))
    await session.ground.publish_changes()
    return state.id, first.seq


async def files_at(fleet: Fleet, session: SessionId, seq: int) -> str:
    """The diff of a session's files as they were after an event."""
    state = fleet.session(session).state
    if not state.workspace.path:
        return ""
    return await past.diff_at(fleet.reader, session, state.workspace, seq)


async def _landed(state: SessionState, order: Land, announce: landing.Announce) -> landing.Landed:
    message = f"{state.name}\n\n{state.task}"
    match order.how:
        case "merge":
            return await landing.merge(state.workspace, message, announce)
        case "branch":
            return await landing.to_branch(state.workspace, message, announce)
        case "patch":
            if not order.path:
                raise OrderRefused("A patch needs a file to be written to; name one.")
            return await landing.to_patch(state.workspace, Path(order.path), announce)


def _at_rest(session: Session, what: str) -> SessionState:
    state = session.state
    if session.ground.hands.locked():
        raise OrderRefused(f"The files of {state.name} are being changed; wait for its end.")
    if state.turn is not None:
        raise OrderRefused(
            f"{state.name} is still working; its work can be {what} when the turn has ended."
        )
    if not state.workspace.path or state.archived:
        raise OrderRefused(f"{state.name} has no workspace; reopen it first.")
    return state
