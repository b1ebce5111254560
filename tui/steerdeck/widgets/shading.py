"""Parts of a line drawn in another style: what a search found, what is marked, where the caret is.

The words stay as they are, so a line breaks into the same rows as before.
"""

import re
from collections.abc import Callable, Sequence

import msgspec

from steerdeck.text import Line, Span
from steerdeck.widgets.strips import text_of
from steerdeck.widgets.tables import Cell, TableRow

Restyle = Callable[[Span], Span]


def restyled(spans: Cell, ranges: Sequence[tuple[int, int]], style: Restyle) -> Cell:
    """The spans with parts of their joined text in another style; ranges go up and stay apart."""
    made: list[Span] = []
    at = 0
    for span in spans:
        end = at + len(span.text)
        start = at
        for first, last in ranges:
            if last <= start or first >= end:
                continue
            if first > start:
                made.append(_part(span, start - at, first - at))
            made.append(style(_part(span, max(first, start) - at, min(last, end) - at)))
            start = min(last, end)
        if start < end:
            made.append(_part(span, start - at, end - at))
        at = end
    return tuple(made)


def _part(span: Span, start: int, end: int) -> Span:
    return msgspec.structs.replace(span, text=span.text[start:end])


def lit(line: Line, pattern: re.Pattern[str]) -> Line:
    """The line with what a search found in accent."""

    def shine(span: Span) -> Span:
        return msgspec.structs.replace(span, fg="accent", bold=True)

    def found(spans: Cell) -> Cell:
        text = "".join(span.text for span in spans)
        ranges = [match.span() for match in pattern.finditer(text) if match.end() > match.start()]
        return restyled(spans, ranges, shine) if ranges else spans

    if isinstance(line, TableRow):
        return msgspec.structs.replace(line, cells=tuple(map(found, line.cells)))
    return msgspec.structs.replace(line, spans=found(line.spans))


def shaded(line: Line, start: int, end: int) -> Line:
    """The line with a part of it marked; of a table whole rows are."""

    def mark(span: Span) -> Span:
        return msgspec.structs.replace(span, bg="s3")

    if isinstance(line, TableRow):
        cells = tuple(tuple(map(mark, cell)) for cell in line.cells)
        return msgspec.structs.replace(line, cells=cells)
    if not text_of(line):
        return msgspec.structs.replace(line, spans=(Span(" ", bg="s3"),))
    return msgspec.structs.replace(line, spans=restyled(line.spans, [(start, end)], mark))


def with_caret(line: Line, at: int) -> Line:
    """The line with the caret on the character at an index, or after its last one."""

    def stand(span: Span) -> Span:
        return msgspec.structs.replace(span, fg="ink", bg="accent")

    text = text_of(line)
    if isinstance(line, TableRow):
        cells = ((*line.cells[0][:-1], *map(stand, line.cells[0][-1:])), *line.cells[1:])
        return msgspec.structs.replace(line, cells=cells)
    if at >= len(text):
        return msgspec.structs.replace(line, spans=(*line.spans, stand(Span(" "))))
    return msgspec.structs.replace(line, spans=restyled(line.spans, [(at, at + 1)], stand))
