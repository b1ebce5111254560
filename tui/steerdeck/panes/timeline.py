"""The timeline: a row for each session, one each for you, calls, writes and errors.

What lies right of the playhead has not happened yet, so it is faint.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from steerdeck.glyphs import glyphs
from steerdeck.panes.tape import failed
from steerdeck.text import Line, Span, fit
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState
from steerdeck_themes.palettes import Token

NAMES = 14
_CELL = tuple[str, Token]


class Scale:
    """Time to columns: `width` cells from the first event to the last."""

    def __init__(self, events: Sequence[e.Event], width: int) -> None:
        self.first = events[0].at_ms if events else 0
        self.last = max((event.at_ms for event in events), default=0)
        self.width = max(1, width)

    def column(self, at_ms: int) -> int:
        span = max(1, self.last - self.first)
        return min(self.width - 1, max(0, (at_ms - self.first) * self.width // span))


class Timeline:
    """The rows of a recording at one width, read once; only the playhead moves over them."""

    def __init__(
        self, events: Sequence[e.Event], sessions: Sequence[SessionState], width: int, *, low: bool
    ) -> None:
        """`low` leaves out you, calls, writes and errors."""
        self._scale = scale = Scale(events, width - NAMES)
        self._lives: list[tuple[SessionId, str, list[_CELL]]] = []
        by_session: dict[SessionId, list[e.Event]] = {}
        for event in events:
            by_session.setdefault(event.session, []).append(event)
        for state in sessions:
            own = by_session.get(state.id, [])
            label = fit(f"{state.slot or ''} {one_line(state.name)}".strip(), NAMES - 2)
            self._lives.append((state.id, label, _life(own, scale)))
        g = glyphs()
        self._rows: list[tuple[str, list[_CELL]]] = []
        if not low:
            self._rows = [
                ("you", _marks(events, scale, g.you, "accent", _is_yours)),
                ("calls", _rate(events, scale)),
                ("writes", _marks(events, scale, g.write, "t2", _is_write)),
                ("errors", _marks(events, scale, g.failed, "failed", failed)),
            ]

    def at(self, now_ms: int, in_hand: SessionId) -> list[Line]:
        """All rows with the playhead at that time."""
        head = self._scale.column(now_ms)
        lines = [_axis(self._scale, head, now_ms)]
        for session, label, cells in self._lives:
            lines.append(_row(label, cells, head, "t0" if session == in_hand else "t2"))
        if self._rows:
            lines.append(Line())
        return [*lines, *[_row(label, cells, head) for label, cells in self._rows]]


def clock(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000).strftime("%H:%M:%S")


def _axis(scale: Scale, head: int, now_ms: int) -> Line:
    """The first and the last time, and between them the playhead's as a chip."""
    chip = f" {clock(now_ms)} "
    start = min(scale.width - len(chip), max(0, head - len(chip) // 2))
    first, last = clock(scale.first)[:5], clock(scale.last)[:5]
    text = list(" " * scale.width)
    if start > len(first) + 1:
        text[: len(first)] = first
    if start + len(chip) < scale.width - len(last) - 1:
        text[-len(last) :] = last
    left, right = "".join(text[:start]), "".join(text[start + len(chip) :])
    here = Span(chip, "ink", bold=True, bg="accent")
    spans = (Span(" " * NAMES), Span(left, "t2"), here, Span(right, "t3"))
    return Line(tuple(span for span in spans if span.text))


def _row(label: str, cells: list[_CELL], head: int, name: Token = "t2") -> Line:
    """One row with the playhead in it; equal cells are joined."""
    spans = [Span(label.ljust(NAMES), name, name == "t0")]
    shown = list(cells)
    for place in range(head + 1, len(shown)):
        shape, colour = shown[place]
        shown[place] = (shape, "line" if colour == "line" else "t3")
    shown[head] = (glyphs().column, "accent")
    start = 0
    for end in range(1, len(shown) + 1):
        if end == len(shown) or shown[end][1] != shown[start][1]:
            text = "".join(shape for shape, _ in shown[start:end])
            spans.append(Span(text, shown[start][1]))
            start = end
    return Line(tuple(spans))


def _life(events: Sequence[e.Event], scale: Scale) -> list[_CELL]:
    """Working, waiting for the developer, at rest; and how each turn ended."""
    g = glyphs()
    cells: list[_CELL] = [(g.hairline, "line")] * scale.width
    at, state = 0, "rest"
    marks: dict[int, _CELL] = {}
    for event in events:
        column = scale.column(event.at_ms)
        if state != "rest":
            colour: Token = "needs" if state == "waits" else "working"
            cells[at : column + 1] = [(g.meter, colour)] * (column + 1 - at)
        at = column
        match event:
            case e.TurnStarted() | e.SessionResumed():
                state = "works"
            case e.ApprovalRequested() | e.QuestionAsked() | e.CallLost() | e.SessionParked():
                state = "waits"
                marks[column] = (g.needs, "needs")
            case e.ApprovalDecided() | e.QuestionAnswered() | e.ApprovalExpired():
                state = "works"
            case e.TurnEnded():
                state = "rest"
                good = event.status == "completed"
                marks[column] = (g.done, "done") if good else (g.failed, "failed")
            case e.SessionArchived():
                state = "rest"
            case _:
                pass
    if state != "rest":
        colour = "needs" if state == "waits" else "working"
        cells[at:] = [(g.meter, colour)] * (scale.width - at)
    for column, mark in marks.items():
        cells[column] = mark
    return cells


def _marks(
    events: Sequence[e.Event],
    scale: Scale,
    shape: str,
    colour: Token,
    wanted: Callable[[e.Event], bool],
) -> list[_CELL]:
    cells: list[_CELL] = [(" ", "t3")] * scale.width
    for event in events:
        if wanted(event):
            cells[scale.column(event.at_ms)] = (shape, colour)
    return cells


def _is_yours(event: e.Event) -> bool:
    return isinstance(event, e.MessageSent | e.ApprovalDecided | e.QuestionAnswered)


def _is_write(event: e.Event) -> bool:
    return isinstance(event, e.FilesChanged | e.FilesRestored)


def _rate(events: Sequence[e.Event], scale: Scale) -> list[_CELL]:
    counts = [0] * scale.width
    for event in events:
        if isinstance(event, e.CallStarted):
            counts[scale.column(event.at_ms)] += 1
    most = max(counts, default=0)
    steps = glyphs().rate
    return [
        (steps[(count * (len(steps) - 1) + most - 1) // most], "t2") if count else (" ", "t3")
        for count in counts
    ]
