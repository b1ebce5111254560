"""Orders become facts: each is checked against the state, appended once, then carried out.

The answer of an order is the seq of the fact it became. An order that comes again with the same id
gets the same answer from the journal and has no second effect.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from steerdeck_agents.facts import tags
from steerdeck_agents.facts.by_hand import HandOrder
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import (
    CompactionOrdered,
    InterruptOrdered,
    KnownEvent,
    MessageSent,
    MessageWithdrawn,
    PortOpened,
    QuestionAnswered,
    RetryHastened,
    SessionArchived,
    SessionConfigured,
    SessionResumed,
)
from steerdeck_agents.facts.ids import MessageId, OrderId, SessionId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.orders import (
    AddRule,
    Answer,
    Archive,
    ChangeRule,
    Compact,
    Configure,
    Decide,
    EditCommand,
    EndShell,
    Fork,
    Interrupt,
    OpenPort,
    Order,
    Reopen,
    Resolve,
    RestartServer,
    Resume,
    Review,
    ReviewRule,
    RevokeRule,
    Say,
    SetChecks,
    SetGoal,
    Start,
    StopRuntime,
    Tag,
    TryNow,
    TypeInto,
    Undo,
    Withdraw,
)
from steerdeck_agents.facts.plan_orders import PlanOrder
from steerdeck_agents.facts.queueing import QueueOrder
from steerdeck_agents.facts.review_orders import ReviewOrder
from steerdeck_agents.facts.shore_orders import ShoreOrder
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.journal.enclosures import Enclosure, OrderAnswered
from steerdeck_agents.runtime import (
    attaching,
    by_hand,
    deciding,
    forking,
    landing,
    planning,
    queueing,
    reviewing,
    ruling,
    shore,
)
from steerdeck_agents.runtime.resolving import resolved
from steerdeck_agents.session import Session
from steerdeck_agents.work import tasking
from steerdeck_agents.workspace import keep

_Single = (
    Say | Withdraw | Interrupt | Answer | Resolve | Resume | TryNow | Configure | Compact | Tag
)  # fmt: skip
_Kept = (
    _Single | Decide | EditCommand | ReviewRule | SetChecks | SetGoal | Review | TypeInto | EndShell
    | RestartServer
)  # fmt: skip


async def obey(fleet: Fleet, order: Order) -> tuple[SessionId, int]:
    """Carry an order out; the session it concerns and the seq of its fact.

    Raises a SteerdeckError whose text says why not and what to do instead.
    """
    match order:
        case Start():
            return await fleet.start_session(order)
        case StopRuntime():
            raise OrderRefused("This connection can't end the runtime.")
        case AddRule() | ChangeRule() | RevokeRule():
            return await ruling.rule(fleet, order)
    session = fleet.session(order.session)
    if isinstance(order, Say) and order.pictures:
        return await _say_with_pictures(fleet, session, order)
    if isinstance(order, HandOrder):
        return await by_hand.obey(fleet, session, order)
    if isinstance(order, QueueOrder):
        return await queueing.obey(fleet, session, order)
    if isinstance(order, ReviewOrder):
        return await reviewing.review(fleet, session, order)
    if isinstance(order, PlanOrder):
        return await planning.obey(fleet, session, order)
    if isinstance(order, ShoreOrder):
        return await landing.obey(fleet, session, order)
    match order:
        case Fork():
            return await forking.fork(fleet, session, order)
        case Undo():
            return await shore.undo(fleet, session, order)
        case Archive():
            return await _archive(fleet, session, order)
        case Reopen():
            return await _reopen(fleet, session, order)
        case OpenPort():
            tasking.living(session.state, order)
            at = await session.place.shells.reach(order.shell, order.port)
            opened = PortOpened(
                session=session.id, actor="developer", shell=order.shell, port=order.port, at=at
            )
            return session.id, await record(fleet, order.id, opened)
    _bring_keys(session, order)
    if isinstance(order, Resume):
        session.place.again = await asyncio.to_thread(session.place.may_be_made_again)
    # The loop decides by the same state: nothing of it may change before the fact is committed.
    async with session.deciding:
        facts = _facts(fleet, session, order)
        if isinstance(order, Decide):
            await ruling.keep(fleet, facts)
        asked = session.state.approvals
        seq = await record(fleet, order.id, *facts)
    if isinstance(order, Decide):
        await deciding.remember(fleet, asked, order)
        await deciding.spread(fleet, asked, order)
    await _perform(session, order, facts)
    return session.id, seq


def _bring_keys(session: Session, order: Order) -> None:
    """Keys that come with an order; words bring them to a session that has none any more."""
    match order:
        case Resume():
            session.keys = {**session.keys, **order.keys}
            session.forget_model()
        case Say() if order.keys and not session.keys:
            session.keys = order.keys
            session.forget_model()


async def _perform(session: Session, order: _Kept, facts: Sequence[KnownEvent]) -> None:
    """What memory and processes have to do with an order whose facts are kept."""
    match order:
        case TryNow() | Resume():
            session.hurry()
        case TypeInto():
            tasking.type_into(session.place.shells, facts, order)
        case EndShell():
            await session.place.end_shell(order.shell)
        case RestartServer():
            await session.place.hosting.again(order.server)
        case Configure() if order.model is not None or order.effort is not None:
            session.forget_model()


def _facts(fleet: Fleet, session: Session, order: _Kept) -> list[KnownEvent]:
    """What an order becomes, when the state allows it."""
    match order:
        case Decide():
            return deciding.facts(fleet, session.state, order)
        case EditCommand():
            return deciding.edited(fleet, session.state, order)
        case ReviewRule():
            return [ruling.reviewed(session.state, order)]
        case SetChecks() | SetGoal() | Review():
            return tasking.facts(session.state, order)
        case TypeInto():
            if order.hidden:
                fleet.redactor.know([order.text.strip()])
            return [tasking.typed(session.state, session.place.shells, order)]
        case EndShell():
            return [tasking.ending(session.state, order)]
        case RestartServer():
            return [session.place.hosting.restarting(order)]
        case _:
            return [_fact(fleet, session.state, order)]


def _fact(
    fleet: Fleet,
    state: SessionState,
    order: _Single,
) -> KnownEvent:
    """The one fact an order becomes, when the state allows it."""
    match order:
        case Say():
            return _say(fleet, state, order)
        case Withdraw():
            return _withdraw(state, order)
        case Interrupt():
            begins = not state.workspace.path and not state.parked
            if state.archived or (state.turn is None and not begins):
                raise OrderRefused(f"{state.name} is not working, so there is nothing to stop.")
            return InterruptOrdered(session=state.id, actor="developer")
        case Answer():
            return _answer(state, order)
        case Resolve():
            return resolved(state, order)
        case Resume() if not (state.turn and (state.turn.retry or state.turn.place)):
            return SessionResumed(session=state.id, actor="developer", why="you said so")
        case Resume() | TryNow():
            return _try_now(state)
        case Compact():
            return _compact(state)
        case Configure():
            return SessionConfigured(
                session=state.id,
                actor="developer",
                name=order.name,
                mode=order.mode,
                model=order.model,
                effort=order.effort,
                limits=_limits(order.limits),
            )
        case Tag():
            return _tagged(state, order)


def _tagged(state: SessionState, order: Tag) -> SessionConfigured:
    if wrong := next((tag for tag in order.add if not tags.possible(tag)), None):
        raise OrderRefused(
            f"{wrong!r} can't be a tag: a tag is one word of letters, digits, '.', '_' and '-'."
        )
    wanted = tags.changed(state.tags, order.add, order.remove)
    if len(wanted) > tags.MOST:
        raise OrderRefused(f"A session has at most {tags.MOST} tags; take one away first.")
    if wanted == state.tags:
        told = f"tags {' '.join(state.tags)}" if state.tags else "no tags"
        raise OrderRefused(f"{state.name} has {told}, so nothing was changed.")
    return SessionConfigured(session=state.id, actor="developer", tags=wanted)


def _limits(limits: Limits | None) -> Limits | None:
    if limits is not None and not limits.possible:
        raise OrderRefused("A budget can't be less than nothing; 0 takes it away.")
    return limits


def _compact(state: SessionState) -> CompactionOrdered:
    if state.archived or state.parked:
        how = "archived; reopen" if state.archived else "parked; resume"
        raise OrderRefused(f"{state.name} is {how} it first, then compact its window.")
    if any(call.started for call in state.calls):
        raise OrderRefused(f"A call of {state.name} is running; compact when it has ended.")
    if state.compaction:
        raise OrderRefused(f"The window of {state.name} is about to be compacted already.")
    if state.fresh_window or not state.prompt_items:
        raise OrderRefused(f"There is nothing to compact yet in the window of {state.name}.")
    return CompactionOrdered(session=state.id, actor="developer")


def _try_now(state: SessionState) -> KnownEvent:
    if state.parked:
        return SessionResumed(session=state.id, actor="developer", why="you said so")
    if state.turn is None or not (state.turn.retry or state.turn.place):
        raise OrderRefused(f"{state.name} does not wait to ask its model, so nothing was changed.")
    return RetryHastened(session=state.id, turn=state.turn.id, actor="developer")


async def record(
    fleet: Fleet, order: OrderId, *facts: KnownEvent, enclosed: Sequence[Enclosure] = ()
) -> int:
    """Append the facts an order became, with its answer; the seq of the first."""
    answered = OrderAnswered(order, facts[0].session)
    first, *_ = await fleet.writer.append(*facts, full=True, enclosed=(*enclosed, answered))
    return first.seq


async def _say_with_pictures(fleet: Fleet, session: Session, order: Say) -> tuple[SessionId, int]:
    found = await attaching.read(order.pictures)
    async with session.deciding:
        said = replace(
            _say(fleet, session.state, order), pictures=tuple(about for about, _ in found)
        )
        seq = await record(fleet, order.id, said, enclosed=[blob for _, blob in found])
    return session.id, seq


def _say(fleet: Fleet, state: SessionState, order: Say) -> MessageSent:
    if not order.text.strip():
        raise OrderRefused("An empty message was not sent.")
    if state.archived:
        raise OrderRefused(f"{state.name} is archived; reopen it to speak to it.")
    return MessageSent(
        session=state.id,
        actor="developer",
        message=MessageId(fleet.ids.new("msg")),
        text=order.text,
        delivery=order.delivery,
    )


def _withdraw(state: SessionState, order: Withdraw) -> MessageWithdrawn:
    if not any(message.id == order.message for message in state.queue):
        raise OrderRefused("That message has already reached the model, or was taken back.")
    return MessageWithdrawn(session=state.id, actor="developer", message=order.message)


def _answer(state: SessionState, order: Answer) -> QuestionAnswered:
    asked = next((q for q in state.questions if q.id == order.question), None)
    if asked is None:
        raise OrderRefused("That question is not open any more; nothing was answered.")
    if not order.text.strip():
        raise OrderRefused("An empty answer was not sent.")
    return QuestionAnswered(
        session=state.id,
        actor="developer",
        turn=state.turn.id if state.turn else None,
        call=asked.call,
        question=asked.id,
        text=order.text,
    )


async def _archive(fleet: Fleet, session: Session, order: Archive) -> tuple[SessionId, int]:
    if session.state.archived:
        raise OrderRefused(f"{session.state.name} is archived already.")
    await session.close("session")
    try:
        async with session.ground.hands:
            seq = await _put_away(fleet, session, order)
    finally:
        if not session.state.archived:
            session.start()
    return session.id, seq


async def _put_away(fleet: Fleet, session: Session, order: Archive) -> int:
    """End what is open, archive, and move the workspace of a discarded session into the bin."""
    await session.end_turn()
    await session.place.tear_down()
    state = session.state
    if state.archived:
        raise OrderRefused(f"{state.name} is archived already.")
    fact = SessionArchived(
        session=state.id,
        actor="developer",
        reason="discarded" if order.discard else "landed" if state.landed else "stopped",
    )
    seq = await record(fleet, order.id, fact)
    if order.discard and state.workspace.path:
        await asyncio.to_thread(keep.discard, state.workspace, fleet.paths.bin)
    return seq


async def _reopen(fleet: Fleet, session: Session, order: Reopen) -> tuple[SessionId, int]:
    # A discarded workspace may still be on its way into the bin.
    async with session.ground.hands:
        state = session.state
        if not state.archived:
            raise OrderRefused(f"{state.name} is open.")
        place, kept = Path(state.workspace.path), fleet.paths.bin / Path(state.workspace.path).name
        if state.workspace.path and not await asyncio.to_thread(place.is_dir):
            if await asyncio.to_thread(kept.is_dir):
                await asyncio.to_thread(keep.restore, kept, state.workspace)
            elif not await asyncio.to_thread(fleet.reader.checkpoints, state.id):
                raise OrderRefused(f"The workspace of {state.name} is gone from {kept} for good.")
            else:
                session.place.again = True
        seq = await fleet.reopen(state, order.id)
    session.start()
    return state.id, seq
