"""The developer's word on a plan: changes to its steps, and a yes or a no to the whole of it.

A yes ends plan mode and lets the agent go to work; a no goes back with words. Both are bound to a
hash of what was on the screen. What was changed or said to steps the model hears with its next
request, in a section of its own.
"""

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import (
    KnownEvent,
    MessageSent,
    PlanDecided,
    PlanEdited,
)
from steerdeck_agents.facts.ids import MessageId, SessionId
from steerdeck_agents.facts.places import Mode
from steerdeck_agents.facts.plan_edits import edited
from steerdeck_agents.facts.plan_orders import DecidePlan, EditPlan, PlanOrder
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.journal.enclosures import OrderAnswered
from steerdeck_agents.session import Session


async def obey(fleet: Fleet, session: Session, order: PlanOrder) -> tuple[SessionId, int]:
    """Carry an order about a plan out; OrderRefused says why not."""
    async with session.deciding:
        match order:
            case EditPlan():
                facts = [_edited(session.state, order)]
            case DecidePlan():
                facts = _decided(fleet, session.state, order)
        answered = OrderAnswered(order.id, session.id)
        first, *_ = await fleet.writer.append(*facts, full=True, enclosed=(answered,))
    return session.id, first.seq


def _edited(state: SessionState, order: EditPlan) -> KnownEvent:
    if state.archived:
        raise OrderRefused(f"{state.name} is archived; reopen it to change its plan.")
    if not state.plan.steps:
        raise OrderRefused(f"{state.name} has no plan yet; say to it what you want.")
    steps, words = edited(state.plan, order.change)
    return PlanEdited(session=state.id, actor="developer", steps=steps, words=words)


def _decided(fleet: Fleet, state: SessionState, order: DecidePlan) -> list[KnownEvent]:
    plan = state.plan
    if state.archived or not plan.live:
        raise OrderRefused(f"{state.name} has no plan to decide on.")
    if state.mode != "plan":
        raise OrderRefused(f"{state.name} is not in plan mode: it works by its plan already.")
    if state.turn is not None:
        raise OrderRefused(f"{state.name} is still at its plan; decide when it has stopped.")
    if order.shown != plan.binding:
        raise OrderRefused(
            "The plan is not what was on your screen, so nothing was decided. Look again."
        )
    commented = any(step.comment_seq > plan.told for step in plan.steps)
    words = order.words.strip()
    if not order.approve and not words and not commented and not plan.edits:
        raise OrderRefused("Say what should be other: with words, or with a comment on a step.")
    mode: Mode | None = plan.leads_to if order.approve else None
    decided = PlanDecided(
        session=state.id,
        actor="developer",
        decision="approve" if order.approve else "send_back",
        shown=order.shown,
        words=words,
        mode=mode,
    )
    if order.approve and order.wait:
        return [decided]
    said = MessageSent(
        session=state.id,
        actor="developer",
        message=MessageId(fleet.ids.new("msg")),
        text=_said(order, words),
        delivery="steer",
    )
    return [decided, said]


def _said(order: DecidePlan, words: str) -> str:
    if order.approve:
        return f"The plan is approved; work on it. {words}".rstrip()
    return words or "Revise the plan: see what I changed in it and said to its steps."
