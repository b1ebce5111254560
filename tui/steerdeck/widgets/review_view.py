"""A line view with a cursor that walks from entry to entry, by key, click, drag and wheel.

It knows a sheet of entries and nothing of sessions: `Pointed` says where the mouse went.
"""

from typing import Protocol

from textual import events
from textual.message import Message
from textual.strip import Strip

from steerdeck.text import Line
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.sides import Sides, side_by_side
from steerdeck.widgets.strips import strips
from steerdeck_themes.palettes import Token

BLOCK = "sheet"
_AROUND = 3


class Laid(Protocol):
    """A sheet: lines, each of an entry."""

    first: list[int]

    def __len__(self) -> int: ...
    def item(self, index: int) -> object: ...
    def line(self, index: int) -> Line: ...
    def entry_of(self, line: int) -> int: ...


class ReviewView(LineView):
    """Entries under a cursor."""

    class Pointed(Message):
        """The mouse went down on an entry, or with `drag` on from there to this one."""

        def __init__(self, view: "ReviewView", entry: int, *, drag: bool) -> None:
            super().__init__()
            self.view, self.entry, self.drag = view, entry, drag

        @property
        def control(self) -> "ReviewView":
            return self.view

    def __init__(self, *, ground: Token = "s1", id: str | None = None) -> None:
        super().__init__(ground=ground, margin=1, marker=False, follows=False, id=id)
        self._sheet: Laid | None = None
        self._dragged: int | None = None

    def lay(self, sheet: Laid) -> None:
        """Show another sheet; the window stays where it is as far as it can."""
        first = self._sheet is None
        self._sheet = sheet
        self.put_source(BLOCK, sheet)
        self._redraw()
        if first:
            self.action_scroll_home()

    def bring(self, entry: int, last: int | None = None) -> None:
        """Bring entries into view with some lines around them, the first one surely."""
        sheet = self._sheet
        if sheet is None or not len(sheet):
            return
        start = sheet.first[min(entry, len(sheet.first) - 1)]
        end = entry if last is None else last
        below = sheet.first[end + 1] if end + 1 < len(sheet.first) else len(sheet)
        top, bottom = max(0, start - _AROUND), min(len(sheet) - 1, below - 1 + _AROUND)
        for line in (bottom, top, start):
            self._roll.show(BLOCK, line)
        self._redraw()

    @property
    def page_rows(self) -> int:
        """How many rows a page down goes."""
        return max(1, self.size.height - 3)

    def _draw(self, line: Line, block: str, index: int) -> list[Strip]:
        if isinstance(line, Sides):
            return side_by_side(line, self._roll.width, self.ground, self.margin)
        return strips(line, self._roll.width, self.ground, self.margin)

    # the mouse

    def entry_at(self, y: int) -> int | None:
        """The entry drawn at a row of the window."""
        self._fresh()
        rows = self._rows or []
        if self._sheet is None or not 0 <= y < len(rows) or rows[y].block != BLOCK:
            return None
        return self._sheet.entry_of(rows[y].line)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        entry = self.entry_at(event.y)
        if entry is None or event.button != 1:
            return
        event.stop()
        self._dragged = entry
        self.capture_mouse()
        self.post_message(self.Pointed(self, entry, drag=False).set_sender(self))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragged is None:
            return
        entry = self.entry_at(max(0, min(self.size.height - 1, event.y)))
        if entry is not None and entry != self._dragged:
            self._dragged = entry
            self.post_message(self.Pointed(self, entry, drag=True).set_sender(self))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._dragged is not None:
            self._dragged = None
            self.release_mouse()
