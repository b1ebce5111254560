"""The first row of a screen: where we are, what states there are, and what it costs.

Nothing is shown that is zero, and no percentage that nobody measured.
"""

from steerdeck.glyphs import glyphs
from steerdeck.model import DeckModel
from steerdeck.panes.marks import WAITS, mark_of
from steerdeck.text import Line, Span, dollars, foreign, tokens
from steerdeck_agents.facts.state import Status
from steerdeck_agents.facts.usage import Usage

_ORDER: tuple[Status, ...] = (
    "needs_you", "asks", "unknown", "parked", "working", "failed", "done", "interrupted", "paused",
)  # fmt: skip


def header(model: DeckModel, width: int) -> Line:
    """Repository, branch and states left; tokens, money and sandbox right."""
    left = [*place(model), *(states(model) if width >= 100 else ())]
    right = [] if width >= 100 else states(model, only_waiting=True)
    right += measured(model, width)
    return Line(tuple(left), tuple(right))


def place(model: DeckModel) -> list[Span]:
    """The repository in bold, its branch, and how far it is ahead and behind."""
    look = model.outlook
    if not look.repository:
        return [Span("steerdeck", "t0", bold=True)]
    name = look.repository.rstrip("/").rpartition("/")[2]
    spans = [foreign(name, "t0", bold=True), foreign(f"  {look.branch or look.head[:8]}", "t2")]
    if look.ahead:
        spans.append(Span(f" {glyphs().above}{look.ahead}", "t2"))
    if look.behind:
        spans.append(Span(f" {glyphs().below}{look.behind}", "t2"))
    return [*spans, Span("    ")]


def states(model: DeckModel, *, only_waiting: bool = False) -> list[Span]:
    """How many sessions are in each state, what needs the developer first."""
    counts = model.counts()
    spans: list[Span] = []
    for status in _ORDER:
        if not counts.get(status) or (only_waiting and status not in WAITS):
            continue
        mark = mark_of(status)
        waits = status in WAITS
        words = Span(f"{counts[status]} {mark.word}", mark.colour if waits else "t1", waits)
        spans += [Span(f"{mark.shape} ", mark.colour), words, Span("   ")]
    return spans


def measured(model: DeckModel, width: int) -> list[Span]:
    """What was used, and how commands are confined; the sandbox never leaves the header."""
    used = total(model)
    spans: list[Span] = []
    if width >= 140 and used.tokens:
        spans += [Span(f"{tokens(used.tokens)} tok", "t1"), Span("   ")]
        if used.cached and used.input:
            spans += [Span(f"{used.cached * 100 // used.input}% cached", "t2"), Span("   ")]
    if used.priced:
        spans += [Span(dollars(used.dollars), "t1"), Span("   ")]
    if model.lost:
        spans += [Span("not attached", "failed", bold=True), Span("   ")]
    return [*spans, *sandbox(model.outlook.sandbox)]


def sandbox(name: str) -> list[Span]:
    """The level by name; its absence is the one thing said in capitals."""
    if not name:
        return []
    if name in ("NO SANDBOX", "none"):
        return [Span("NO SANDBOX", "failed", bold=True)]
    return [foreign(name, "t2")]


def total(model: DeckModel) -> Usage:
    used = Usage()
    for state in model.sessions():
        used = used.plus(state.usage)
    return used
