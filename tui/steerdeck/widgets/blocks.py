"""What a roll is made of: blocks, the places in them, and rows of a window."""

from collections.abc import Callable
from typing import NamedTuple

from textual.strip import Strip

from steerdeck.text import Line
from steerdeck.widgets.sources import Source

Draw = Callable[[Line, str, int], list[Strip]]
"""Draws one line of a block: the line, the block's id, the line's index; at least one row."""
Tall = Callable[[Line], int]
"""How many rows a line is drawn in."""


class Block:
    """One entry of the roll; `rows` is its height once it was measured at `width`."""

    __slots__ = ("id", "rows", "source", "width")

    def __init__(self, id: str, source: Source) -> None:
        self.id = id
        self.source = source
        self.rows = 0
        self.width = 0


class Place(NamedTuple):
    """A row: index of the block, of the line in it, of the row the line wraps into."""

    block: int
    line: int
    row: int


class Row(NamedTuple):
    """One row of the window and where it comes from."""

    strip: Strip
    block: str
    line: int
