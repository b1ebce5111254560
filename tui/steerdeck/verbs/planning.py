"""`plan`: the plan of a session from the command line, read, approved or sent back."""

import asyncio

import click

from steerdeck.verbs import reach
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.printing import out, out_json
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.plan import Plan
from steerdeck_agents.facts.plan_diff import PlanRow, rows
from steerdeck_agents.facts.plan_orders import (
    AddStep,
    CommentStep,
    DecidePlan,
    EditPlan,
    PlanChange,
    Reword,
    StrikeStep,
)
from steerdeck_agents.facts.state import SessionState

_SIGNS = {"new": "+", "reworded": "~", "dropped": "-", "struck": "-", "moved": "^", "same": " "}


@click.command()
@click.argument("session", metavar="ID")
@click.option("--approve", is_flag=True, help="Approve the plan: plan mode ends, the agent works.")
@click.option("--wait", is_flag=True, help="With --approve: the agent waits for a word of yours.")
@click.option("--send-back", metavar="WORDS", help="Send the plan back with these words.")
@click.option("--shown", metavar="HASH", help="Decide only if the plan still has this hash.")
@click.option("--edit", nargs=2, metavar="STEP WORDS", help="Write other words for a step.")
@click.option("--add", nargs=2, metavar="STEP WORDS", help="Add a step behind one; 0 is first.")
@click.option("--strike", type=int, metavar="STEP", help="Strike a step, or take it back in.")
@click.option("--comment", nargs=2, metavar="STEP WORDS", help="Say something to a step.")
@click.option("--json", "as_json", is_flag=True, help="The plan as one JSON object.")
def plan(
    session: str,
    approve: bool,
    wait: bool,
    send_back: str | None,
    shown: str | None,
    edit: tuple[str, str] | None,
    add: tuple[str, str] | None,
    strike: int | None,
    comment: tuple[str, str] | None,
    as_json: bool,
) -> None:
    """Show the plan of a session, change or approve it, or send it back.

    Steps are named by their number in the list. In plan mode the agent waits until its plan is
    approved; what differs from the plan that was decided on last has a sign. Without an option the
    plan is shown, and the exit code is 3 while it waits for you.

    \b
    Examples:
      steerdeck plan rate-limit
      steerdeck plan rate-limit --strike 4
      steerdeck plan rate-limit --send-back "without Redis, please"
      steerdeck plan rate-limit --approve
    """
    acts = [
        approve,
        send_back is not None,
        bool(edit),
        bool(add),
        strike is not None,
        bool(comment),
    ]
    if sum(acts) > 1 or (wait and not approve) or (as_json and any(acts)):
        raise Ending("One thing at a time: show it, change one step, approve it, or send it back.",
                     USAGE)  # fmt: skip
    if send_back is not None or approve:
        asyncio.run(_decide(session, send_back, shown, wait=wait))
        return
    asyncio.run(_change_or_show(session, edit, add, strike, comment, as_json))


async def _decide(session: str, words: str | None, shown: str | None, *, wait: bool) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    binding = state.plan.binding
    if shown is not None and not (len(shown) >= 8 and binding.startswith(shown)):
        raise Ending(f"The plan of {state.name} is another one now: look at it again.")
    async with reach.runtime(where) as client:
        order = DecidePlan(
            id=reach.new_order(),
            session=state.id,
            approve=words is None,
            shown=binding,
            words=words or "",
            wait=wait,
        )
        await client.give(order)
    if words is None:
        out(f"Approved the plan of {state.name}; mode {state.plan.leads_to}.")
    else:
        out(f"Sent the plan back to {state.name}.")


async def _change_or_show(
    session: str,
    edit: tuple[str, str] | None,
    add: tuple[str, str] | None,
    strike: int | None,
    comment: tuple[str, str] | None,
    as_json: bool,
) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    change: PlanChange | None = None
    if edit:
        change = Reword(_step(state, edit[0]), edit[1])
    elif add:
        change = AddStep(add[1], _step(state, add[0]) if add[0] != "0" else 0)
    elif strike is not None:
        step = state.plan.step(_step(state, str(strike)))
        change = StrikeStep(step.id, struck=not step.struck) if step is not None else None
    elif comment:
        change = CommentStep(_step(state, comment[0]), comment[1])
    if change is None:
        _show(state, as_json)
        return
    async with reach.runtime(where) as client:
        await client.give(EditPlan(id=reach.new_order(), session=state.id, change=change))
    out(f"Changed the plan of {state.name}; its agent is told at the next safe point.")


def _step(state: SessionState, number: str) -> int:
    """The id of the step with that number in the list."""
    steps = state.plan.steps
    if not number.isdigit() or not 1 <= int(number) <= len(steps):
        raise Ending(f"{number!r} is no step of {state.name}, which has {len(steps)}.", USAGE)
    return steps[int(number) - 1].id


def _show(state: SessionState, as_json: bool) -> None:
    plan = state.plan
    if as_json:
        out_json(
            {
                "session": state.id,
                "mode": state.mode,
                "waits": plan.offer is not None,
                "hash": plan.binding,
                "version": plan.version,
                "why": plan.why,
                "steps": list(plan.steps),
                "work": list(plan.work),
            }
        )
        return
    if not plan.steps:
        raise Ending(f"{state.name} has no plan.", 0)
    for line in plan_lines(plan):
        out(line)
    if plan.offer is not None:
        raise Ending(
            f"It waits for you: `steerdeck plan {state.name} --approve --shown {plan.binding[:12]}`"
            " or --send-back WORDS.",
            3,
        )


def plan_lines(plan: Plan) -> list[str]:
    """Every step, and every one that is gone, with the numbers that the options take."""
    numbers = {step.id: at for at, step in enumerate(plan.steps, 1)}
    return [line for row in rows(plan) for line in _lines(plan, row, numbers)]


def _lines(plan: Plan, row: PlanRow, numbers: dict[int, int]) -> list[str]:
    """A step as text: number, sign, status, words; its old words above, what was said below."""
    step = row.step
    gone = row.change in ("dropped", "struck")
    status = row.change if gone else step.status
    was = f"  (was {row.was})" if row.was and row.change != "same" else ""
    number = "" if row.change == "dropped" else str(numbers.get(step.id, ""))
    told = [f"{'':>3} - {'':12}{one_line(row.old, 500)}"] if row.old else []
    told.append(f"{number:>3} {_SIGNS[row.change]} {status:<12}{one_line(step.text, 500)}{was}")
    work = plan.work_of(step.id)
    if work is not None and work.words:
        had = ((work.calls, "call"), (work.files, "file"), (work.checks, "check"))
        counts = ", ".join(counted(number, noun) for number, noun in had)
        told.append(f"{'':18}{counts}; last: {one_line(work.words, 120)}")
    if step.comment:
        told.append(f"{'':18}you: {one_line(step.comment, 500)}")
    return told
