"""The composer's text: several lines, readline's keys, three ways to send.

Enter steers, Tab queues, Ctrl+S delivers now; Ctrl+J is a newline in every terminal. A paste comes
in whole and never submits; what it holds is drawn inert and sent exactly. Posts `Submitted` and
`Changed`. Keys it has no use for go on to the screen, Alt+letter too while nothing is written.
"""

from collections.abc import Mapping
from time import monotonic
from typing import Literal

from textual import events
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from steerdeck.glyphs import glyphs
from steerdeck.output.frames import draw_now, paint_now
from steerdeck.widgets.chips import Chips, pasted, picture_path, pictured
from steerdeck.widgets.draft import Draft
from steerdeck.widgets.field_row import INDENT, Field, field_row
from steerdeck.widgets.going_on import go_on
from steerdeck.widgets.laid import Laid
from steerdeck.widgets.readline import EDIT, NEWLINE, NOT_WHEN_EMPTY
from steerdeck.widgets.strips import blank
from steerdeck.widgets.vi import Vi
from steerdeck_themes.palettes import Token

How = Literal["steer", "queue", "now"]
SEND: Mapping[str, How] = {"enter": "steer", "tab": "queue", "ctrl+s": "now"}
_ROWS = 6
_WRITES_S = 3.0
"""So long after a key somebody is taken to be writing still."""
_PAUSE_S = 0.8
"""Who stops for so long looks up."""


class Prompt(Widget, can_focus=True):
    """A text to send; grows up to six rows."""

    ALLOW_SELECT = False

    class Submitted(Message):
        """The text is to be sent: to steer, to queue, or to deliver now."""

        def __init__(
            self, prompt: "Prompt", text: str, how: How, draft: str, pictures: tuple[str, ...]
        ) -> None:
            """`draft` is the text with its chips, `pictures` the paths of those among them."""
            super().__init__()
            self.prompt, self.text, self.how = prompt, text, how
            self.draft, self.pictures = draft, pictures

        @property
        def control(self) -> "Prompt":
            return self.prompt

    class PicturePasted(Message):
        """What looks like the path of a picture stands in the draft, as it was pasted."""

        def __init__(self, prompt: "Prompt", path: str, pasted: str) -> None:
            super().__init__()
            self.prompt, self.path, self.pasted = prompt, path, pasted

        @property
        def control(self) -> "Prompt":
            return self.prompt

    class Changed(Message):
        """The text is another one now; it comes as the draft it is, with chips as letters."""

        def __init__(self, prompt: "Prompt", text: str) -> None:
            super().__init__()
            self.prompt, self.text = prompt, text

        @property
        def control(self) -> "Prompt":
            return self.prompt

    def __init__(
        self,
        placeholder: str = "",
        *,
        send: Mapping[str, How] = SEND,
        margin: int = 2,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`send` says which key sends in which way."""
        super().__init__(id=id, classes=classes)
        self.chips = Chips()
        """What of its drafts is drawn as one mark."""
        self.chipping = False
        """Whether a large paste becomes a chip."""
        self.lead = ""
        """The mark before the first row; empty is the one for the developer's words."""
        self.placeholder = placeholder
        self.margin = margin
        self.history: list[str] = []
        """What was sent before, oldest first."""
        self.send = send
        self.sends_nothing = False
        """Whether Enter alone is something to send, as to a program that waits for just that."""
        self.vi: Vi | None = None
        """Set where one writes as in vi."""
        self._typed_at = self._open_from = float("-inf")
        self._draft = Draft()
        self._kept = ""
        self._thrown = False
        """Whether undo brings back what `clear` threw away."""
        self._past: int | None = None
        self._first = 0
        self._laid = Laid("", 0, str)

    @property
    def text(self) -> str:
        """The exact text, as typed and pasted."""
        return self.chips.whole(self._draft.text)

    @text.setter
    def text(self, text: str) -> None:
        """Replace the draft; letters of chips in it stay chips."""
        self._thrown = False
        if text != self._draft.text:
            self._draft.set(text)
            self._edited()
            self.refresh()

    @property
    def draft(self) -> str:
        """The text with each chip as its letter."""
        return self._draft.text

    @property
    def caret(self) -> int:
        """Where the caret stands in the draft."""
        return self._draft.caret

    def replace(self, start: int, end: int, text: str) -> None:
        """Put text in the place of a part of the draft; the caret goes behind it."""
        self._draft.replace(start, end, text)
        self._edited()
        self.refresh()

    @property
    def holds(self) -> bool:
        """Whether a paste stands in the draft as a chip."""
        return bool(self._pastes())

    def open_held(self) -> None:
        """Put the text of a paste in its chip's place: at the caret, else before it, or behind."""
        caret = self._draft.caret
        near = sorted(self._pastes(), key=lambda at: (at > caret, abs(at - caret)))
        for at in near[:1]:
            chip = self.chips.at(self._draft.text[at])
            self.replace(at, at + 1, chip.text if chip is not None else "")

    def _pastes(self) -> list[int]:
        """Where in the draft chips stand that are no pictures."""
        text = self._draft.text
        held = self.chips.within(text)
        return [at for at, mark in enumerate(text) if mark in held and not held[mark].picture]

    def edited_outside(self, text: str) -> None:
        """Take what an editor made of the text; what it left of chips stays such."""
        for mark, chip in self.chips.within(self._draft.text).items():
            text = text.replace(chip.text, mark, 1)
        self.text = text

    def attach(self, path: str, pasted: str) -> bool:
        """Let the picture stand in the place of its pasted path; False when that is gone."""
        at = self._draft.text.rfind(pasted)
        if at >= 0:
            self.replace(at, at + len(pasted), self.chips.put(pictured(path)))
        return at >= 0

    def hold(self, text: str) -> str:
        """Text as it stands in the draft: a large one as a chip."""
        chip = pasted(text) if self.chipping else None
        return text if chip is None else self.chips.put(chip)

    def clear(self) -> None:
        """Throw the draft away; undo brings it back."""
        thrown = bool(self._draft.text)
        self.text = ""
        self._thrown = thrown

    def insert(self, text: str) -> None:
        """Put text in at the caret."""
        self._draft.insert(text)
        self._edited()

    # Keys

    def hold_off(self) -> None:
        """Take no key before a pause: who is writing has not seen that it goes elsewhere now."""
        if monotonic() - self._typed_at < _WRITES_S:
            self._open_from = monotonic() + _PAUSE_S

    def on_key(self, event: events.Key) -> None:
        self._typed_at = event.time
        if event.time < self._open_from and event.key != "escape":
            self._open_from = event.time + _PAUSE_S
            event.stop().prevent_default()
            return
        if self._pressed(event):
            event.stop()
            event.prevent_default()
            self._answer()

    def _pressed(self, event: events.Key) -> bool:
        key, draft = event.key, self._draft
        if self.vi is not None and (done := self._as_in_vi(self.vi, event)):
            return done
        if key in self.send:
            self._submit(self.send[key])
        elif key in NEWLINE:
            self.insert("\n")
        elif key in ("up", "down"):
            return self._vertical(-1 if key == "up" else 1)
        elif key in EDIT:
            back = self._thrown and EDIT[key] is Draft.undo
            if not draft.text and key in NOT_WHEN_EMPTY and not back:
                return False
            before = draft.text
            EDIT[key](draft)
            if draft.text != before:
                self._edited()
        elif event.is_printable and event.character and not key.startswith(("alt+", "ctrl+")):
            self.insert(event.character)
        else:
            return False
        return True

    def _as_in_vi(self, vi: Vi, event: events.Key) -> bool:
        before = self._draft.text
        done = vi.press(event.key, event.character, self._draft)
        if self._draft.text != before:
            self._edited()
        return done

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        text = event.text.replace("\r\n", "\n").replace("\r", "\n")
        self.insert(self.hold(text))
        if self.chipping and (path := picture_path(text)):
            self.post_message(self.PicturePasted(self, path, text).set_sender(self))
        self._answer()

    def _submit(self, how: How) -> None:
        text, draft = self.text, self._draft.text
        chips = self.chips.within(draft)
        if not (text.strip() or self.sends_nothing):
            return
        if text and self.history[-1:] != [text]:
            self.history.append(text)
        self._draft, self._thrown = Draft(), False
        if self.vi is not None:
            self.vi.begin()
        self._past = None
        self._edited()
        pictures = tuple(chip.picture for chip in chips.values() if chip.picture)
        go_on(self, self.Submitted(self, text, how, draft, pictures))

    def _vertical(self, step: int) -> bool:
        laid, row, column = self._laid_out()
        if 0 <= row + step < len(laid.rows):
            self._draft.caret = laid.caret(row + step, column)
            return True
        return self._browse(step)

    def _browse(self, step: int) -> bool:
        """Another text of the history; below the newest the draft that was left."""
        place = len(self.history) if self._past is None else self._past
        place += step
        if not 0 <= place <= len(self.history) or (self._past is None and step > 0):
            return False
        if self._past is None:
            self._kept = self._draft.text
        newest = place == len(self.history)
        self._draft.set(self._kept if newest else self.hold(self.history[place]))
        self._edited()
        self._past = None if newest else place
        return True

    def _laid_out(self) -> tuple[Laid, int, int]:
        """The rows, and the caret's row and column in cells."""
        room = max(4, self.size.width - 2 * self.margin - INDENT - 1)
        laid = self._laid
        if (laid.text, laid.room) != (self._draft.text, room):
            laid = self._laid = Laid(self._draft.text, room, self.chips.drawn)
        return laid, *laid.place(self._draft.caret)

    def _edited(self) -> None:
        self._past = None
        self.post_message(self.Changed(self, self._draft.text).set_sender(self))
        if self.is_attached:
            tall = min(len(self._laid_out()[0].rows), _ROWS)
            if tall != self.size.height:
                self.refresh(layout=True)

    def _answer(self) -> None:
        """Draw it before the key's event is over: what was typed, and where the caret is."""
        if not self.is_attached or not draw_now(self, self._strips()):
            paint_now(self)

    def _place_cursor(self, row: int, column: int) -> None:
        """Put the terminal's own cursor at the caret, where input methods look for it.

        Below a dialog, which has a caret of its own, it keeps its focus and may be drawn again.
        """
        if self.has_focus and self.is_attached and self.screen.is_active:
            x = self.region.x + self.margin + INDENT + column
            self.app.cursor_position = Offset(x, self.region.y + max(0, row - self._first))

    # Drawing

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(1, min(_ROWS, len(self._laid_out()[0].rows)))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width

    def render_lines(self, crop: Region) -> list[Strip]:
        """Strips for the compositor, past Textual's styles cache: nothing of it applies here."""
        width = self.size.width
        lines = self._strips()[crop.y : crop.bottom]
        if crop.x or crop.width != width:
            return [strip.crop(crop.x, crop.right) for strip in lines]
        return lines

    def _strips(self) -> list[Strip]:
        width, height = self.size
        ground: Token = "s2" if self.has_focus else "s1"
        laid, caret_row, column = self._laid_out()
        count = len(laid.rows)
        self._first = min(self._first, caret_row, max(0, count - height))
        self._first = max(self._first, caret_row - height + 1)
        self._place_cursor(caret_row, column)
        shown = [
            self._row(laid.shown(index), column if index == caret_row else None, index, ground)
            for index in range(self._first, min(count, self._first + height))
        ]
        return shown + [blank(width, ground)] * (height - len(shown))

    def render_line(self, y: int) -> Strip:
        return self.render_lines(Region(0, y, self.size.width, 1))[0]

    def _row(self, shown: str, column: int | None, index: int, ground: Token) -> Strip:
        normal = self.vi is not None and self.vi.mode == "normal"
        mark = "N" if normal else self.lead or glyphs().you
        return field_row(
            shown,
            Field(self.size.width, self.margin, ground, self.has_focus),
            column=column,
            mark=mark if index == 0 else "",
            hint="" if self._draft.text else self.placeholder,
        )

    # Focus and mouse

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        laid, _, _ = self._laid_out()
        row = self._first + event.y
        if row < len(laid.rows):
            self._draft.caret = laid.caret(row, event.x - self.margin - INDENT)
            self.refresh()
