"""A table of prose: columns as wide as what stands in them, narrower where there is no room.

A row knows all columns' widths, so rows can be drawn alone; how wide the window is only becomes
known when it is drawn, so the layout is made there.
"""

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Literal

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.text import Line, Span, breaks, slice_spans, width_of

Align = Literal["left", "right", "centre"]
Cell = tuple[Span, ...]

_GAP = 2
_LEAST = 6
"""A column is not made narrower than this; what does not fit then is written as one line."""
_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")


class TableRow(Line, frozen=True, gc=False):
    """One row of a table; `widths` are those of the whole table's columns."""

    cells: tuple[Cell, ...] = ()
    widths: tuple[int, ...] = ()
    aligns: tuple[Align, ...] = ()
    rule: bool = False


def split(text: str) -> list[str]:
    """The cells of a row as they were written; a bar in code or behind a backslash is text."""
    cells, cell, code = [], "", False
    inner = text.strip()
    inner = inner[1:] if inner.startswith("|") else inner
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    before = ""
    for letter in inner:
        if letter == "|" and not code and before != "\\":
            cells.append(cell)
            cell = ""
        elif letter == "|" and before == "\\":
            cell = cell[:-1] + "|"
        else:
            code = code != (letter == "`")
            cell += letter
        before = letter
    return [one.strip() for one in (*cells, cell)]


def aligns(text: str) -> tuple[Align, ...]:
    """What the row of dashes below the head says; empty when it is none."""
    if "|" not in text or not _RULE.fullmatch(text):
        return ()
    found: list[Align] = []
    for dashes in split(text):
        right, left = dashes.endswith(":"), dashes.startswith(":")
        found.append("centre" if left and right else "right" if right else "left")
    return tuple(found)


def wide(cell: Cell) -> int:
    return sum(width_of(span.text) for span in cell)


def table_row(
    cells: Sequence[Cell], widths: tuple[int, ...], aligns: tuple[Align, ...], indent: int
) -> TableRow:
    """A row; missing cells are empty, more than the table has columns are left out."""
    filled = tuple(cells[: len(aligns)]) + ((),) * (len(aligns) - len(cells))
    joined: list[Span] = []
    for cell in filled:
        joined += [Span("  "), *cell] if joined else cell
    return TableRow(tuple(joined), indent=indent, cells=filled, widths=widths, aligns=aligns)


def laid(row: TableRow, room: int) -> list[Line]:
    """The rows of the screen that a row takes in so many cells."""
    widths = _fitting(row.widths, room - _GAP * (len(row.widths) - 1))
    plain = {name: getattr(row, name) for name in Line.__struct_fields__}
    if widths is None:
        return [Line(**{**plain, "wrap": True, "hang": 2})]
    if row.rule:
        dashes = (Span(glyphs().hairline * width, "line") for width in widths)
        return [Line(**{**plain, "spans": _joined(tuple((one,) for one in dashes))})]
    columns = [_wrapped(cell, width) for cell, width in zip(row.cells, widths, strict=True)]
    made = []
    for parts in zip_longest(*columns, fillvalue=()):
        padded = tuple(
            _padded(part, width, align)
            for part, width, align in zip(parts, widths, row.aligns, strict=True)
        )
        made.append(Line(**{**plain, "spans": _joined(padded)}))
    return made


def _fitting(widths: tuple[int, ...], room: int) -> list[int] | None:
    """The columns' widths in `room` cells, the widest made narrower first; None for no room."""
    fitting = list(widths)
    while sum(fitting) > room:
        widest = max(fitting)
        if widest <= _LEAST:
            return None
        at = fitting.index(widest)
        second = max((one for one in fitting if one < widest), default=_LEAST)
        fitting[at] = max(second, widest - (sum(fitting) - room), _LEAST)
    return fitting


def _wrapped(cell: Cell, width: int) -> list[Cell]:
    text = "".join(span.text for span in cell)
    return [slice_spans(cell, start, end) for start, end in breaks(text, width)]


def _padded(part: Cell, width: int, align: Align) -> Cell:
    free = max(0, width - wide(part))
    left = free if align == "right" else free // 2 if align == "centre" else 0
    spans = (*((Span(" " * left),) if left else ()), *part)
    return (*spans, Span(" " * (free - left))) if free - left else spans


def _joined(cells: Sequence[Cell]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for cell in cells:
        joined += [Span(" " * _GAP), *cell] if joined else cell
    return tuple(joined)


def widened(row: TableRow, widths: tuple[int, ...]) -> TableRow:
    """The same row of a table that has become wider."""
    return msgspec.structs.replace(row, widths=widths)
