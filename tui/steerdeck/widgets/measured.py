"""How high the blocks of a roll are, and how much of it lies above the window.

Exact near what is seen and estimated far away: a long roll is never gone through whole, and most of
it was never read.
"""

from textual.strip import Strip

from steerdeck.widgets.blocks import Block, Draw, Place, Tall
from steerdeck.widgets.sources import about

_FAR = 20
"""Blocks between two places that are near each other."""
_EXACT = 60
"""Blocks up to this many lines are measured by wrapping, larger ones by their count of lines."""


class Measured:
    """Blocks with a window of a width on them, whose rows can be counted."""

    def __init__(self, draw: Draw, tall: Tall | None = None) -> None:
        """`tall` counts the rows of a line without drawing it; without it they are drawn."""
        self._draw = draw
        self._tall = tall
        self.blocks: list[Block] = []
        self._drawn: dict[tuple[str, int], tuple[object, list[Strip]]] = {}
        self._used: set[tuple[str, int]] = set()
        self._above: tuple[int, int] | None = None
        """Index of a block, and the rows above it as they were counted."""
        self._about = 0
        """Lines of all blocks, about."""
        self._deep = ("", 0, 0)
        self.top = Place(0, 0, 0)
        self.width, self.height = 80, 24

    def above(self) -> int:
        """How many rows lie above the window: exact near it, estimated far away."""
        top = self.top
        index, total = self._nearest(top.block)
        far = abs(top.block - index) > _FAR
        while index < top.block:
            total += self._height(index, not far)
            index += 1
        while index > top.block:
            index -= 1
            total -= self._height(index, not far)
        self._above = (index, max(0, total))
        if not self.blocks or top.line > _EXACT:
            return total + top.line + top.row
        return total + self._into(top) + top.row

    def _into(self, top: Place) -> int:
        """Rows of the top's block above its line, counted on from the last time."""
        id = self.blocks[top.block].id if top.block < len(self.blocks) else ""
        known, line, rows = self._deep
        if known != id or line > top.line:
            line, rows = 0, 0
        if top.line - line > _EXACT:
            rows, line = rows + top.line - line - _EXACT, top.line - _EXACT
        rows += sum(self._rows_of(top.block, each) for each in range(line, top.line))
        self._deep = (id, top.line, rows)
        return rows

    def _nearest(self, block: int) -> tuple[int, int]:
        """A block with the rows above it, from where the way to another one is shortest."""
        known = self._above or (0, 0)
        ends = ((0, 0), (len(self.blocks), self._about))
        if abs(block - known[0]) <= _FAR:
            return known if block else (0, 0)
        return min(known, *ends, key=lambda end: abs(block - end[0]))

    def _rows(self, block: int, line: int) -> list[Strip]:
        entry = self.blocks[block]
        key = (entry.id, line)
        item = entry.source.item(line)
        kept = self._drawn.get(key)
        if kept is None or kept[0] is not item:
            kept = self._drawn[key] = (item, self._draw(entry.source.line(line), *key))
        self._used.add(key)
        return kept[1]

    def _rows_of(self, block: int, line: int) -> int:
        """How many rows a line takes, which is asked of many that are never drawn."""
        if self._tall is None:
            return len(self._rows(block, line))
        return self._tall(self.blocks[block].source.line(line))

    def _height(self, index: int, exact: bool) -> int:
        block = self.blocks[index]
        if block.width == self.width:
            return block.rows
        if not exact:
            return about(block.source)
        count = len(block.source)
        if count > _EXACT:
            return count
        block.rows = sum(self._rows_of(index, line) for line in range(count))
        block.width = self.width
        return block.rows
