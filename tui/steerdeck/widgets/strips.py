"""From a `Line` to strips of an exact width, in the palette of `INK`.

The only place where tokens become styles: margin, gutter, text, gap, right side, margin. Every row
has a background on every cell, so a strip goes to the compositor as it is.
"""

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from steerdeck.glyphs import glyphs
from steerdeck.output.sanitise import clean
from steerdeck.text import Line, Span, breaks, cut_spans, slice_spans, width_of
from steerdeck_themes.ink import INK
from steerdeck_themes.palettes import Token

GAP = 2
"""Cells kept free between the words of a row and its measured things."""


def blank(width: int, ground: Token) -> Strip:
    """An empty row."""
    return Strip([Segment(" " * width, INK.style("t1", ground))], width)


def strips(line: Line, width: int, ground: Token = "s1", margin: int = 2) -> list[Strip]:
    """The rows of a line, each exactly `width` cells; more than one only where it wraps."""
    room = max(1, width - 2 * margin - line.indent)
    right = cut_spans(line.right, room) if line.right else ()
    taken = sum(width_of(span.text) for span in right)
    words = room - taken - GAP if taken else room
    if not line.wrap:
        parts = [cut_spans(line.spans, max(0, words))]
    else:
        parts = _wrapped(line, max(1, words), room)
    return [
        _row(line, part, right if index == 0 else (), index, width, ground, margin)
        for index, part in enumerate(parts)
    ]


def _wrapped(line: Line, first: int, room: int) -> list[tuple[Span, ...]]:
    text = "".join(span.text for span in line.spans)
    cuts = breaks(text, max(1, room - line.hang), first)
    return [slice_spans(line.spans, start, end) for start, end in cuts] if text else [()]


def _row(
    line: Line,
    part: tuple[Span, ...],
    right: tuple[Span, ...],
    index: int,
    width: int,
    ground: Token,
    margin: int,
) -> Strip:
    inner: Token = line.bg or ground
    outer: Token = inner if line.bleed else ground
    segments: list[Segment] = []
    used = 0

    def put(text: str, style_of: Span | None, bg: Token) -> None:
        nonlocal used
        if not text:
            return
        if style_of is None:
            style = INK.style("t1", bg)
        else:
            style = INK.style(
                style_of.fg,
                style_of.bg or bg,
                style_of.bold,
                style_of.italic,
                style_of.underline,
            )
            if style_of.id:
                style += Style(meta={"id": style_of.id})
        segments.append(Segment(clean(text), style))
        used += width_of(text)

    if line.bar is not None and margin:
        put(glyphs().bar, Span("", line.bar), outer)
    put(" " * (margin - used), None, outer)
    repeats = line.gutter is not None and line.gutter.text == glyphs().bar
    if line.gutter is not None and (index == 0 or repeats):
        put(line.gutter.text, line.gutter, inner)
    put(" " * (margin + line.indent + (line.hang if index else 0) - used), None, inner)
    for span in part:
        put(span.text, span, inner)
    gap = width - margin - sum(width_of(span.text) for span in right) - used
    if line.fill is not None and index == 0:
        if used > margin + line.indent:
            put(" ", None, inner)
            gap -= 1
        stop = 1 if right else 0
        put(line.fill.text * (gap - stop), line.fill, inner)
        gap = stop
    put(" " * gap, None, inner)
    for span in right:
        put(span.text, span, inner)
    put(" " * (width - used), None, outer)
    strip = Strip(segments, used)
    return strip if used == width else strip.crop(0, width)


def id_at(strip: Strip, x: int) -> str:
    """The id of the clickable span at cell `x` of a drawn row, or an empty text."""
    at = 0
    for segment in strip:
        at += segment.cell_length
        if x < at:
            return str(segment.style.meta.get("id", "")) if segment.style else ""
    return ""
