"""A field for what must not be seen: nothing that is typed is drawn, not even how much it is.

It has no history, no undo and no cut piece. `Entered` carries no text, so that no message queue and
no log ever holds it: whoever hears it takes the text out once, and it is gone from here.
"""

from textual import events
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from steerdeck.glyphs import glyphs
from steerdeck.output.frames import paint_now
from steerdeck.text import Line, Span
from steerdeck.widgets.going_on import go_on
from steerdeck.widgets.strips import strips
from steerdeck_themes.palettes import Token

_INDENT = 2
_EMPTY = "type it, then Enter; it is not shown"
_SOME = "typed, not shown"


class Secret(Widget, can_focus=True):
    """One line, never echoed."""

    ALLOW_SELECT = False

    class Entered(Message):
        """Enter was pressed: `secret.take()` gives the text, once."""

        def __init__(self, secret: "Secret") -> None:
            super().__init__()
            self.secret = secret

        @property
        def control(self) -> "Secret":
            return self.secret

    def __init__(
        self, *, margin: int = 2, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.margin = margin
        self._typed: list[str] = []

    @property
    def empty(self) -> bool:
        return not self._typed

    def take(self) -> str:
        """What was typed; nothing of it stays here."""
        text = "".join(self._typed)
        self.wipe()
        return text

    def wipe(self) -> None:
        """Forget what was typed."""
        self._typed.clear()
        self.refresh()

    def on_key(self, event: events.Key) -> None:
        if not self._pressed(event):
            return
        event.stop()
        event.prevent_default()
        if self.is_attached:
            paint_now(self)

    def _pressed(self, event: events.Key) -> bool:
        key = event.key
        if key == "enter":
            go_on(self, self.Entered(self))
        elif key in ("backspace", "ctrl+h"):
            del self._typed[-1:]
        elif key in ("ctrl+u", "ctrl+w") or (key == "ctrl+c" and self._typed):
            self._typed.clear()
        elif event.is_printable and event.character and not key.startswith(("alt+", "ctrl+")):
            self._typed.append(event.character)
        else:
            return False
        return True

    def on_paste(self, event: events.Paste) -> None:
        """A pasted line without its end; of several lines the first, since Enter is a key."""
        event.stop()
        self._typed += event.text.splitlines()[:1]
        self.refresh()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        """Whoever leaves leaves nothing behind."""
        self.wipe()

    # Drawing

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width

    def render_lines(self, crop: Region) -> list[Strip]:
        """Strips for the compositor, past Textual's styles cache: nothing of it applies here."""
        width = self.size.width
        focus = self.has_focus
        ground: Token = "s2" if focus else "s1"
        caret = Span(" ", "ink", bg="accent") if focus else Span(" ")
        told = Span(" " + (_SOME if self._typed else _EMPTY), "t1" if self._typed else "t3")
        lead = Span(glyphs().you, "accent" if focus else "t3")
        line = Line((caret, told), gutter=lead, indent=_INDENT, bar="accent" if focus else None)
        drawn = strips(line, width, ground, self.margin)[:1][crop.y : crop.bottom]
        if focus and self.is_attached and self.screen.is_active:
            x = self.region.x + self.margin + _INDENT
            self.app.cursor_position = Offset(x, self.region.y)
        return [strip.crop(crop.x, crop.right) for strip in drawn]

    def render_line(self, y: int) -> Strip:
        return self.render_lines(Region(0, y, self.size.width, 1))[0]
