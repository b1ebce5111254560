"""The first row of a screen: where we are, what states there are, and what it costs.

Nothing is shown that is zero, and no percentage that nobody measured.
"""

from steerdeck.glyphs import glyphs
from steerdeck.hosts.stands import absent
from steerdeck.model import DeckModel
from steerdeck.output.pacing import Reading
from steerdeck.panes.marks import WAITS, mark_of
from steerdeck.panes.waits import resting
from steerdeck.text import Line, Span, clock, dollars, foreign, tokens, width_of
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import folder_name
from steerdeck_agents.facts.state import SessionState, Status
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.runtime.wire import GaugeLine

_ORDER: tuple[Status, ...] = (
    "needs_you", "asks", "unknown", "parked", "working", "failed", "done", "interrupted", "paused",
)  # fmt: skip


_MARGIN = 2
_METER = 8
"""A provider that takes more requests at once is shown by numbers alone."""


def header(model: DeckModel, width: int, now: int = 0) -> Line:
    """Repository, branch and states left; what waits at providers, tokens, money, sandbox right."""
    right = [] if width >= 100 else states(model, only_waiting=True)
    right += gauges(model, width, now)
    right += measured(model, width)
    left = [*place(model), *(states(model) if width >= 100 else ())]
    if _long(left) + _long(right) + 2 * _MARGIN > width >= 100:
        left = [*place(model), *states(model, words=False)]
    return Line(tuple(left), tuple(right))


def place(model: DeckModel) -> list[Span]:
    """The repository in bold, its branch, and how far it is ahead and behind."""
    look, spans = model.outlook, hosts(model)
    if len(model.hosts) > 1:
        return [*spans, Span("    ")]
    if not look.repository:
        return [*spans, Span("steerdeck", "t0", bold=True), Span("    ")]
    name = folder_name(look.repository)
    spans += [foreign(name, "t0", bold=True), foreign(f"  {look.branch or look.head[:8]}", "t2")]
    if look.ahead:
        spans.append(Span(f" {glyphs().above}{look.ahead}", "t2"))
    if look.behind:
        spans.append(Span(f" {glyphs().below}{look.behind}", "t2"))
    return [*spans, Span("    ")]


def hosts(model: DeckModel) -> list[Span]:
    """The machines whose sessions these are, those that are not attached in red."""
    spans: list[Span] = []
    for one in model.hosts:
        shape = "" if one.attached else f"{glyphs().failed} "
        spans.append(foreign(f"{shape}{one.called}", "t0" if one.attached else "failed", bold=True))
        spans.append(Span("  ", "t2"))
    return spans


def _long(spans: list[Span]) -> int:
    return sum(width_of(span.text) for span in spans)


def states(model: DeckModel, *, only_waiting: bool = False, words: bool = True) -> list[Span]:
    """How many sessions are in each state, what needs the developer first.

    Without `words` only what needs the developer has one.
    """
    counts = model.counts()
    spans: list[Span] = []
    for status in _ORDER:
        rest = status == "parked" and all(resting(s) for s in _parked(model))
        waits = status in WAITS and not rest
        if not counts.get(status) or (only_waiting and not waits):
            continue
        mark = mark_of(status)
        word = mark.word
        if counts[status] > 1 and word.startswith("needs "):
            word = word.replace("needs", "need", 1)
        told = f"{counts[status]} {word}" if words or waits else str(counts[status])
        opens = "do:inbox" if waits else ""
        count = Span(told, mark.colour if waits else "t1", waits, id=opens)
        shape = Span(f"{mark.shape} ", "t1" if rest else mark.colour, id=opens)
        spans += [shape, count, Span("   ")]
    return spans


def _parked(model: DeckModel) -> list[SessionState]:
    return [state for state in model.sessions() if state.status == "parked"]


def gauges(model: DeckModel, width: int, now: int) -> list[Span]:
    """Providers at which requests wait: how many are at work of how many at once, and the line."""
    spans: list[Span] = []
    for gauge in model.gauges:
        cooling = (gauge.cooling_until_ms or 0) > now
        if not gauge.waiting and not cooling:
            continue
        if width >= 140:
            spans.append(foreign(f"{one_line(gauge.model, 20)} ", "t2"))
        if width >= 160 and gauge.window <= _METER:
            spans += _meter(gauge)
        elif width >= 100:
            spans.append(Span(f"{gauge.in_flight}/{gauge.window} ", "t2"))
        words = [f"{gauge.waiting} in line"] if gauge.waiting else []
        if cooling and gauge.cooling_until_ms is not None:
            words.append(f"rests {clock(gauge.cooling_until_ms - now)}")
        spans += [Span(", ".join(words), "t1"), Span("   ")]
    return spans


def _meter(gauge: GaugeLine) -> list[Span]:
    """A cell for each request the provider is given at once, those at work in their colour."""
    cell = glyphs().write
    left = max(0, gauge.window - gauge.in_flight)
    return [
        Span(cell * min(gauge.window, gauge.in_flight), "working"),
        Span(cell * left, "line"),
        Span(" "),
    ]


def measured(model: DeckModel, width: int) -> list[Span]:
    """What was used, and how commands are confined; the sandbox never leaves the header."""
    used = total(model)
    spans = line(model.line, width)
    if width >= 140 and used.tokens:
        spans += [Span(f"{tokens(used.tokens)} tok", "t1"), Span("   ")]
        if used.cached and used.input:
            spans += [Span(f"{used.cached * 100 // used.input}% cached", "t2"), Span("   ")]
    if used.priced:
        spans += [Span(dollars(used.dollars), "t1"), Span("   ")]
    if model.lost or absent(model.hosts):
        spans += [Span("not attached", "failed", bold=True), Span("   ")]
    if model.storage.problem:
        spans += [Span("NOTHING CAN BE KEPT", "failed", bold=True), Span("   ")]
    elif model.storage.read_only:
        spans += [Span("READ ONLY", "failed", bold=True), Span("   ")]
    return [*spans, *sandbox(model.outlook.sandbox)]


def line(reading: Reading, width: int) -> list[Span]:
    """How the deck is drawn and what was measured of the line; nothing on this machine."""
    if reading.pace == "local" and not reading.by_hand:
        return []
    words = f"{reading.pace} by hand" if reading.by_hand and width >= 100 else reading.pace
    if reading.trip_ms and width >= 80:
        words += f" {reading.trip_ms} ms"
    if reading.rate_kb and width >= 120:
        words += f" {reading.rate_kb:g} kB/s"
    return [Span(words, "t1" if reading.pace == "lean" else "t2", id="do:pace"), Span("   ")]


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
