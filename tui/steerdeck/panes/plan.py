"""The plan of a session: done steps recede, the step in hand is the only bold text of a lane.

What the developer struck is not shown here: the screen of the plan has it.
"""

from steerdeck.glyphs import glyphs
from steerdeck.messages import open_id
from steerdeck.panes.marks import mark_for
from steerdeck.text import Line, Span, clickable, foreign
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.plan import Step, how_far
from steerdeck_agents.facts.state import SessionState
from steerdeck_themes.palettes import Token

_SEGMENTS = 8


def plan(state: SessionState, most: int = 7) -> list[Line]:
    """Label, meter and steps in at most `most` rows of steps; empty without a plan."""
    steps = state.plan.live
    if not steps:
        return []
    head = Line((Span(f"plan {how_far(steps)}", "t2"),), meter(state))
    plan_of = open_id("plan", state.id)
    return [clickable(line, plan_of) for line in (head, *_steps(state, most))]


def plan_row(state: SessionState, width: int) -> list[Line]:
    """The step in hand and the meter on one row, for low terminals; empty without a plan."""
    step, steps = state.plan.in_hand, state.plan.live
    if not steps:
        return []
    if step is None:
        words = Line((Span(f"plan {how_far(steps)}", "t2"),))
        right = meter(state) if width >= 60 else ()
        return [clickable(Line(words.spans, right, indent=2), open_id("plan", state.id))]
    words = _step(state, step)
    number = steps.index(step) + 1
    right = (Span(f"step {number} of {len(steps)}   ", "t2"), *meter(state))
    if width < 60:
        right = (Span(f"{number} of {len(steps)}", "t2"),)
    return [clickable(Line(words.spans, right, words.gutter, 2), open_id("plan", state.id))]


def meter(state: SessionState) -> tuple[Span, ...]:
    """A segment of three cells for each step; long plans have no meter."""
    steps = state.plan.live
    if len(steps) > _SEGMENTS:
        return ()
    in_hand = state.plan.in_hand
    spans: list[Span] = []
    for step in steps:
        colour: Token = "line"
        if step.status == "completed":
            colour = "done"
        elif step.status == "failed":
            colour = "failed"
        elif step is in_hand and step.status == "in_progress":
            colour = _colour(state)
        spans += [Span(glyphs().meter * 3, colour), Span(" ")]
    return tuple(spans[:-1])


def _steps(state: SessionState, most: int) -> list[Line]:
    steps = list(state.plan.live)
    if len(steps) <= most:
        return [_step(state, step) for step in steps]
    in_hand = state.plan.in_hand
    place = steps.index(in_hand) if in_hand is not None else len(steps) - 1
    first = max(0, min(place - 1, len(steps) - most + 1))
    lines: list[Line] = []
    if first:
        lines.append(_rest(f"{first} done", "step_done"))
    room = most - len(lines)
    rest = len(steps) - first
    shown = steps[first : first + (room if rest <= room else room - 1)]
    lines += [_step(state, step) for step in shown]
    left = len(steps) - first - len(shown)
    if left:
        lines.append(_rest(f"{left} more", "step_later"))
    return lines


def _rest(words: str, shape: str) -> Line:
    g = glyphs()
    mark = Span(g.step_done, "done") if shape == "step_done" else Span(g.step_later, "t3")
    return Line((Span(words, "t3"),), gutter=mark, indent=3)


def _step(state: SessionState, step: Step) -> Line:
    g = glyphs()
    text = one_line(step.text)
    match step.status:
        case "completed":
            return Line((foreign(text, "t2"),), gutter=Span(g.step_done, "done"), indent=3)
        case "failed":
            return Line(
                (foreign(text, "t0", bold=True),), gutter=Span(g.step_failed, "failed"), indent=3
            )
        case "in_progress":
            mark = Span(g.step_now, _colour(state))
            return Line((foreign(text, "t0", bold=True),), gutter=mark, indent=3)
        case "pending":
            return Line((foreign(text, "t1"),), gutter=Span(g.step_later, "t3"), indent=3)


def _colour(state: SessionState) -> Token:
    return mark_for(state).colour
