"""From a `Line` to strips of an exact width, in the palette of `INK`.

The only place where tokens become styles: margin, gutter, text, gap, right side, margin. Every row
has a background on every cell, so a strip goes to the compositor as it is.
"""

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from steerdeck.glyphs import drawn, glyphs
from steerdeck.output.sanitise import clean
from steerdeck.text import Line, Span, breaks, cut_spans, slice_spans, width_of
from steerdeck.widgets.tables import TableRow, laid
from steerdeck_themes.ink import INK
from steerdeck_themes.palettes import Token

GAP = 2
"""Cells kept free between the words of a row and its measured things."""


def blank(width: int, ground: Token) -> Strip:
    """An empty row."""
    return Strip([Segment(" " * width, INK.style("t1", ground))], width)


@lru_cache(256)
def _linked(target: str) -> Style:
    return Style(link=target)


class _Pen:
    """Writes the segments of one row and knows how many cells are used."""

    __slots__ = ("segments", "used")

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.used = 0

    def write(self, span: Span, ground: Token) -> None:
        text = drawn(clean(span.text))
        if text:
            style = INK.style(span.fg, span.bg or ground, span.bold, span.italic, span.underline)
            if span.id:
                style += Style(meta={"id": span.id})
            if span.link:
                style += _linked(span.link)
            self.segments.append(Segment(text, style))
            self.used += width_of(text)

    def move(self, cell: int, ground: Token, id: str = "") -> None:
        """Fill with the ground up to a cell; nothing when the pen is there already."""
        if cell > self.used:
            style = INK.style("t1", ground)
            if id:
                style += Style(meta={"id": id})
            self.segments.append(Segment(" " * (cell - self.used), style))
            self.used = cell


def strips(line: Line, width: int, ground: Token = "s1", margin: int = 2) -> list[Strip]:
    """The rows of a line, each exactly `width` cells; more than one only where it wraps."""
    room = max(1, width - 2 * margin - line.indent)
    if isinstance(line, TableRow):
        return [strip for row in laid(line, room) for strip in strips(row, width, ground, margin)]
    right = cut_spans(line.right, room) if line.right else ()
    taken = sum(width_of(span.text) for span in right)
    words = max(0, room - taken - GAP) if taken else room
    parts = _wrapped(line, words, room) if line.wrap else [cut_spans(line.spans, words)]
    rows: list[Strip] = []
    for index, part in enumerate(parts):
        pen = _Pen()
        _lead(pen, line, index, ground, margin)
        inner: Token = line.bg or ground
        for span in part:
            pen.write(span, inner)
        if line.tail is not None and index == len(parts) - 1:
            pen.write(line.tail, inner)
        if index == 0:
            edge = width - margin - taken
            if line.fill is not None:
                _fill(pen, line.fill, margin + line.indent, edge - bool(right), inner)
            pen.move(edge, inner, _between(line))
            for span in right:
                pen.write(span, inner)
        pen.move(width - margin, inner)
        pen.move(width, inner if line.bleed else ground)
        row = Strip(pen.segments, pen.used)
        rows.append(row if pen.used == width else row.crop(0, width))
    return rows


def _between(line: Line) -> str:
    """What a click between the words and the right side of a row opens, where both open it."""
    if not line.right or not line.spans or not line.spans[-1].id.startswith("open:"):
        return ""
    return line.spans[-1].id if line.right[0].id == line.spans[-1].id else ""


def parts_of(line: Line, width: int, margin: int = 2) -> list[tuple[int, int, int]]:
    """What of a line's text stands in each of its rows: start, end, and the cell it begins at."""
    left = margin + line.indent
    text = text_of(line)
    if isinstance(line, TableRow) or not line.wrap or not text:
        return [(0, len(text), left)]
    room = max(1, width - 2 * margin - line.indent)
    right = cut_spans(line.right, room) if line.right else ()
    taken = sum(width_of(span.text) for span in right)
    cuts = breaks(text, room - line.hang, max(0, room - taken - GAP) if taken else room)
    return [(start, end, left + line.hang * bool(row)) for row, (start, end) in enumerate(cuts)]


def rows_of(line: Line, width: int, margin: int = 2) -> int:
    """How many rows a line takes, for a tenth of what it costs to draw them."""
    if isinstance(line, TableRow):
        return len(laid(line, max(1, width - 2 * margin - line.indent)))
    return len(parts_of(line, width, margin)) if line.wrap else 1


def text_of(line: Line) -> str:
    """The words of a line, without what stands at its right."""
    return "".join(span.text for span in line.spans)


def _wrapped(line: Line, first: int, room: int) -> list[tuple[Span, ...]]:
    text = "".join(span.text for span in line.spans)
    cuts = breaks(text, room - line.hang, first)
    return [slice_spans(line.spans, start, end) for start, end in cuts] if text else [()]


def _lead(pen: _Pen, line: Line, index: int, ground: Token, margin: int) -> None:
    """The left of a row up to its text: bar, margin, gutter, indent."""
    inner: Token = line.bg or ground
    outer: Token = inner if line.bleed else ground
    bar, column = glyphs().bar, glyphs().column
    if line.bar is not None and margin:
        pen.write(Span(bar, line.bar), outer)
    pen.move(margin, outer)
    gutter = line.gutter
    if gutter is not None and (index == 0 or gutter.text in (bar, column)):
        pen.write(gutter, inner)
    pen.move(margin + line.indent + (line.hang if index else 0), inner)


def _fill(pen: _Pen, fill: Span, start: int, end: int, ground: Token) -> None:
    """Repeat a character up to the right side, a cell away from the words."""
    if pen.used > start:
        pen.move(pen.used + 1, ground)
    pen.write(Span(fill.text * (end - pen.used), fill.fg), ground)


def id_at(strip: Strip, x: int) -> str:
    """The id of the clickable span at cell `x` of a drawn row, or an empty text."""
    at = 0
    for segment in strip:
        at += segment.cell_length
        if x < at:
            return str(segment.style.meta.get("id", "")) if segment.style else ""
    return ""
