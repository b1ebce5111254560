"""A plan as a sheet: each step with its number, its change, its evidence, and what was said to it.

What differs from the plan that was decided on last has a sign, its old words above the new ones,
and its old number at the right.
"""

from bisect import bisect_right
from collections.abc import Sequence

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.panes.marks import mark_for
from steerdeck.text import Line, Span, foreign
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.plan import Step, Work
from steerdeck_agents.facts.plan_diff import PlanRow, parts
from steerdeck_agents.facts.state import SessionState
from steerdeck_themes.palettes import Token

HANG = 9
"""Cells before the words of a step: number, sign, shape."""
EVIDENCE_FROM = 100


class PlanSheet:
    """The rows of a plan as lines, with a cursor on one of them."""

    def __init__(
        self, state: SessionState, rows: Sequence[PlanRow], cursor: int, width: int, *, leads: bool
    ) -> None:
        self.rows = rows
        self.first: list[int] = []
        self._lines: list[Line] = []
        for at, row in enumerate(rows):
            self.first.append(len(self._lines))
            bar: Token | None = ("accent" if leads else "t3") if at == cursor else None
            self._lines += step_lines(state, row, width, bar)

    def __len__(self) -> int:
        return len(self._lines)

    def item(self, index: int) -> object:
        return self._lines[index]

    def line(self, index: int) -> Line:
        return self._lines[index]

    def entry_of(self, line: int) -> int:
        """The row a line belongs to."""
        return max(0, bisect_right(self.first, line) - 1)


def head_row(*, diff: bool, width: int) -> Line:
    """The names of the columns."""
    right = "was" if diff else "while it was in hand" if width >= EVIDENCE_FROM else ""
    return Line((Span("now" + " " * (HANG - 3) + "step", "t2"),), (Span(right, "t2"),))


def step_lines(state: SessionState, row: PlanRow, width: int, bar: Token | None) -> list[Line]:
    """One step: its old words where they are others now, the step, the comment."""
    found: list[Line] = []
    if row.old:
        sign = Span(f"{'':5}{glyphs().removed}   ", "rem")
        found.append(Line((sign, foreign(row.old, "t2")), hang=HANG, bg="rem_bg", wrap=True))
    found.append(_step(state, row, width, bar))
    return [*found, *_comment(state, row, width)]


def _step(state: SessionState, row: PlanRow, width: int, bar: Token | None) -> Line:
    step = row.step
    sign, sign_colour, ground = _sign(row)
    shape, colour = _shape(state, step)
    gone = row.change in ("dropped", "struck")
    number = Span(f"{row.number or '':>3}  ", "t0" if bar else "t2", bool(bar))
    lead = [number, Span(f"{sign} ", sign_colour), Span("  " if gone else f"{shape} ", colour)]
    words = _words(row, "rem" if row.change == "dropped" else "t2" if gone else _ink(step))
    right = _was(row)
    work = state.plan.work_of(step.id)
    if work is not None and width >= EVIDENCE_FROM and not gone:
        right = (*evidence(work), *((Span("   "), *right) if right else ()))
    return Line((*lead, *words), right, hang=HANG, bg=ground, bar=bar, wrap=True)


def _sign(row: PlanRow) -> tuple[str, Token, Token | None]:
    """The sign of a change, its colour, and the ground of the row."""
    g = glyphs()
    match row.change:
        case "new":
            return g.added, "add", "add_bg"
        case "reworded":
            return g.changed, "add", "add_bg"
        case "dropped":
            return g.removed, "rem", "rem_bg"
        case "struck":
            return g.removed, "rem", "rem_bg" if row.was else None
        case "moved":
            return g.moved if row.moved == "up" else g.below, "t1", None
        case "same":
            return " ", "t1", None


def _shape(state: SessionState, step: Step) -> tuple[str, Token]:
    g = glyphs()
    match step.status:
        case "completed":
            return g.step_done, "done"
        case "failed":
            return g.step_failed, "failed"
        case "in_progress":
            return g.step_now, mark_for(state).colour
        case "pending":
            return g.step_later, "t3"


def _ink(step: Step) -> Token:
    if step.status == "completed":
        return "t2"
    return "t1" if step.status == "pending" else "t0"


def _words(row: PlanRow, ink: Token) -> list[Span]:
    """The step's words; where they are others now, the new ones marked."""
    step = row.step
    bold = step.status in ("in_progress", "failed") and row.change not in ("dropped", "struck")
    marked = parts(row.old, step.text) if row.old else None
    if marked is None:
        return [foreign(step.text, "t0" if row.change in ("new", "reworded") else ink, bold=bold)]
    before, changed, after = marked
    return [
        foreign(before, "t0", bold=bold),
        foreign(changed, "t0", bold=bold, bg="add_word"),
        foreign(after, "t0", bold=bold),
    ]


def _was(row: PlanRow) -> tuple[Span, ...]:
    """What a step was, at the right."""
    told: list[str] = []
    if row.change == "struck":
        told.append("you struck it")
    elif row.change == "dropped":
        told.append("dropped")
    elif row.step.own:
        told.append("yours")
    elif row.step.before:
        told.append("in your words")
    elif row.change == "new":
        told.append("new")
    if row.moved:
        told.append(f"moved {row.moved}")
    plain = row.change == "same" and not told
    if row.was:
        told.append(str(row.was) if plain else f"was {row.was}")
    return (Span(", ".join(told), "t2"),) if told else ()


def evidence(work: Work) -> tuple[Span, ...]:
    """What happened while a step was in hand, counted; what failed has its word."""
    told: list[Span] = []

    def add(number: int, what: str, bad: int, word: str) -> None:
        if number:
            comma = ", " if bad else ""
            told.append(Span(f"{'   ' if told else ''}{counted(number, what)}{comma}", "t2"))
        if number and bad:
            told.append(Span(f"{bad} {word}", "failed"))

    add(work.calls, "call", work.failed, "failed")
    add(work.files, "file", 0, "")
    add(work.checks, "check", work.red, "red")
    return tuple(told)


def _comment(state: SessionState, row: PlanRow, width: int) -> list[Line]:
    step = row.step
    if not step.comment or row.change == "dropped":
        return []
    heard = step.comment_seq <= state.plan.told
    when = "the agent was told" if heard else "goes with your answer"
    if not heard and state.plan.offer is None:
        when = "told at the next safe point" if state.turn else "goes with your next words"
    number = f" on step {row.number}" if row.number else ""
    head = (Span("you", "t0", bold=True), Span(f"  comment{number}", "t2"))
    lines = [Line(head, (Span(when, "t2"),) if width >= 60 else ())]
    lines += [Line((foreign(text, "t0"),), wrap=True) for text in step.comment.split("\n")]
    mark = Span(glyphs().bar, "t3")
    return [
        msgspec.structs.replace(
            line, spans=(mark, Span(" "), *line.spans), bg="s2", indent=HANG - 2, hang=2
        )
        for line in lines
    ]
