"""A fixed stack of lines: header, rail, dock, footer and lane header are made of these.

It shows what it is given and keeps nothing else. Posts `Clicked` with the id of the span (or, where
the span has none, an empty one) and the index of the line under the mouse; a span that stands for
a key (`do:ACT`, `key:NAME`) is `Pressed` instead.
"""

from collections.abc import Sequence

from textual import events
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from steerdeck.output.frames import FRAMES, lay
from steerdeck.text import Line
from steerdeck.widgets.strips import blank, id_at, strips
from steerdeck_themes.ink import INK
from steerdeck_themes.palettes import Token

CARET = "caret"
"""The id of what is being typed, behind which the terminal's cursor stands."""


class Rows(Widget):
    """Lines, one below the other, as high as they are."""

    ALLOW_SELECT = False

    class Clicked(Message):
        """A line was clicked: `span` is the id of the clickable span under the mouse, or empty.

        `times` counts clicks in a row.
        """

        def __init__(self, rows: "Rows", span: str, line: int, times: int = 1) -> None:
            super().__init__()
            self.rows, self.span, self.line, self.times = rows, span, line, times

        @property
        def control(self) -> "Rows":
            return self.rows

    class Pressed(Message):
        """A span that stands for a key, or for what it names, was clicked.

        `what` is `do:ACT`, `key:NAME` or `open:WHERE:SESSION:ITEM`.

        `at` is when, on the clock of key events.
        """

        def __init__(self, rows: "Rows", what: str, at: float) -> None:
            super().__init__()
            self.rows, self.what, self.at = rows, what, at

        @property
        def control(self) -> "Rows":
            return self.rows

    def __init__(
        self,
        lines: Sequence[Line] = (),
        *,
        ground: Token = "s0",
        margin: int = 2,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.ground: Token = ground
        self.margin = margin
        self._shown: tuple[Line, ...] = tuple(lines)
        self._made: list[tuple[Line, list[Strip]]] = []
        self._made_for: tuple[int, int, Token, int] = (0, 0, ground, margin)
        self._drawn: list[Strip] = []
        self._drawn_of: object = None
        self._drawn_for: object = None
        self._blank: Strip | None = None
        self._made_of: object = None
        self._tall = 0

    @property
    def lines(self) -> tuple[Line, ...]:
        return self._shown

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines from the next frame on; the same ones again cost nothing."""
        new = tuple(lines)
        if new != self._shown:
            self._shown = new
            if self.is_attached:
                FRAMES.mark(self._refresh_frame)

    def _refresh_frame(self) -> None:
        """Only the rows that changed are drawn, past the compositor where that is possible."""
        if not self.is_attached:
            return
        width, height = self.outer_size
        tall = sum(len(part) for _, part in self._fresh(width))
        # Where the height it has is not the one it asked for, asking may have been in vain.
        if self.styles.auto_dimensions and (tall != self._tall or (tall and not height)):
            self._tall = tall
            self.refresh(layout=True)
            return
        self._tall = tall
        if not lay(self, self._flat(width, height)):
            self.refresh()

    def place_cursor(self) -> None:
        """Put the terminal's own cursor behind the `CARET`, where input methods look for it."""
        self.call_after_refresh(self._place_cursor)

    def _place_cursor(self) -> None:
        if not self.is_attached or not self.screen.is_active:
            return
        for y, strip in enumerate(self._flat(*self.outer_size)):
            x = 0
            for segment in strip:
                x += segment.cell_length
                if segment.style is not None and segment.style.meta.get("id") == CARET:
                    self.app.cursor_position = Offset(self.region.x + x, self.region.y + y)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        # Not kept as the height it has: who asks may not lay out, or may keep an older answer.
        return sum(len(part) for _, part in self._fresh(width))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width

    def _fresh(self, width: int) -> list[tuple[Line, list[Strip]]]:
        made_for = (INK.version, width, self.ground, self.margin)
        if made_for != self._made_for or self._made_of is not self._shown:
            if made_for != self._made_for:
                self._made, self._blank = [], None
            kept = dict(self._made)
            self._made_for, self._made_of = made_for, self._shown
            self._made = [
                (line, kept.get(line) or strips(line, width, self.ground, self.margin))
                for line in self._shown
            ]
        return self._made

    def _flat(self, width: int, height: int) -> list[Strip]:
        """The strips of the whole widget; the same objects while they look the same."""
        made = self._fresh(width)
        key = (self._made_for, height)
        if self._drawn_of is not made or self._drawn_for != key:
            self._drawn_of, self._drawn_for = made, key
            shown = [strip for _, part in made for strip in part][:height]
            if len(shown) < height:
                if self._blank is None:
                    self._blank = blank(width, self.ground)
                shown += [self._blank] * (height - len(shown))
            self._drawn = shown
        return self._drawn

    def render_lines(self, crop: Region) -> list[Strip]:
        """Strips for the compositor, past Textual's styles cache: nothing of it applies here."""
        width, height = self.outer_size
        lines = self._flat(width, height)[crop.y : crop.bottom]
        if crop.x or crop.width != width:
            return [strip.crop(crop.x, crop.right) for strip in lines]
        return lines

    def render_line(self, y: int) -> Strip:
        return self.render_lines(Region(0, y, self.outer_size.width, 1))[0]

    def on_click(self, event: events.Click) -> None:
        made = self._fresh(self.outer_size.width)
        flat = [(strip, at) for at, (_, part) in enumerate(made) for strip in part]
        if event.y < len(flat):
            strip, line = flat[event.y]
            span = id_at(strip, event.x)
            if span.startswith(("do:", "key:", "open:")):
                self.post_message(self.Pressed(self, span, event.time))
            else:
                self.post_message(self.Clicked(self, span, line, event.chain))
