"""Orders about the way of work home: landing it now or in line, handing it back, pushing it.

A push is not made here: the runtime has none of the developer's credentials and reaches no network.
It puts the branch into the repository and records the intent; the developer's own deck or command
line pushes, in their terminal, and tells how that ended.
"""

from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import OrderRefused, RepositoryError, SteerdeckError
from steerdeck_agents.facts.events import (
    KnownEvent,
    LandingFailed,
    LandingLeft,
    LandingQueued,
    LandingStarted,
    MergeChecked,
    MessageSent,
    WorkHandedBack,
    WorkLanded,
)
from steerdeck_agents.facts.ids import MessageId, OrderId, SessionId
from steerdeck_agents.facts.shore import How, Landing, Onto
from steerdeck_agents.facts.shore_orders import (
    BeginPush,
    EndPush,
    HandBack,
    Land,
    LeaveQueue,
    QueueLanding,
    ShoreOrder,
)
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.journal.enclosures import NewBlob, OrderAnswered
from steerdeck_agents.loop.site import recorded
from steerdeck_agents.session import Session
from steerdeck_agents.work import handing_back, landing
from steerdeck_agents.work.check_run import Ran
from steerdeck_agents.work.landing_checks import ChecksRed, prove
from steerdeck_agents.work.landing_result import Conflicted, Stands, stands
from steerdeck_agents.workspace.dry_merge import merged
from steerdeck_agents.workspace.git import text

Answer = tuple[SessionId, int]
_OF_NONE = OrderId("")
"""A landing whose order was answered when it was queued."""


async def obey(fleet: Fleet, session: Session, order: ShoreOrder) -> Answer:
    """Carry an order out; OrderRefused or RepositoryError say why not."""
    match order:
        case Land():
            return await _land(fleet, session, order)
        case QueueLanding():
            return await _queue(fleet, session, order)
        case LeaveQueue():
            return await _leave(fleet, session, order)
        case HandBack():
            return await _hand_back(fleet, session, order)
        case BeginPush():
            return await _begin_push(fleet, session, order)
        case EndPush():
            return await _end_push(fleet, session, order)


async def _land(fleet: Fleet, session: Session, order: Land) -> Answer:
    """Bring the work where the order says; a failure is a fact too, and the reason is told."""
    _free(fleet, session)
    # A turn may begin meanwhile; its calls wait until the work is landed.
    async with fleet.landing_turns.of(session.state.workspace), session.ground.hands:
        landed = await _tried(session, order)
        return await _told(fleet, session.state, landed, order.id)


async def _tried(session: Session, order: Land) -> landing.Landed:
    announce = _Announce(session, order.id)
    try:
        return await _landed(session.state, order, announce)
    except (OrderRefused, RepositoryError) as error:
        await session.append(_failed(session.id, order.how, str(error)))
        raise


async def _landed(state: SessionState, order: Land, announce: landing.Announce) -> landing.Landed:
    message = _message(state)
    match order.how:
        case "merge" | "rebase" | "squash":
            return await landing.onto(state.workspace, order.how, message, announce)
        case "branch":
            return await landing.to_branch(state.workspace, message, announce)
        case "patch":
            if not Path(order.path).is_absolute():
                raise OrderRefused("A patch needs the whole path of a file to be written to.")
            return await landing.to_patch(state.workspace, Path(order.path), announce)


class _Announce:
    """Tells a landing right before it touches anything of the developer's."""

    def __init__(self, session: Session, order: OrderId = _OF_NONE) -> None:
        self._session = session
        self._order = order

    async def __call__(self, intent: Landing) -> None:
        told = msgspec.structs.replace(intent, order=self._order)
        await self._session.append(
            LandingStarted(session=self._session.id, actor="developer", landing=told)
        )


def _message(state: SessionState) -> str:
    return f"{state.name}\n\n{state.task}"


def _failed(session: SessionId, how: How, reason: str) -> LandingFailed:
    return LandingFailed(session=session, actor="developer", how=how, reason=reason)


async def _told(
    fleet: Fleet, state: SessionState, landed: landing.Landed, order: OrderId
) -> Answer:
    # It has happened and must not be tried again: it waits for a full disk, as a call's end does.
    answered = (OrderAnswered(order, state.id),) if order else ()
    first, *_ = await recorded(fleet.writer, _fact_of(state, landed), enclosed=answered)
    return first.session, first.seq


def _fact_of(state: SessionState, landed: landing.Landed) -> WorkLanded:
    return WorkLanded(
        session=state.id,
        actor="developer",
        how=landed.how,
        where=landed.where,
        commit=landed.commit,
        before=landed.before,
    )


async def _record(fleet: Fleet, order: OrderId, *facts: KnownEvent) -> Answer:
    answered = (OrderAnswered(order, facts[0].session),) if order else ()
    first, *_ = await fleet.writer.append(*facts, full=True, enclosed=answered)
    return first.session, first.seq


# in line


async def _queue(fleet: Fleet, session: Session, order: QueueLanding) -> Answer:
    state = _checkable(session)
    if state.in_line is not None:
        raise OrderRefused(f"{state.name} is queued to land already.")
    fact = LandingQueued(session=state.id, actor="developer", how=order.how)
    _, seq = await _record(fleet, order.id, fact)
    # The turns of a repository are given in the order in which they are asked for.
    session.place.later(_in_line(fleet, session, order.how, seq))
    return state.id, seq


async def _leave(fleet: Fleet, session: Session, order: LeaveQueue) -> Answer:
    state = session.state
    if state.in_line is None:
        raise OrderRefused(f"{state.name} is not queued to land.")
    if state.landing is not None and not state.landing.pushes:
        raise OrderRefused(f"The landing of {state.name} is under way; wait for its end.")
    fact = LandingLeft(session=state.id, actor="developer", reason="you took it out")
    return await _record(fleet, order.id, fact)


async def _in_line(fleet: Fleet, session: Session, how: Onto, seq: int) -> None:
    """Land one when its turn has come; what stops it is told, and handed back where that helps."""
    async with fleet.landing_turns.of(session.state.workspace):
        mine = session.state.in_line
        if mine is None or mine.seq != seq:
            return
        try:
            _checkable(session)
        except OrderRefused as error:
            await session.append(LandingLeft(session=session.id, reason=str(error)))
            return
        async with session.ground.hands:
            await session.ground.settled()
            await _proved(fleet, session, how)


async def _proved(fleet: Fleet, session: Session, how: Onto) -> None:
    state = session.state
    announce = _Announce(session)

    async def proof(branch: str, commit: str) -> None:
        if not state.verify.checks:
            return
        await announce(Landing(how, branch, trying=commit))
        spool = fleet.paths.spool / f"{session.id}-{fleet.ids.new('out')}"

        async def tell(ran: Ran, old: bool) -> None:
            result = ran.result
            blobs = () if result.output is None else (NewBlob(result.output, ran.complete),)
            fact = MergeChecked(session=session.id, commit=commit, result=result, old=old)
            await fleet.writer.append(fact, full=True, enclosed=blobs)

        async with session.ground.unpublished():
            await prove(state, commit, spool, tell)

    try:
        landed = await landing.onto(state.workspace, how, _message(state), announce, proof)
    except (Conflicted, ChecksRed) as error:
        came, facts = await _returned(fleet, session, error)
        await session.append(_failed(session.id, how, f"{error.what} {came}"), *facts)
    except (SteerdeckError, OSError) as error:
        await session.append(_failed(session.id, how, str(error)))
    else:
        await _told(fleet, state, landed, _OF_NONE)


async def _returned(
    fleet: Fleet, session: Session, error: Conflicted | ChecksRed
) -> tuple[str, list[KnownEvent]]:
    """What became of handing it back, in a sentence, and the facts of that."""
    try:
        facts = await _handed_back(fleet, session, error)
    except (OrderRefused, RepositoryError) as problem:
        return f"It could not be handed back to its agent: {problem}", []
    return "It goes back to its agent.", facts


# handing back


async def _hand_back(fleet: Fleet, session: Session, order: HandBack) -> Answer:
    _free(fleet, session)
    async with fleet.landing_turns.of(session.state.workspace), session.ground.hands:
        state = session.state
        at = await stands(state.workspace, _message(state))
        found = await merged(state.workspace.path, at.theirs, at.work)
        if not found.conflicts:
            raise OrderRefused(
                f"The work of {state.name} merges with {at.branch} without a conflict; land it."
            )
        facts = await _handed_back(fleet, session, Conflicted(at, found))
    return await _record(fleet, order.id, *facts)


async def _handed_back(
    fleet: Fleet, session: Session, error: Conflicted | ChecksRed
) -> list[KnownEvent]:
    """Bring the branch into the clone; the facts that tell the agent so."""
    workspace = session.state.workspace
    if isinstance(error, Conflicted):
        at, files = error.stands, error.merge.names
        said = await handing_back.conflict_message(workspace, at, error.merge)
    else:
        at, files = await _stands_now(session), ()
        said = handing_back.red_message(at, error)
    await handing_back.bring_branch(workspace, at)
    message = MessageId(fleet.ids.new("msg"))
    return [
        MessageSent(
            session=session.id, actor="developer", message=message, text=said, delivery="queue"
        ),
        WorkHandedBack(
            session=session.id,
            actor="developer",
            branch=at.branch,
            commit=at.theirs,
            files=files,
            message=message,
        ),
    ]


async def _stands_now(session: Session) -> Stands:
    return await stands(session.state.workspace, _message(session.state))


# pushing


async def _begin_push(fleet: Fleet, session: Session, order: BeginPush) -> Answer:
    _free(fleet, session)
    state = session.state
    remotes = (await text(state.workspace.repository, "remote", profile="user")).splitlines()
    if order.remote not in remotes:
        known = f"it has {', '.join(remotes)}" if remotes else "it has none"
        raise OrderRefused(f"The repository has no remote {order.remote!r}; {known}.")
    if (left := state.landing) is not None:
        await session.append(_failed(state.id, left.how, "its end was not seen"))
    async with fleet.landing_turns.of(state.workspace), session.ground.hands:
        landed = await _tried(session, Land(id=order.id, session=state.id, how="branch"))
        how: How = "pull_request" if order.pull_request else "push"
        where = f"{order.remote}/{landed.where}"
        intent = Landing(how, where, landed.commit, order=order.id)
        begun = LandingStarted(session=state.id, actor="developer", landing=intent)
        return await _record(fleet, order.id, _fact_of(state, landed), begun)


async def _end_push(fleet: Fleet, session: Session, order: EndPush) -> Answer:
    state = session.state
    push = state.landing
    if push is None or not push.pushes:
        raise OrderRefused(f"{state.name} is not being pushed.")
    if push.order != order.push:
        raise OrderRefused(
            f"Another push of {state.name} was begun meanwhile; how this one ended is not recorded."
        )
    if order.problem:
        return await _record(fleet, order.id, _failed(state.id, push.how, order.problem))
    landed = WorkLanded(
        session=state.id,
        actor="developer",
        how=push.how,
        where=push.where,
        commit=push.result,
        url=order.url,
    )
    return await _record(fleet, order.id, landed)


def at_rest(session: Session) -> SessionState:
    """The state of a session whose files nobody changes now; OrderRefused says who does."""
    state = session.state
    if session.ground.hands.locked():
        raise OrderRefused(f"The files of {state.name} are being changed; wait for its end.")
    if state.turn is not None:
        raise OrderRefused(
            f"{state.name} is still working; its work can be landed when the turn has ended."
        )
    if not state.workspace.path or state.archived:
        raise OrderRefused(f"{state.name} has no workspace; reopen it first.")
    return state


def _checkable(session: Session) -> SessionState:
    """`at_rest`, and no shell session writes files that are others while its checks run."""
    state = at_rest(session)
    if state.shells and state.verify.checks:
        shell = state.shells[0]
        raise OrderRefused(
            f"{state.name} keeps the shell session {shell.id} ({shell.title}), which may write "
            "while its checks run on the result, and that would be lost; end it "
            f"(`steerdeck shells {state.name} --end {shell.id}`) or land without the queue."
        )
    return state


def _free(fleet: Fleet, session: Session) -> None:
    """OrderRefused when its files, or the branch, are in other hands."""
    state = at_rest(session)
    if fleet.landing_turns.of(state.workspace).locked():
        raise OrderRefused(
            "Another session is being landed there; queue this one (`steerdeck land --queue`), or "
            "wait for its end."
        )
