"""What became of a landing or an undo that a crash cut off: it is looked at, told, never repeated.

git goes on when the runtime dies, and a kill may come between any two files. So nothing is taken
from the intent but what to look for; what is told is what stands there now.
"""

import asyncio
import logging
import re
from pathlib import Path

from steerdeck_agents.facts.errors import OrderRefused, RepositoryError, SteerdeckError
from steerdeck_agents.facts.events import (
    CallLost,
    FilesRestored,
    KnownEvent,
    LandingFailed,
    LandingLeft,
    Noticed,
    RestoreFailed,
    WorkLanded,
)
from steerdeck_agents.facts.ids import CallId, Ids, OrderId, SessionId, sha_of
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.shore import Landing, Restoring
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.enclosures import CheckpointFile, OrderAnswered
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.work.ground import SessionGround
from steerdeck_agents.work.half_landed import begun
from steerdeck_agents.work.landing_checks import lock_let_go, taken_back
from steerdeck_agents.work.landing_result import is_ancestor, listed
from steerdeck_agents.work.undo import on_disk
from steerdeck_agents.workspace.git import GitError, fields, text
from steerdeck_agents.workspace.within import remove_file, shown

log = logging.getLogger(__name__)

_CUT_OFF = "The runtime ended in the middle of it"
_BESIDE = re.compile(r"\.steerdeck-[0-9a-f]{16}")


async def tell(
    writer: Writer, reader: JournalReader, ids: Ids, session: SessionId, ended: list[KnownEvent]
) -> None:
    """Look at what was under way, and append what it became.

    `ended` are the facts by which the session was brought back. What calls have
    changed until then is recorded, so that it is known and can be undone. Where that can't be
    looked at, it is logged and stays open: no other session is held up by it.
    """
    state = writer.state(session)
    if state is None or session in writer.set_aside:
        return
    try:
        await _tell(writer, reader, ids, state, ended)
    except (SteerdeckError, OSError) as error:
        log.error("session %s: what was under way can't be looked at: %s", session, error)


async def _tell(
    writer: Writer, reader: JournalReader, ids: Ids, state: SessionState, ended: list[KnownEvent]
) -> None:
    ground = SessionGround(state.id, writer, reader, ids)
    if ended and state.turn is not None and state.workspace.path:
        # The crash may have come before this was done for a call that has ended, too.
        calls = [fact.call for fact in ended if isinstance(fact, CallLost)]
        await _recorded(ground, state, "after call", calls[-1] if calls else None)
    if state.landing is not None:
        told = await _landing(state, state.landing)
        landed = isinstance(told, WorkLanded)
        await _append(writer, state, [told], state.landing.order if landed else OrderId(""))
    elif state.in_line is not None:
        why = "the runtime ended before its turn came; queue it again if you still want it"
        await _append(writer, state, [LandingLeft(session=state.id, reason=why)], OrderId(""))
    if state.restoring is not None:
        facts = await _undo(reader, state, state.restoring)
        done = isinstance(facts[0], FilesRestored)
        if done:
            # So that what is back counts as recorded, and not as a change of somebody else's.
            await _recorded(ground, state, "after undo", None)
        await _append(writer, state, facts, state.restoring.order if done else OrderId(""))


async def _recorded(
    ground: SessionGround, state: SessionState, reason: str, call: CallId | None
) -> None:
    """Take away what a kill left beside files that were being written, and keep the rest."""
    try:
        left = await fields(
            state.workspace.path, "ls-files", "-z", "-o", "-i", "-x", ".steerdeck-*"
        )
        for path in left:
            if _BESIDE.fullmatch(path.rpartition("/")[2]):
                await asyncio.to_thread(remove_file, state.workspace.path, path)
        await ground.checkpoint(reason, call)
    except (RepositoryError, OrderRefused, OSError) as error:
        log.error("session %s: what was changed last is not recorded: %s", state.id, error)


async def _append(
    writer: Writer, state: SessionState, facts: list[KnownEvent], order: OrderId
) -> None:
    answered = [OrderAnswered(order, state.id)] if order else []
    await writer.append(*facts, full=True, enclosed=answered)


async def _landing(state: SessionState, landing: Landing) -> KnownEvent:
    try:
        if landing.trying:
            await taken_back(state.workspace, landing.trying)
        why = await _why_not(state.workspace, landing)
    except (RepositoryError, OrderRefused, OSError) as error:
        why = f"{_CUT_OFF}, and what became of it can't be seen: {error}"
    if why:
        return LandingFailed(session=state.id, actor="developer", how=landing.how, reason=why)
    commit = "" if landing.how == "patch" else landing.result
    return WorkLanded(
        session=state.id,
        actor="developer",
        how=landing.how,
        where=landing.where,
        commit=commit,
        before=landing.before,
    )


async def _why_not(workspace: Workspace, landing: Landing) -> str:
    """Why the work is not landed, or how far it came; empty when it is landed whole."""
    nothing = f"{_CUT_OFF}, before anything of yours was changed. Land again if you still want it."
    if not landing.result:
        return nothing
    if landing.how in ("push", "pull_request"):
        remote, _, branch = landing.where.partition("/")
        return (
            "Its end was not seen, so whether it was pushed is not known; "
            f"`git ls-remote {remote} {branch}` says it. Push again if it is not there."
        )
    if landing.how == "patch":
        return await asyncio.to_thread(_patch_missing, landing)
    top = Path(workspace.repository)
    lock = await lock_let_go(top, "user")
    held = f" {lock} was left; remove it when no git is at work." if lock else ""
    tip = await _tip(top, landing.where)
    if tip and await _holds(top, landing.result, tip):
        return ""
    if landing.how == "branch" or tip != landing.before:
        return f"{nothing}{held}"
    half = await begun(top, landing.before, landing.result)
    if not half:
        return f"{nothing}{held}"
    return (
        f"{_CUT_OFF}: {landing.where} stands where it stood, and {listed(half)} differ from it. "
        f"`git -C {top} merge --ff-only {landing.result}` goes on once these are as they were: "
        f"`git -C {top} restore --staged --worktree` with their names puts them back.{held}"
    )


def _patch_missing(landing: Landing) -> str:
    try:
        data = Path(landing.where).read_bytes()
    except OSError:
        return f"{_CUT_OFF}, before {landing.where} was written. Land again if you still want it."
    if sha_of(data) == landing.result:
        return ""
    return f"{_CUT_OFF}, and {landing.where} holds something else."


async def _tip(top: Path, branch: str) -> str:
    try:
        return await text(
            top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"refs/heads/{branch}",
            profile="user",
        )  # fmt: skip
    except GitError:
        return ""


async def _holds(top: Path, commit: str, tip: str) -> bool:
    try:
        return await is_ancestor(str(top), commit, tip, profile="user")
    except GitError:
        return False  # The commit has never come here.


async def _undo(
    reader: JournalReader, state: SessionState, restoring: Restoring
) -> list[KnownEvent]:
    names = await asyncio.to_thread(_names, reader, state)
    back: list[str] = []
    rest: list[str] = []
    for file in restoring.files:
        path = names.get(file.path, file.path)
        wanted = CheckpointFile(path=path, mode=file.mode, sha=file.sha, link=file.link)
        there = await asyncio.to_thread(on_disk, state.workspace.path, path, wanted)
        (back if there else rest).append(file.path)
    if not back:
        why = f"{_CUT_OFF}, before a file was put back. Undo again if you still want it."
        return [RestoreFailed(session=state.id, actor="developer", reason=why)]
    restored = FilesRestored(
        session=state.id,
        actor="developer",
        checkpoint=restoring.checkpoint,
        paths=tuple(back),
        undone_by=restoring.undone_by,
    )
    if not rest:
        return [restored]
    half = f"The runtime ended in the middle of this undo. Not put back: {', '.join(rest)}."
    return [restored, Noticed(session=state.id, text=half, level="warning")]


def _names(reader: JournalReader, state: SessionState) -> dict[str, str]:
    """The exact name of each path, by how it is shown."""
    checkpoints = reader.checkpoints(state.id)
    files = (file for one in checkpoints for file in reader.checkpoint_files(one.id))
    return {shown(file.path): file.path for file in files}
