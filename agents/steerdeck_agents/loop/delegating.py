"""A call that starts a helper session and waits for its answer.

Intent and effect are one append: the call's start, the helper's birth and its brief become true
together or not at all. So after a crash the call either has not begun, or has a helper and waits
for it again; no helper is started twice, and no call of this kind is ever lost.
"""

import asyncio

from msgspec.structs import replace

from steerdeck_agents.facts.action import Delegate
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import (
    CallStarted,
    HelperStarted,
    InterruptOrdered,
    KnownEvent,
    MessageSent,
    MessageWithdrawn,
    Noticed,
    SessionForked,
    TurnStarted,
)
from steerdeck_agents.facts.forks import Copying
from steerdeck_agents.facts.ids import CallId, MessageId, SessionId, TurnId
from steerdeck_agents.facts.state import OpenCall, SessionState
from steerdeck_agents.loop import perform
from steerdeck_agents.loop.fork import created_beside, effort_of
from steerdeck_agents.loop.helper_answer import Answer, refused, reported
from steerdeck_agents.loop.site import Site
from steerdeck_agents.tools.outcome import Outcome
from steerdeck_agents.work.family import at_work

MOST_AT_WORK = 4
"""Helpers of one session that may work at once."""


async def answer(
    site: Site,
    turn: TurnId,
    call: OpenCall,
    action: Delegate,
    begun: asyncio.Future[None] | None,
) -> Answer | None:
    """Start a helper where the call has none, and wait for its end; None at an interrupt.

    `begun` is told once the helper has its files: later calls may change the parent's again.
    """
    helper = call.helper or await _start(site, turn, call.id, action)
    if begun is not None and not begun.done():
        begun.set_result(None)
    if helper is None or isinstance(helper, Answer):
        return helper
    if not await site.until(lambda _: site.helping.rests(helper)):
        await site.helping.interrupt(helper)
        return None
    return reported(site.session, turn, call.id, await site.helping.report(helper))


def called_off(helper: SessionState) -> list[KnownEvent]:
    """The facts by which a helper stops because its parent was interrupted; none when it rests.

    A brief it has not read is taken back, or it would open another turn.
    """
    facts: list[KnownEvent] = [
        MessageWithdrawn(session=helper.id, message=message.id)
        for message in helper.queue
        if message.delivery == "first"
    ]
    if helper.turn is not None and not helper.stopping:
        facts.append(InterruptOrdered(session=helper.id))
    return facts


async def _start(
    site: Site, turn: TurnId, call: CallId, action: Delegate
) -> SessionId | Answer | None:
    if site.state.parent is not None:
        return refused("A helper has no helpers of its own. Do this yourself.")
    permit = await perform.permission(site, turn, call, action)
    if permit is None:
        return None
    if isinstance(permit, perform.Refusal):
        return Answer("rejected", Outcome("failed", permit.reason, permit.told))
    async with site.ground.hands:
        await site.ground.checkpoint("before helper", call)
        head = await site.ground.head()
        parent = site.state
    copying = Copying(source=parent.id, at=parent.seq, head=head, path=parent.workspace.path)
    helper = SessionId(site.ids.new("ses"))
    asked = CallStarted(
        session=parent.id,
        turn=turn,
        call=call,
        binding=permit.binding.sha(),
        allowed_by=permit.by,
        approval=permit.approval,
        level=parent.level.name,
    )

    def born(name: str, slot: int) -> tuple[KnownEvent, ...]:
        if site.stop.is_set():
            raise OrderRefused("The developer interrupted the turn before a helper was started.")
        if at_work(site.helping.family(parent.id)) >= MOST_AT_WORK:
            raise OrderRefused(
                f"No helper was started: {MOST_AT_WORK} of yours are at work, the most at once."
                " Delegate this when one of them has answered, or do it yourself."
            )
        started = _started(asked, helper, action, name)
        birth = _birth(helper, parent, action, copying, name, slot)
        return (asked, started, *birth, *_begun(site, helper, action))

    try:
        await site.helping.start(action.name or action.brief, born, ())
    except OrderRefused as error:
        return None if site.stop.is_set() else refused(str(error))
    return helper


def _started(asked: CallStarted, helper: SessionId, action: Delegate, name: str) -> HelperStarted:
    return HelperStarted(
        session=asked.session,
        turn=asked.turn,
        call=asked.call,
        actor="agent",
        helper=helper,
        name=name,
        brief=action.brief,
        writes=action.writes,
    )


def _birth(
    helper: SessionId,
    parent: SessionState,
    action: Delegate,
    copying: Copying,
    name: str,
    slot: int,
) -> list[KnownEvent]:
    """What a helper is. It has no budget of its own: its parent's hold for both."""
    created = replace(
        created_beside(parent, helper, name, slot),
        actor="agent",
        task=action.brief,
        mode=parent.mode if action.writes else "plan",
        parent=parent.id,
    )
    facts: list[KnownEvent] = [created, *effort_of(parent, helper)]
    # Its files are a copy; its words, and the key of its prefix in the server's cache, are its own.
    facts.append(SessionForked(session=helper, root=helper, copying=copying))
    text = (
        f"a helper of {parent.name}, which {'may change files' if action.writes else 'only reads'}"
    )
    facts.append(Noticed(session=helper, text=text))
    return facts


def _begun(site: Site, helper: SessionId, action: Delegate) -> tuple[KnownEvent, ...]:
    """The brief and a turn for it, open from the first moment: a helper whose workspace is being
    made is at work, and no other state of it is ever seen.
    """
    message = MessageSent(
        session=helper,
        actor="agent",
        message=MessageId(site.ids.new("msg")),
        text=action.brief,
        delivery="first",
    )
    return message, TurnStarted(session=helper, turn=TurnId(site.ids.new("turn")))
