"""The timeline: a row for each session, one each for you, calls, writes and errors.

What lies right of the playhead has not happened yet, so it is faint.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from steerdeck.glyphs import glyphs
from steerdeck.text import Line, Span, fit
from steerdeck_agents.facts import course as c
from steerdeck_agents.facts.course import Course
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState
from steerdeck_themes.palettes import Token

NAMES = 14
_CELL = tuple[str, Token]
_Marked = tuple[int, SessionId, int]
"""Time, session and marks of an event."""


class Scale:
    """Time to columns: `width` cells from the first event to the last."""

    def __init__(self, course: Course, width: int) -> None:
        self.first = course.times[0] if len(course) else 0
        self.last = max(course.times, default=0)
        self.width = max(1, width)

    def column(self, at_ms: int) -> int:
        span = max(1, self.last - self.first)
        return min(self.width - 1, max(0, (at_ms - self.first) * self.width // span))

    def time(self, column: int) -> int:
        """The middle of what a column stands for."""
        span = max(1, self.last - self.first)
        return self.first + (2 * column + 1) * span // (2 * self.width)


class Timeline:
    """The rows of a recording at one width, read once; only the playhead moves over them."""

    def __init__(
        self, course: Course, sessions: Sequence[SessionState], width: int, *, low: bool
    ) -> None:
        """`low` leaves out you, calls, writes and errors."""
        self._scale = scale = Scale(course, width - NAMES)
        self._lives: list[tuple[SessionId, str, list[_CELL]]] = []
        marked = list(course.marked())
        by_session: dict[SessionId, list[_Marked]] = {}
        for one in marked:
            by_session.setdefault(one[1], []).append(one)
        for state in sessions:
            own = by_session.get(state.id, [])
            label = fit(f"{state.slot or ''} {one_line(state.name)}".strip(), NAMES - 2)
            self._lives.append((state.id, label, _life(own, scale)))
        g = glyphs()
        self._rows: list[tuple[str, list[_CELL]]] = []
        if not low:
            self._rows = [
                ("you", _marks(marked, scale, g.you, "accent", c.YOURS)),
                ("calls", _rate(marked, scale)),
                ("writes", _marks(marked, scale, g.write, "t2", c.WRITES)),
                ("errors", _marks(marked, scale, g.failed, "failed", c.FAILED)),
            ]

    def time_at(self, column: int) -> int | None:
        """The time below a column of the rows; None beside them, where the names are."""
        place = column - NAMES
        return self._scale.time(place) if 0 <= place < self._scale.width else None

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


def _life(marked: Iterable[_Marked], scale: Scale) -> list[_CELL]:
    """Working, waiting for the developer, at rest; and how each turn ended."""
    g = glyphs()
    cells: list[_CELL] = [(g.hairline, "line")] * scale.width
    at, state = 0, c.RESTS
    signs: dict[int, _CELL] = {}
    for at_ms, _, marks in marked:
        column = scale.column(at_ms)
        if state != c.RESTS:
            cells[at : column + 1] = [_lived(state)] * (column + 1 - at)
        at = column
        state = marks & (c.WORKS | c.WAITS | c.RESTS) or state
        if marks & c.WAITS:
            signs[column] = (g.needs, "needs")
        if marks & c.ENDED:
            signs[column] = (g.done, "done") if marks & c.COMPLETED else (g.failed, "failed")
    if state != c.RESTS:
        cells[at:] = [_lived(state)] * (scale.width - at)
    for column, sign in signs.items():
        cells[column] = sign
    return cells


def _lived(state: int) -> _CELL:
    return glyphs().meter, "needs" if state == c.WAITS else "working"


def _marks(
    marked: Iterable[_Marked], scale: Scale, shape: str, colour: Token, wanted: int
) -> list[_CELL]:
    cells: list[_CELL] = [(" ", "t3")] * scale.width
    for at_ms, _, marks in marked:
        if marks & wanted:
            cells[scale.column(at_ms)] = (shape, colour)
    return cells


def _rate(marked: Iterable[_Marked], scale: Scale) -> list[_CELL]:
    counts = [0] * scale.width
    for at_ms, _, marks in marked:
        if marks & c.CALLS:
            counts[scale.column(at_ms)] += 1
    most = max(counts, default=0)
    steps = glyphs().rate
    return [
        (steps[(count * (len(steps) - 1) + most - 1) // most], "t2") if count else (" ", "t3")
        for count in counts
    ]
