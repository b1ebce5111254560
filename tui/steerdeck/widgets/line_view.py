"""The one widget for lines: transcript, tool log, output and diff are all drawn by it.

It keeps raw blocks and draws only what is seen, straight to the compositor: no border, no padding,
no Markdown widget. Changes coalesce into one refresh a frame. Posts `Moved` when the window moved
against the lines, `Picked` when a line is clicked, `Chosen` when the selection changed.
"""

from collections.abc import Collection, Sequence

import msgspec
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from steerdeck.glyphs import glyphs
from steerdeck.output.frames import FRAMES, lay, paint_now
from steerdeck.text import Line, Span
from steerdeck.widgets.blocks import Row, Tall
from steerdeck.widgets.prose import Prose
from steerdeck.widgets.roll import Roll
from steerdeck.widgets.sources import Lines, Source
from steerdeck.widgets.strips import blank, id_at, strips
from steerdeck_agents.facts.counted import counted
from steerdeck_themes.ink import INK
from steerdeck_themes.palettes import Token

_WHEEL = 3
_FOLLOW = "follow"


class LineView(Widget, can_focus=True):
    """A window on a roll of lines."""

    ALLOW_SELECT = False

    class Moved(Message):
        """The window moved: `above` rows lie above it, `unseen` lines came below it."""

        def __init__(self, view: "LineView", above: int, unseen: int, at_tail: bool) -> None:
            super().__init__()
            self.view, self.above, self.unseen, self.at_tail = view, above, unseen, at_tail

        @property
        def control(self) -> "LineView":
            return self.view

    class Picked(Message):
        """A line was clicked; `span` is the id of the clickable span under the mouse, or empty.

        `at` is when, on the clock of key events.
        """

        def __init__(self, view: "LineView", block: str, line: int, span: str, at: float) -> None:
            super().__init__()
            self.view, self.block, self.line, self.span, self.at = view, block, line, span, at

        @property
        def control(self) -> "LineView":
            return self.view

    def __init__(
        self,
        *,
        ground: Token = "s1",
        margin: int = 2,
        marker: bool = True,
        follows: bool = True,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`ground` is the surface it stands on; with `marker` row 0 says what lies above.

        With `follows` it stays at the end of what comes; without, nothing but its reader moves it.
        """
        super().__init__(id=id, classes=classes)
        self.ground: Token = ground
        self.margin = margin
        self.marker = marker
        self.selection: tuple[str, int, int] | None = None
        self.leads = False
        """Whether keys go here though another widget has the focus, or none."""
        self.far = False
        """Whether others come first where a line has not room for all."""
        self.follow_key = ""
        """The key that follows what came below, as it is shown."""
        self._roll = Roll(self._draw, self._tall())
        self._roll.follows = follows
        self._rows: list[Row] | None = None
        self._strips: list[Strip] = []
        self._first = 0
        self._ink = -1
        self._blank: tuple[object, Strip] = (None, Strip([]))
        self._mark: tuple[object, Strip] = (None, Strip([]))
        self._said: tuple[int, int, bool] = (0, 0, True)

    def _tall(self) -> Tall | None:
        """How the rows of a line are counted without drawing it, where that is known."""
        return None

    # What is shown

    def put(self, block: str, lines: Sequence[Line]) -> None:
        """Add the block at the end, or replace the one of that id where it stands."""
        self.put_source(block, Lines(lines))

    def write(self, block: str, delta: str, fg: Token = "t1", indent: int = 2) -> None:
        """Add text to the open block of that id, opening it first; read as prose."""
        source = self._roll.source(block)
        if not isinstance(source, Prose):
            source = Prose(fg, indent)
            self._roll.put(block, source)
        before = len(source)
        first = source.feed(delta)
        self._roll.grown(block, first, len(source) - before)
        self._changed()

    def close(self, block: str) -> None:
        """The open block is finished: its mark goes away."""
        source = self._roll.source(block)
        if isinstance(source, Prose) and source.arriving:
            source.close()
            self._roll.grown(block)
            self._changed()

    def prepend(self, entries: Sequence[tuple[str, Source]]) -> None:
        """Add older blocks before all others without moving what is seen."""
        self._roll.prepend(entries)
        self._changed()

    def drop(self, blocks: Collection[str]) -> None:
        """Take blocks away; one that is not there is no error."""
        self._roll.drop(blocks)
        self._changed()

    def clear(self) -> None:
        self._roll.clear()
        self.selection = None
        self._changed()

    def has(self, block: str) -> bool:
        return self._roll.source(block) is not None

    def put_source(self, block: str, source: Source, *, news: bool = True) -> None:
        """Add or replace a block that makes its lines by itself.

        Without `news` they are not counted among those that came while the reader was elsewhere.
        """
        self._roll.put(block, source, news=news)
        self._changed()

    # Where the window is

    @property
    def above(self) -> int:
        """Rows above the window."""
        return self._roll.above()

    def below(self, block: str) -> int:
        """How many lines of the first block end below the window; all, while there is none."""
        self._fresh()
        source = self._roll.source(block)
        if source is None or not self.outer_size.area or not self._rows:
            return len(source) if source is not None else 0
        seen = [row for row in self._rows if row.block == block]
        if not seen:
            return 0
        line = seen[-1].line
        whole = self._draw(source.line(line), block, line)[-1].text == seen[-1].strip.text
        return len(source) - 1 - line + (not whole)

    @property
    def unseen(self) -> int:
        """Lines that came below the window since it left the tail."""
        return self._roll.unseen

    @property
    def at_tail(self) -> bool:
        """Whether the window follows what comes."""
        return self._roll.at_tail

    @property
    def jump(self) -> int:
        """Rows to move at once when the window is full: 1 locally, more over a slow line."""
        return self._roll.jump

    @jump.setter
    def jump(self, rows: int) -> None:
        self._roll.jump = max(1, rows)

    def select(self, block: str, line: int = 0, last: int | None = None) -> None:
        """Mark a line, or the lines up to `last`, with the bar, and bring the first into view."""
        self.selection = (block, line, line if last is None else last)
        self._roll.show(block, line)
        self._redraw()

    def lead(self, leads: bool) -> None:
        """Say whether keys go here: the bar of what is selected tells it."""
        if leads != self.leads:
            self.leads = leads
            self._refocus()

    def deselect(self) -> None:
        self.selection = None
        self._redraw()

    def action_scroll_up(self) -> None:
        self._scroll(-1)

    def action_scroll_down(self) -> None:
        self._scroll(1)

    def action_page_up(self) -> None:
        self._scroll(-max(1, self.size.height - 3))

    def action_page_down(self) -> None:
        self._scroll(max(1, self.size.height - 3))

    def action_scroll_home(self) -> None:
        self._roll.to_start()
        self._now()

    def action_scroll_end(self) -> None:
        self._roll.to_end()
        self._now()

    def _scroll(self, rows: int) -> None:
        self._fresh()
        self._roll.scroll(rows)
        self._now()

    # Drawing

    def _changed(self) -> None:
        self._rows = None
        if self.is_attached and self.display:
            FRAMES.mark(self._refresh_frame, streams=True)

    def _refresh_frame(self) -> None:
        """Only the rows that changed are drawn, past the compositor where that is possible."""
        if not self.is_attached:
            return
        if not self.outer_size.area or not lay(self, self._fresh(), streams=True, far=self.far):
            self.refresh()

    def _redraw(self) -> None:
        self._roll.forget_drawn()
        self._now()

    def _now(self) -> None:
        self._rows = None
        paint_now(self)

    def _draw(self, line: Line, block: str, index: int) -> list[Strip]:
        chosen = self.selection
        if chosen is not None and chosen[0] == block and chosen[1] <= index <= chosen[2]:
            bar: Token = "accent" if self.has_focus or self.leads else "t3"
            line = msgspec.structs.replace(line, bar=bar)
            if chosen[1] == chosen[2]:
                line = msgspec.structs.replace(line, bg="s3", bleed=True)
        return strips(line, self._roll.width, self.ground, self.margin)

    def _fresh(self) -> list[Strip]:
        """The strips of the whole widget, made anew only after a change."""
        # It has neither border nor padding, and `size` would ask the styles for both.
        width, height = self.outer_size
        roll = self._roll
        if self._ink != INK.version:
            self._ink = INK.version
            roll.forget_drawn()
            self._rows = None
        if (roll.width, roll.height) != (width, height):
            roll.resize(width, height)
            self._rows = None
        if self._rows is None:
            marked = (2 if height >= 10 else 1) if self.marker else 0
            self._rows = roll.window(marked)
            above = roll.above()
            shown = [row.strip for row in self._rows]
            empty = self._empty(width)
            led = self._roll.led
            self._first = marked - led if above else 0
            if self._first:
                mark = self._above_mark(above - led, width)
                shown = [mark, *[empty] * (self._first - 1), *shown]
            self._strips = shown + [empty] * (height - len(shown))
            self._roll.hidden = int(self._tells_news)
            if self._tells_news:
                self._strips[-1] = self._below_mark(width)
            self._say(above)
        return self._strips

    def _empty(self, width: int) -> Strip:
        """A blank row: the same object while it looks the same, so that it is not drawn again."""
        key = (INK.version, width, self.ground)
        if self._blank[0] != key:
            self._blank = (key, blank(width, self.ground))
        return self._blank[1]

    def _above_mark(self, above: int, width: int) -> Strip:
        key = (INK.version, width, self.ground, self.margin, above)
        if self._mark[0] != key:
            words = (Span(glyphs().above, "t3"), Span(f" {counted(above, 'line')} above", "t3"))
            self._mark = (key, strips(Line(words), width, self.ground, self.margin)[0])
        return self._mark[1]

    @property
    def _tells_news(self) -> bool:
        """Whether the last row says how much came below."""
        roll = self._roll
        return self.marker and roll.follows and roll.unseen > 0 and roll.height > _WHEEL

    def _below_mark(self, width: int) -> Strip:
        g = glyphs()
        words = f" {self._roll.unseen} new below"
        spans = [Span(g.below, "accent", id=_FOLLOW), Span(words, "t1", id=_FOLLOW)]
        if self.follow_key:
            spans.append(Span(f"   {self.follow_key}", "accent", id=_FOLLOW))
        line = Line(tuple(spans), bg="s2", bleed=True)
        return strips(line, width, self.ground, self.margin)[0]

    def _say(self, above: int) -> None:
        said = (above, self._roll.unseen, self._roll.at_tail)
        if said != self._said:
            self._said = said
            # Drawing is the screen's doing, and what a screen sends does not reach the app.
            self.post_message(self.Moved(self, *said).set_sender(self))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Strips for the compositor, past Textual's styles cache: nothing of it applies here."""
        lines = self._fresh()[crop.y : crop.bottom]
        if crop.x or crop.width != self.outer_size.width:
            return [strip.crop(crop.x, crop.right) for strip in lines]
        return lines

    def render_line(self, y: int) -> Strip:
        rows = self._fresh()
        return rows[y] if 0 <= y < len(rows) else blank(self.size.width, self.ground)

    # The mouse, focus and size

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(-_WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(_WHEEL)

    def on_click(self, event: events.Click) -> None:
        shown = self._fresh()
        rows = self._rows or []
        index = event.y - self._first
        if 0 <= index < len(rows):
            row = rows[index]
            span = id_at(shown[event.y], event.x)
            if span == _FOLLOW:
                self.action_scroll_end()
                return
            self.post_message(self.Picked(self, row.block, row.line, span, event.time))

    def on_focus(self) -> None:
        self._refocus()

    def on_blur(self) -> None:
        self._refocus()

    def _refocus(self) -> None:
        """The bar changes its colour at the next paint: only then the focus has moved."""
        if self.selection:
            self._roll.forget_drawn()
            self._rows = None
            self.refresh()
