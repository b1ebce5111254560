"""A line in two halves: what was on the left, what is on the right, a thin line between.

Each half is a line of its own; where one wraps into more rows, the other is filled with ground.
"""

from rich.segment import Segment
from textual.strip import Strip

from steerdeck.glyphs import glyphs
from steerdeck.text import BLANK, Line
from steerdeck.widgets.strips import blank, strips
from steerdeck_themes.ink import INK
from steerdeck_themes.palettes import Token


class Sides(Line, frozen=True):
    """Two lines beside each other; what `Line` has besides is not looked at."""

    old: Line = BLANK
    new: Line = BLANK


def halves(width: int) -> tuple[int, int]:
    """Cells of the left and of the right half, without the one between."""
    left = max(1, (width - 1) // 2)
    return left, max(1, width - 1 - left)


def side_by_side(line: Sides, width: int, ground: Token = "s1", margin: int = 1) -> list[Strip]:
    """The rows of both halves, each exactly `width` cells."""
    left, right = halves(width)
    one = strips(line.old, left, ground, margin)
    other = strips(line.new, right, ground, margin)
    high = max(len(one), len(other))
    one += [blank(left, ground)] * (high - len(one))
    other += [blank(right, ground)] * (high - len(other))
    between = Strip([_column(ground)], 1)
    return [
        Strip.join([mine, between, yours]) for mine, yours in zip(one, other, strict=True)
    ]  # fmt: skip


def _column(ground: Token) -> Segment:
    return Segment(glyphs().column, INK.style("line", ground))
