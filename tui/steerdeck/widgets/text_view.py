"""A line view whose text can be marked, with the mouse or a caret, and searched for with the eye.

Marked is what was drawn: inert words, a paragraph as the one line it is, without margins and
marks. Posts `Marked` with the text when the mouse is let go.
"""

import re
from typing import NamedTuple

from rich.cells import get_character_cell_size
from textual import events
from textual.message import Message
from textual.strip import Strip

from steerdeck.text import Line
from steerdeck.widgets.blocks import Tall
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.shading import lit, shaded, with_caret
from steerdeck.widgets.strips import parts_of, rows_of, text_of
from steerdeck.widgets.tables import TableRow, laid

MOST = 1_000_000
"""Characters that can be marked; more is a file's to hold."""


class Spot(NamedTuple):
    """A place in the text: block, line of it, character of that line's words."""

    block: str
    line: int
    at: int


class TextView(LineView):
    """Lines to read, mark and copy."""

    class Marked(Message):
        """The mouse was let go over a piece of text."""

        def __init__(self, view: "TextView", text: str) -> None:
            super().__init__()
            self.view, self.text = view, text

        @property
        def control(self) -> "TextView":
            return self.view

    origin: Spot | None = None
    """Where the marked text begins, or ends when the caret is before it."""
    caret: Spot | None = None
    whole = False
    """Whether whole lines are marked."""
    caret_shown = False
    pattern: re.Pattern[str] | None = None
    _pressed: Spot | None = None
    _swallow = False

    def _tall(self) -> Tall:
        return lambda line: rows_of(line, self._roll.width, self.margin)

    # what is marked

    def mark(self, origin: Spot | None, caret: Spot | None, *, whole: bool = False) -> None:
        """Mark from one place to another; without an origin only the caret stands there."""
        self.origin, self.caret, self.whole = origin, caret, whole
        self._redraw()

    def unmark(self) -> None:
        if self.origin is not None or self.caret is not None:
            self.caret_shown = False
            self.mark(None, None)

    def find(self, pattern: re.Pattern[str] | None) -> None:
        """Draw in accent what the pattern finds; without one nothing."""
        if pattern != self.pattern:
            self.pattern = pattern
            self._redraw()

    @property
    def ends(self) -> tuple[Spot, Spot] | None:
        """The marked range in reading order, the character under its end included."""
        if self.origin is None or self.caret is None:
            return None
        one, two = sorted((self.origin, self.caret), key=self._reading_order)
        return one, two

    def _reading_order(self, spot: Spot) -> tuple[int, int, int]:
        return self._roll.order(spot.block), spot.line, spot.at

    def _marked_part(self, block: str, index: int, length: int) -> tuple[int, int] | None:
        """Start and end of what is marked of one line."""
        ends = self.ends
        if ends is None:
            return None
        first, last = ends
        here = (self._roll.order(block), index)
        if not (self._reading_order(first)[:2] <= here <= self._reading_order(last)[:2]):
            return None
        start = first.at if (block, index) == first[:2] and not self.whole else 0
        end = last.at + 1 if (block, index) == last[:2] and not self.whole else length
        return start, min(end, length)

    def marked_text(self) -> str:
        """The marked words; empty when nothing is marked. Beyond `MOST` characters it is cut."""
        ends = self.ends
        if ends is None:
            return ""
        place: tuple[str, int] | None = ends[0][:2]
        found: list[str] = []
        size = 0
        while place is not None and size <= MOST:
            found.append(self._words(*place))
            size += len(found[-1]) + 1
            if place == ends[1][:2]:
                break
            place = self._roll.beside(*place, 1)
        return "\n".join(found)[:MOST].rstrip()

    def _words(self, block: str, index: int) -> str:
        source = self._roll.source(block)
        if source is None or index >= len(source):
            return ""
        line = source.line(index)
        text = text_of(line)
        part = self._marked_part(block, index, len(text))
        if part is None:
            return ""
        if isinstance(line, TableRow):
            return "\n".join(text_of(row).rstrip() for row in laid(line, 10_000))
        if self.whole and line.right:
            return f"{text}  {''.join(span.text for span in line.right).strip()}"
        return text[slice(*part)]

    def _draw(self, line: Line, block: str, index: int) -> list[Strip]:
        if self.pattern is not None:
            line = lit(line, self.pattern)
        if self.caret is not None:
            part = self._marked_part(block, index, len(text_of(line)))
            if part is not None:
                line = shaded(line, *part)
            if self.caret_shown and (block, index) == self.caret[:2]:
                line = with_caret(line, self.caret.at)
        return super()._draw(line, block, index)

    # places on the screen

    def spot_at(self, x: int, y: int) -> Spot | None:
        """The place in the text under a cell of the window, the nearest one beside the words."""
        self._fresh()
        rows = self._rows or []
        if not rows:
            return None
        index = max(0, min(len(rows) - 1, y - self._first))
        row = rows[index]
        nth = sum(1 for one in rows[:index] if (one.block, one.line) == (row.block, row.line))
        if (rows[0].block, rows[0].line) == (row.block, row.line):
            nth += self._roll.top.row
        source = self._roll.source(row.block)
        if source is None:
            return None
        line = source.line(row.line)
        parts = parts_of(line, self._roll.width, self.margin)
        start, end, left = parts[min(nth, len(parts) - 1)]
        return Spot(row.block, row.line, start + _index(text_of(line)[start:end], x - left))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._swallow = False
        if event.button == 1:
            self._pressed = self.spot_at(event.x, event.y)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._pressed is None:
            return
        height = self.outer_size.height
        if not 0 <= event.y < height:
            self._scroll(-1 if event.y < 0 else 1)
        spot = self.spot_at(event.x, max(0, min(height - 1, event.y)))
        if spot is not None and (spot != self._pressed or self._swallow):
            self._swallow = True
            self.caret_shown = False
            self.mark(self._pressed, spot)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._pressed is None:
            return
        self._pressed = None
        self.release_mouse()
        if self._swallow:
            self.post_message(self.Marked(self, self.marked_text()))
        else:
            self.unmark()

    def on_click(self, event: events.Click) -> None:
        """A drag that ends is no click."""
        if self._swallow:
            self._swallow = False
            event.prevent_default()
            event.stop()


def _index(text: str, cells: int) -> int:
    """The character that stands at a cell of a text, the last one beyond its end."""
    used = 0
    for index, letter in enumerate(text):
        used += get_character_cell_size(letter)
        if used > cells:
            return index
    return max(0, len(text) - 1)
