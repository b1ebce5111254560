"""A fixed stack of lines: header, rail, dock, footer and lane header are made of these.

It shows what it is given and keeps nothing else. Posts `Clicked` with the id of the span (or, where
the span has none, an empty one) and the index of the line under the mouse.
"""

from collections.abc import Sequence

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from steerdeck.output.frames import FRAMES
from steerdeck.text import Line
from steerdeck.widgets.strips import blank, id_at, strips
from steerdeck_themes.ink import INK
from steerdeck_themes.palettes import Token


class Rows(Widget):
    """Lines, one below the other, as high as they are."""

    ALLOW_SELECT = False

    class Clicked(Message):
        """A line was clicked: `span` is the id of the clickable span under the mouse, or empty."""

        def __init__(self, rows: "Rows", span: str, line: int) -> None:
            super().__init__()
            self.rows, self.span, self.line = rows, span, line

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
        if self.is_attached:
            tall = sum(len(part) for _, part in self._fresh(self.size.width))
            self.refresh(layout=tall != self._tall and bool(self.styles.auto_dimensions))
            self._tall = tall

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._tall = sum(len(part) for _, part in self._fresh(width))
        return self._tall

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width

    def _fresh(self, width: int) -> list[tuple[Line, list[Strip]]]:
        made_for = (INK.version, width, self.ground, self.margin)
        old = self._made if made_for == self._made_for else []
        kept = dict(zip((line for line, _ in old), (part for _, part in old), strict=True))
        if made_for != self._made_for or tuple(kept) != self._shown:
            self._made_for = made_for
            self._made = [
                (line, kept.get(line) or strips(line, width, self.ground, self.margin))
                for line in self._shown
            ]
        return self._made

    def _flat(self) -> list[tuple[Strip, int]]:
        made = self._fresh(self.size.width)
        return [(strip, at) for at, (_, part) in enumerate(made) for strip in part]

    def render_lines(self, crop: Region) -> list[Strip]:
        """Strips for the compositor, past Textual's styles cache: nothing of it applies here."""
        width, height = self.size
        shown = [strip for strip, _ in self._flat()]
        shown += [blank(width, self.ground)] * (height - len(shown))
        lines = shown[crop.y : crop.bottom]
        if crop.x or crop.width != width:
            return [strip.crop(crop.x, crop.right) for strip in lines]
        return lines

    def render_line(self, y: int) -> Strip:
        return self.render_lines(Region(0, y, self.size.width, 1))[0]

    def on_click(self, event: events.Click) -> None:
        flat = self._flat()
        if event.y < len(flat):
            strip, line = flat[event.y]
            self.post_message(self.Clicked(self, id_at(strip, event.x), line))
