"""What a change of the developer makes of a plan, and how it is said in words."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.plan import LONGEST_STEP, MOST_STEPS, Plan, Step, numbered
from steerdeck_agents.facts.plan_orders import (
    AddStep,
    CommentStep,
    MoveStep,
    Placed,
    PlanChange,
    Rearrange,
    Reword,
    StrikeStep,
)

_QUOTED = 80
_LONGEST_COMMENT = 2_000
_Steps = list[Step]


def edited(plan: Plan, change: PlanChange) -> tuple[tuple[Step, ...], str]:
    """The steps after a change, and the change in words; OrderRefused says why it can't be."""
    steps = list(plan.steps)
    match change:
        case AddStep(text=text, after=after):
            return _added(plan, steps, text, after)
        case Reword(step=id, text=text):
            return _reworded(steps, id, _step_text(text))
        case MoveStep(step=id, by=by):
            return _moved(steps, id, by)
        case StrikeStep(step=id, struck=struck):
            at = _place(steps, id)
            if steps[at].struck == struck:
                raise OrderRefused("That step is so already; nothing was changed.")
            said = f"{'struck' if struck else 'took back in'} {named(steps[at], at)}"
            return _with(steps, at, lambda step: replace(step, struck=struck)), said
        case Rearrange(steps=placed):
            return _rearranged(plan, steps, placed)
        case CommentStep(step=id, text=text):
            return _commented(steps, id, text.strip())


def named(step: Step, at: int) -> str:
    """A step by its number and the beginning of its words."""
    return f"step {at + 1} “{one_line(step.text, _QUOTED)}”"


def _added(plan: Plan, steps: _Steps, text: str, after: int) -> tuple[tuple[Step, ...], str]:
    if len(steps) >= MOST_STEPS:
        raise OrderRefused(f"A plan has at most {MOST_STEPS} steps; strike some first.")
    at = _place(steps, after) + 1 if after else 0
    steps.insert(at, Step(_step_text(text), own=True))
    made, _ = numbered(steps, plan.last_id)
    return made, f"added {named(steps[at], at)}"


def _reworded(steps: _Steps, id: int, text: str) -> tuple[tuple[Step, ...], str]:
    at = _place(steps, id)
    was = steps[at]
    if text == was.text:
        raise OrderRefused("The step says so already; nothing was changed.")
    before = "" if was.own else was.before or was.text
    said = f"reworded {named(was, at)} to “{one_line(text, LONGEST_STEP)}”"
    kept = "" if before == text else before
    return _with(steps, at, lambda step: replace(step, text=text, before=kept)), said


def _moved(steps: _Steps, id: int, by: int) -> tuple[tuple[Step, ...], str]:
    at = _place(steps, id)
    to = max(0, min(len(steps) - 1, at + by))
    if to == at:
        where = "first" if by < 0 else "last"
        raise OrderRefused(f"The step is the {where} one already; nothing was changed.")
    step = steps.pop(at)
    steps.insert(to, step)
    return tuple(steps), f"moved {named(step, at)} {'up' if to < at else 'down'} to place {to + 1}"


def _commented(steps: _Steps, id: int, text: str) -> tuple[tuple[Step, ...], str]:
    at = _place(steps, id)
    if len(text) > _LONGEST_COMMENT:
        raise OrderRefused(f"A comment on a step has at most {_LONGEST_COMMENT:,} characters.")
    if text == steps[at].comment:
        raise OrderRefused("The comment says so already; nothing was changed.")
    where = named(steps[at], at)
    said = f"commented on {where}: {text}" if text else f"dropped the comment on {where}"
    return _with(steps, at, lambda step: replace(step, comment=text, comment_seq=0)), said


def _rearranged(
    plan: Plan, steps: _Steps, placed: Sequence[Placed]
) -> tuple[tuple[Step, ...], str]:
    """Every difference as the change it is, one after the other."""
    ids = [one.step for one in placed if one.step]
    if len(set(ids)) < len(ids):
        raise OrderRefused("A step stands there twice; nothing was changed.")
    if len(placed) > MOST_STEPS:
        raise OrderRefused(f"A plan has at most {MOST_STEPS} steps.")
    now: _Steps = []
    said: list[str] = []
    for one in placed:
        if not one.step:
            step = Step(_step_text(one.text), own=True)
            said.append(f"added “{one_line(step.text, _QUOTED)}”")
        else:
            at = _place(steps, one.step)
            step = replace(steps[at], struck=False)
            if steps[at].struck:
                said.append(f"took back in {named(step, at)}")
            if " ".join(one.text.split()) != step.text:
                changed, words = _reworded(steps, one.step, _step_text(one.text))
                step = replace(changed[at], struck=False)
                said.append(words)
        now.append(step)
    stays = [step.id for step in steps if step.id in set(ids)]
    if stays != ids:
        said.append("put the steps into another order")
    for at, step in enumerate(steps):
        if step.id not in ids:
            now.append(replace(step, struck=True))
            said += [] if step.struck else [f"struck {named(step, at)}"]
    if not said:
        raise OrderRefused("The plan is as it was; nothing was changed.")
    return numbered(now, plan.last_id)[0], "; ".join(said)


def _with(steps: _Steps, at: int, change: Callable[[Step], Step]) -> tuple[Step, ...]:
    return tuple(change(step) if place == at else step for place, step in enumerate(steps))


def _place(steps: _Steps, id: int) -> int:
    at = next((place for place, step in enumerate(steps) if step.id == id), None)
    if at is None:
        raise OrderRefused("That step is not in the plan any more; look at it again.")
    return at


def _step_text(text: str) -> str:
    words = " ".join(text.split())
    if not words or len(words) > LONGEST_STEP:
        raise OrderRefused(f"A step is a text of 1 to {LONGEST_STEP} characters.")
    return words
