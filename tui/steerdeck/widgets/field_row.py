"""One row of a text under edit as it is drawn: the caret, chips as raised marks, what may be said.

Whoever edits keeps the text; nothing here knows more of it than the row it is given.
"""

from typing import NamedTuple

from textual.strip import Strip

from steerdeck.text import Line, Span, fit, width_of
from steerdeck.widgets.chips import labels
from steerdeck.widgets.strips import strips
from steerdeck_themes.palettes import Token

INDENT = 2
"""Cells before the text of each row, where the first has its mark."""


class Field(NamedTuple):
    """What a row stands in."""

    width: int
    margin: int
    ground: Token
    focus: bool


def field_row(shown: str, field: Field, *, column: int | None, mark: str, hint: str) -> Strip:
    """A row of drawn text.

    `column` is the caret's in cells, where it is in this row; `hint` stands behind it while nothing
    is written; `mark` before the first row.
    """
    fg: Token = "t0" if field.focus else "t1"
    spans = _spans(shown, fg)
    if field.focus and column is not None:
        left = 0
        while left < len(shown) and width_of(shown[: left + 1]) <= column:
            left += 1
        under = shown[left : left + 1] or " "
        spans = (
            *_spans(shown[:left], fg),
            Span(under, "ink", bg="accent"),
            *_spans(shown[left + 1 :], fg),
        )
    if hint:
        room = field.width - 2 * field.margin - INDENT - 2
        spans = (*spans, Span((" " if field.focus else "") + fit(hint, room), "t3"))
    lead = Span(mark, "accent" if field.focus else "t3") if mark else None
    bar: Token | None = "accent" if field.focus else None
    line = Line(spans, gutter=lead, indent=INDENT, bar=bar)
    return strips(line, field.width, field.ground, field.margin)[0]


def _spans(shown: str, fg: Token) -> tuple[Span, ...]:
    """The drawn text, labels of chips as raised marks."""
    spans: list[Span] = []
    at = 0
    for start, end in labels(shown):
        spans += [Span(shown[at:start], fg), Span(shown[start:end], fg, bg="s3")]
        at = end
    return (*spans, Span(shown[at:], fg))
