"""The plan between the developer and the agent: what the model is told, and when it must wait.

In plan mode a turn that ends with a plan puts it before the developer; one that was approved is
not put there again before it has changed.
"""

import asyncio

from steerdeck_agents.facts.action import SetPlan
from steerdeck_agents.facts.events import KnownEvent, PlanOffered, PlanUpdated
from steerdeck_agents.facts.ids import CallId, TurnId
from steerdeck_agents.facts.plan import Step
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.loop.plan_merge import Merged, merge
from steerdeck_agents.loop.site import Site

_KEEP = (
    "Go on by this plan. Send it with update_plan in these words; leave struck steps out unless the"
    " developer allows them."
)


async def merged(site: Site, action: SetPlan) -> Merged:
    """What the agent sends, merged with what the developer made of the plan before."""
    state = site.state
    unknown = state.plan_edited > state.plan.told
    return await asyncio.to_thread(merge, state.plan, action.steps, unknown=unknown)


def updated(
    site: Site, turn: TurnId, call: CallId, action: SetPlan, made: Merged
) -> tuple[PlanUpdated, str]:
    """The fact, and the result the model gets."""
    fact = PlanUpdated(
        session=site.session,
        turn=turn,
        call=call,
        actor="agent",
        steps=made.steps,
        explanation=action.explanation,
    )
    return fact, " ".join(("Plan updated.", *made.notes))


def told(state: SessionState) -> str:
    """What the model is told of the developer's changes; empty while there are none."""
    plan = state.plan
    if not state.plan_edited:
        return ""
    said = "; ".join(plan.edits)
    head = f"The developer changed the plan (event {state.plan_edited})"
    return f"{head}{f': {said}' if said else ''}. It is now:\n{listed(plan.steps)}\n{_KEEP}"


def listed(steps: tuple[Step, ...]) -> str:
    """The plan as a new window states it, with what the developer struck and said."""
    return "\n".join(_line(number, step) for number, step in enumerate(steps, 1))


def _line(number: int, step: Step) -> str:
    status = "struck" if step.struck else step.status
    note = f"\n   the developer says: {step.comment}" if step.comment else ""
    return f"{number}. [{status}] {step.text}{note}"


def offer(state: SessionState) -> list[KnownEvent]:
    """What the end of a turn asks of the developer in plan mode: the plan, if it is a new one."""
    plan = state.plan
    if state.mode != "plan" or state.parent is not None or state.goal is not None:
        return []
    if not plan.live or (plan.approved and plan.decided == plan.binding):
        return []
    return [PlanOffered(session=state.id, binding=plan.binding)]
