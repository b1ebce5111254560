"""A long roll of lines and the window that is seen of it; no widget, only positions and rows.

Blocks are kept as they came, by id; rows exist for what the window shows and little more, so a
hundred thousand lines cost their text and nothing else. The window sticks to the end only while it
is at the end; elsewhere the first row that is seen stays where it is.
"""

from bisect import bisect_left
from collections.abc import Collection, Sequence

from steerdeck.widgets.blocks import Block, Draw, Place, Row, Tall
from steerdeck.widgets.measured import Measured
from steerdeck.widgets.sources import Later, Source, about


class Roll(Measured):
    """Blocks in order and a window of `width` × `height` cells on them."""

    def __init__(self, draw: Draw, tall: Tall | None = None) -> None:
        """`tall` counts the rows of a line without drawing it; without it they are drawn."""
        super().__init__(draw, tall)
        self._index: dict[str, int] = {}
        self._kept: list[Row] = []
        self._lines: list[tuple[int, int, int]] = []
        self._stale: tuple[int, int] | None = (0, 0)
        self._slack = 0
        self._reserve = 0
        self._marked = 0
        self.led = 0
        """Rows shown before the top, in the place of the mark's gap: the top has one of its own."""
        self.hidden = 0
        """Rows at the end of the window that a mark lies over."""
        self.jump = 1
        self.follows = True
        self.at_tail = True
        self.unseen = 0

    # What the roll holds

    def put(self, id: str, source: Source, *, news: bool = True) -> None:
        """Add the block at the end, or replace the one of that id where it stands.

        Without `news` its lines are none that came: its reader asked to see them.
        """
        index = self._index.get(id)
        if index is None:
            self._index[id] = len(self.blocks)
            self.blocks.append(Block(id, source))
            self._about += about(source)
            if not self.at_tail:
                self.unseen += len(source)
            self._from(len(self.blocks) - 1, 0)
            return
        if news and not self.at_tail:
            self.unseen += max(0, len(source) - len(self.blocks[index].source))
        self._about += about(source) - about(self.blocks[index].source)
        self.blocks[index] = Block(id, source)
        self._touched(index)
        self._from(index, 0)

    def grown(self, id: str, line: int = 0, more: int = 0) -> None:
        """The source of the block has changed by itself, from that line on, by `more` lines."""
        index = self._index[id]
        self._about += more
        self.unseen += 0 if self.at_tail else more
        self.blocks[index].width = 0
        if self._above is not None and index < self._above[0]:
            self._above = None
        self._from(index, line)

    def prepend(self, entries: Sequence[tuple[str, Source]]) -> None:
        """Add older blocks before all others; what is seen stays where it is."""
        new = [Block(id, source) for id, source in entries if id not in self._index]
        self.blocks[:0] = new
        known = self._above
        self._reindex()
        more = sum(about(block.source) for block in new)
        self._about += more
        if known is not None:
            # Counting all of a long roll again would cost more than all that came.
            self._above = (known[0] + len(new), known[1] + more)
        self._slack = 0
        if not self.at_tail:
            self.top = self.top._replace(block=self.top.block + len(new))

    def drop(self, ids: Collection[str]) -> None:
        """Take blocks away, and no other is moved; one that is not there is no error."""
        gone = {self._index[id] for id in ids if id in self._index}
        if not gone:
            return
        self._about -= sum(about(self.blocks[index].source) for index in gone)
        self.blocks[:] = [block for n, block in enumerate(self.blocks) if n not in gone]
        self._reindex()
        index = self.top.block - sum(one < self.top.block for one in gone)
        self.top = Place(index, 0, 0) if self.top.block in gone else self.top._replace(block=index)

    def sink(self, ids: Sequence[str]) -> None:
        """Put these blocks at the end, in this order; the row that is read stays where it is."""
        order = [id for id in ids if id in self._index]
        if not order or [block.id for block in self.blocks[-len(order) :]] == order:
            return
        seen = self.blocks[self.top.block].id if self.top.block < len(self.blocks) else ""
        moved = [self.blocks[self._index[id]] for id in order]
        first, sunk = min(self._index[id] for id in order), frozenset(order)
        self.blocks[first:] = [*(b for b in self.blocks[first:] if b.id not in sunk), *moved]
        self._index |= {block.id: first + n for n, block in enumerate(self.blocks[first:])}
        if seen:
            self.top = self.top._replace(block=self._index[seen])
        self._touched(first)
        self._from(first, 0)

    def clear(self) -> None:
        self.blocks.clear()
        self._about = 0
        self._reindex()
        self._slack = 0
        self.top, self.at_tail, self.unseen = Place(0, 0, 0), True, 0

    def beside(self, id: str, line: int, step: int) -> tuple[str, int] | None:
        """Block and index of the line after a line, or with step −1 of the one before it."""
        index = self._index.get(id)
        if index is None:
            return None
        place = Place(index, line, 0)
        found = self._next_line(place) if step > 0 else self._previous_line(place)
        return None if found is None else (self.blocks[found.block].id, found.line)

    def order(self, id: str) -> int:
        """Which block it is, from the beginning; -1 for one that is not there."""
        return self._index.get(id, -1)

    def source(self, id: str) -> Source | None:
        index = self._index.get(id)
        return None if index is None else self.blocks[index].source

    def forget_drawn(self) -> None:
        """The same lines must be drawn anew: another width, palette or selection."""
        self._drawn.clear()
        self._stale = (0, 0)

    # The window

    def resize(self, width: int, height: int) -> None:
        self._stale, self._slack = (0, 0), 0
        if width != self.width:
            self._drawn.clear()
            self._above = None
            self.top = self.top._replace(row=0)
        self.width, self.height = width, height

    def window(self, marked: int = 0) -> list[Row]:
        """The rows to show; `marked` rows are kept free for a mark when lines are above."""
        if marked == self._reserve and self._goes_on():
            return self._kept
        self._used.clear()
        self._reserve = marked
        self._settle(marked)
        self._marked = marked if self.top > Place(0, 0, 0) else 0
        self._kept, self._lines = [], []
        self.led = 0
        self._fill(self._valid(self.top))
        if self._marked > 1 and self._kept and _blank(self._kept[0]):
            self._lead()
        self._stale = None
        if len(self._drawn) > 2 * self.height + 64:
            self._drawn = {key: self._drawn[key] for key in self._used}
            self._forget_far()
        return self._kept

    def _forget_far(self) -> None:
        """What is not in view is held as its text only."""
        near = {id for id, _ in self._used}
        for block in self.blocks:
            if isinstance(block.source, Later) and block.id not in near:
                block.source.forget()

    def _fill(self, place: Place | None) -> bool:
        """Put rows from the place on below those kept; False when more are left than fit."""
        rows, room = self._kept, self.height - self._marked + self.led
        while place is not None and len(rows) < room:
            block = self.blocks[place.block]
            strips = self._rows(place.block, place.line)
            taken = strips[place.row : place.row + room - len(rows)]
            self._lines.append((place.block, place.line, len(rows)))
            rows += [Row(strip, block.id, place.line) for strip in taken]
            if place.row + len(taken) < len(strips):
                return False
            place = self._next_line(place)
        return place is None

    def _lead(self) -> None:
        """Show the row before an empty first one: two empty rows part nothing."""
        top = self._valid(self.top) or Place(0, 0, 0)
        place = self._back(top, 1)
        if not self._back(top, 2) < place < top:
            return
        row = Row(
            self._rows(place.block, place.line)[place.row], self.blocks[place.block].id, place.line
        )
        if _blank(row):
            return
        self.led = 1
        self._kept.insert(0, row)
        lines = [(block, line, at + 1) for block, line, at in self._lines]
        self._lines = [(place.block, place.line, 0), *lines]

    def _goes_on(self) -> bool:
        """Whether only the end of the window had to be made anew, and was.

        Streamed text changes its last line and nothing above: that costs no walk over the window.
        """
        stale = self._stale
        if stale is None:
            return True
        last = self._lines[-1] if self._lines else (0, 0, 0)
        if not self.at_tail:
            if stale <= last[:2]:
                return False
            self._stale = None
            return True
        place = bisect_left(self._lines, (*stale, 0))
        if place < 2:
            return False
        before = len(self._kept)
        first = self._lines[place][2] if place < len(self._lines) else before
        self._kept, self._lines = self._kept[:first], self._lines[:place]
        block, line, _ = self._lines[-1]
        if not self._fill(self._next_line(Place(block, line, 0))) or len(self._kept) < before:
            self._stale = (0, 0)
            return False
        self._stale, self.unseen = None, 0
        return True

    def scroll(self, rows: int) -> None:
        """Move the window; down to the end sticks to the tail again."""
        self._stale = (0, 0)
        if rows < 0:
            end = self._end()
            if self.at_tail and end is not None:
                self.top = self._back(end, max(0, self.height - self._marked - 1))
            self.top = self._back(self._valid(self.top) or Place(0, 0, 0), -rows)
            self.at_tail = False
            return
        place = self._valid(self.top)
        for _ in range(rows):
            following = place and self._forward(place)
            if not following:
                break
            place = following
        self.top = place or self.top

    def to_start(self) -> None:
        self._stale = (0, 0)
        self.top, self.at_tail = Place(0, 0, 0), False

    def to_end(self) -> None:
        self._stale = (0, 0)
        self.at_tail, self.unseen = True, 0
        end = self._end()
        if not self.follows and end is not None:
            # Nothing holds it at its end: the window has to be there.
            self.top = self._back(end, max(0, self.height - 2))

    def show(self, id: str, line: int, around: int = 0) -> None:
        """Bring a line into the window, with some rows below it; nothing moves when it is seen."""
        around = max(around, self.hidden)
        index = self._index.get(id)
        if index is None:
            return
        place = Place(index, line, 0)
        self._stale = (0, 0)
        if place < self.top:
            self.top, self.at_tail = place, False
        elif place > self._last_seen(around):
            room = self.height - self._reserve - around
            self.top = self._back(place, max(0, room - 1))
            self.at_tail = self._next_line(place) is None

    # Positions

    def _touched(self, index: int) -> None:
        if self._above is not None and index < self._above[0]:
            self._above = None
        self._deep = ("", 0, 0)

    def _from(self, block: int, line: int) -> None:
        """The window must be made anew from there on."""
        self._stale = (block, line) if self._stale is None else min(self._stale, (block, line))

    def _reindex(self) -> None:
        self._index = {block.id: index for index, block in enumerate(self.blocks)}
        self._above = None
        self._deep, self._stale = ("", 0, 0), (0, 0)

    def _valid(self, place: Place) -> Place | None:
        """The place itself or the nearest line after it; None when there is none."""
        block, line, row = place
        if block < len(self.blocks) and line < len(self.blocks[block].source):
            return Place(block, line, min(row, len(self._rows(block, line)) - 1))
        return self._line_from(block + 1)

    def _line_from(self, block: int) -> Place | None:
        while block < len(self.blocks):
            if len(self.blocks[block].source):
                return Place(block, 0, 0)
            block += 1
        return None

    def _next_line(self, place: Place) -> Place | None:
        if place.line + 1 < len(self.blocks[place.block].source):
            return Place(place.block, place.line + 1, 0)
        return self._line_from(place.block + 1)

    def _forward(self, place: Place) -> Place | None:
        if place.row + 1 < len(self._rows(place.block, place.line)):
            return place._replace(row=place.row + 1)
        return self._next_line(place)

    def _previous_line(self, place: Place) -> Place | None:
        block, line = place.block, place.line - 1
        while line < 0:
            block -= 1
            if block < 0:
                return None
            line = len(self.blocks[block].source) - 1
        return Place(block, line, len(self._rows(block, line)) - 1)

    def _back(self, place: Place, rows: int) -> Place:
        while rows > place.row:
            rows -= place.row + 1
            previous = self._previous_line(place)
            if previous is None:
                return Place(0, 0, 0)
            place = previous
        return place._replace(row=place.row - rows)

    def _end(self) -> Place | None:
        for block in range(len(self.blocks) - 1, -1, -1):
            count = len(self.blocks[block].source)
            if count:
                return Place(block, count - 1, len(self._rows(block, count - 1)) - 1)
        return None

    def _rows_from(self, place: Place | None, limit: int) -> int:
        """Rows from the place to the end, counted up to just over `limit`."""
        count = 0
        while place is not None and count <= limit:
            count += len(self._rows(place.block, place.line)) - place.row
            place = self._next_line(place)
        return count

    def _last_seen(self, around: int) -> Place:
        place = self._valid(self.top) or Place(0, 0, 0)
        for _ in range(max(0, self.height - self._marked - around - 1)):
            following = self._forward(place) if self.blocks else None
            if following is None:
                break
            place = following
        return place

    def _settle(self, marked: int) -> None:
        """Put the top where the tail wants it, or find that the tail was reached again."""
        end = self._end()
        if end is None:
            self.top, self.at_tail = Place(0, 0, 0), True
            return
        start = self._line_from(0) or Place(0, 0, 0)
        top = self._valid(self.top) or end
        top = Place(0, 0, 0) if top == start else top
        room = self.height - (marked if top > Place(0, 0, 0) else 0)
        left = self._rows_from(self._valid(top), self.height + self.jump)
        if left <= room or not self.follows:
            self.at_tail = left <= room
        if self.at_tail:
            self.unseen = 0
            if left > room:
                # What grows moves up by the jump; what was there at once stands at the end.
                self._slack = self.jump - 1 if left <= room + self.jump else 0
                top = self._back(end, max(0, self.height - marked - 1 - self._slack))
            elif left < room - self._slack and top > Place(0, 0, 0):
                self._slack = 0
                top = self._back(end, self.height - 1)
                if top > start:
                    top = self._back(end, self.height - marked - 1)
        self.top = Place(0, 0, 0) if top <= start else top


def _blank(row: Row) -> bool:
    return not row.strip.text.strip()
