"""Around the steps of a plan: who wants what, why, and the evidence of the step in hand."""

from collections.abc import Mapping

from steerdeck.glyphs import glyphs
from steerdeck.panes.marks import mark_for
from steerdeck.panes.plan import meter
from steerdeck.panes.plan_rows import evidence, step_lines
from steerdeck.text import BLANK, Line, Span, ago, foreign, hairline, path_spans, within
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.naming import files_named
from steerdeck_agents.facts.overlap import shared_words
from steerdeck_agents.facts.plan import Plan, how_far
from steerdeck_agents.facts.plan_diff import PlanRow, counted, rows
from steerdeck_agents.facts.state import SessionState

_LABEL = 7


def plan_title(
    state: SessionState, repository: str, waiting: SessionState | None, now: int, width: int
) -> Line:
    """Where one is, and what waits: this plan, or else another session."""
    left = [foreign(state.name, "t0", bold=True), within(), Span("plan", "t0", True)]
    if width >= 80 and repository:
        left = [foreign(repository, "t0", bold=True), within(), *left]
    right: list[Span] = []
    offer = state.plan.offer
    if offer is not None:
        word = "revised plan needs you" if state.plan.agreed else "plan needs you"
        right = [Span(f"{glyphs().needs} {word}", "needs", bold=True)]
        if width >= 80:
            right.append(Span(f"   asked {ago(now - offer.at_ms)}", "t2"))
    elif waiting is not None:
        mark = mark_for(waiting)
        words = f"{mark.shape} {waiting.slot or ''} {waiting.name} {mark.word}"
        right = [foreign(words, "needs", bold=True, id="do:next_waiting")]
    return Line(tuple(left), tuple(right))


def plan_band(state: SessionState, found: list[PlanRow], width: int) -> Line:
    """Filled while the plan waits for a yes or a no; else how far it is."""
    plan = state.plan
    version = (Span(f"version {plan.version}", "t2"),) if plan.version else ()
    if plan.offer is None:
        mark = mark_for(state)
        told = (
            Span(f"{mark.shape} ", mark.colour),
            foreign(state.name, "t0", bold=True),
            Span(f" {how_far(plan.steps)} steps done", "t1"),
            Span(_standing(state), "t2"),
        )
        segments = meter(state) if width >= 100 else ()
        right = (*segments, *((Span("   "), *version) if version else ()))
        return Line(told, right, bg="s2", bleed=True)
    changed = counted(found).words
    what = "revised its plan" if plan.agreed else "has made its plan"
    more = f": {changed}" if changed else f": {len(plan.live)} steps"
    words = (
        Span(f"{glyphs().needs} ", "needs_ink"),
        foreign(state.name, "needs_ink", bold=True),
        Span(f" {what}{more}", "needs_ink"),
    )
    right = tuple(Span(span.text, "needs_ink") for span in version)
    return Line(words, right, bg="needs_fill", bleed=True, bar="needs")


def _standing(state: SessionState) -> str:
    """What was decided on the plan, in a word."""
    plan = state.plan
    if not plan.decided:
        return "   plan mode" if state.mode == "plan" else ""
    same = plan.decided == plan.binding
    if plan.approved:
        return "   you approved it" if same else "   changed since you approved it"
    return "   you sent it back"


def plan_why(plan: Plan, *, whole: bool = True) -> list[Line]:
    """The agent's reason for the last change: in quotes, since it is a claim."""
    if not plan.why.strip():
        return []
    words = foreign(f"“{one_line(plan.why, 600)}”", "t1")
    lead = Span("why".ljust(_LABEL), "t2")
    return [Line((lead, words), hang=_LABEL, wrap=whole)]


def plan_card(state: SessionState, width: int) -> list[Line]:
    """The plan on a card of the inbox: why, and every step with what is other than before."""
    lines = plan_why(state.plan)
    lines += [BLANK] if lines else []
    for row in rows(state.plan):
        lines += step_lines(state, row, width, None)
    return lines


def no_plan(state: SessionState) -> list[Line]:
    words = "It has no plan yet. In plan mode it makes one first and waits for your yes."
    if state.mode != "plan":
        words = "It has not made a plan. Shift+Tab on the deck turns plan mode on."
    return [
        Line((Span("no plan", "t2"),)),
        hairline(),
        BLANK,
        Line((Span(words, "t1"),), wrap=True),
    ]


def detail(
    state: SessionState, row: PlanRow, names: Mapping[SessionId, SessionState], key: str, most: int
) -> list[Line]:
    """What happened while the step under the cursor was in hand, in at most so many rows."""
    work = state.plan.work_of(row.step.id)
    where = f"step {row.number}" if row.number else "this step"
    named = files_named(row.step.text) if row.step.status != "completed" else ()
    if work is None:
        told = "nothing was done while it was in hand" if row.step.status != "pending" else (
            "not begun"
        )  # fmt: skip
        lines = [Line((Span(f"{where}   ", "t2"), Span(told, "t3")))]
        if named and most == 1:
            told_too = (Span("   names  ", "t2"), *_paths(named[::-1], len(named)))
            return [Line((*lines[0].spans, *told_too))]
    else:
        jump = (Span(f"{key} ", "t1", id="do:step_replay"),
                Span(f"replay from event {work.first}", "t2", id="do:step_replay"))  # fmt: skip
        lines = [Line((Span(f"{where}   ", "t2"), *evidence(work)), jump if key else ())]
        if work.words:
            lines.append(_labelled("last", (foreign(work.words, "t1"),)))
        if work.paths:
            lines.append(_labelled("files", _paths(work.paths, work.files)))
    if named:
        lines.insert(1, _labelled("names", _paths(named[::-1], len(named))))
    return [*lines[:most], *overlaps(state, names)][:most]


def _labelled(label: str, spans: tuple[Span, ...]) -> Line:
    return Line((Span(label.ljust(_LABEL), "t2"), *spans))


def _paths(paths: tuple[str, ...], number: int) -> tuple[Span, ...]:
    spans: list[Span] = []
    for path in reversed(paths):
        spans += [*path_spans(path, 40), Span("   ")]
    if number > len(paths):
        spans.append(Span(f"and {number - len(paths)} more", "t3"))
    return tuple(spans)


def overlaps(state: SessionState, names: Mapping[SessionId, SessionState]) -> list[Line]:
    """Who else is at the files of this session, the deepest first."""
    if not state.overlaps:
        return []
    one = state.overlaps[0]
    other = names.get(one.other)
    who = f"{other.slot or ''} {other.name}".strip() if other is not None else "another session"
    file = one.files[0]
    spans = (
        Span(f"{glyphs().overlap} ", "t1"),
        foreign(who, "t0", bold=True),
        foreign(f"  {file.path}: {shared_words(file)}", "t2"),
    )
    return [Line((Span("also touched by   ", "t2"), *spans))]
