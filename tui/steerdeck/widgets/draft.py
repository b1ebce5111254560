"""A text under edit: where the caret stands, what was cut, what can be taken back.

No widget and no keys: each verb of readline is a method. The text is exact, whatever was pasted;
only how it is drawn is made inert, by whoever draws it.
"""

import re
from typing import NamedTuple

_WORD_LEFT = re.compile(r"\w+\W*$|\W+$")
_WORD_RIGHT = re.compile(r"\W*\w+|\W+$")
_UNDO = 200


class _State(NamedTuple):
    text: str
    caret: int


class Draft:
    """The text, the caret as an index into it, one cut piece, and the states before."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.caret = len(text)
        self.cut = ""
        self._before: list[_State] = []
        self._typing = False

    def set(self, text: str) -> None:
        """Replace everything; the caret goes to the end."""
        self._remember()
        self.text, self.caret = text, len(text)

    def insert(self, text: str) -> None:
        """Put text in at the caret; single letters in a row are one step to take back."""
        single = len(text) == 1 and text.isalnum()
        if not (single and self._typing):
            self._remember()
        self._typing = single
        self.text = self.text[: self.caret] + text + self.text[self.caret :]
        self.caret += len(text)

    def replace(self, start: int, end: int, text: str) -> None:
        """Put text in the place of a part; the caret goes behind it."""
        self._remember()
        self.text = self.text[:start] + text + self.text[end:]
        self.caret = start + len(text)

    def undo(self) -> None:
        if self._before:
            self.text, self.caret = self._before.pop()
            self._typing = False

    # Where the caret goes

    def left(self) -> None:
        self._go(self.caret - 1)

    def right(self) -> None:
        self._go(self.caret + 1)

    def word_left(self) -> None:
        self._go(self._word_left())

    def word_right(self) -> None:
        self._go(self._word_right())

    def line_start(self) -> None:
        self._go(self._line_start())

    def line_end(self) -> None:
        self._go(self._line_end())

    def start(self) -> None:
        self._go(0)

    def end(self) -> None:
        self._go(len(self.text))

    # What is taken away

    def backspace(self) -> None:
        self._remove(max(0, self.caret - 1), self.caret, keep=False)

    def delete(self) -> None:
        self._remove(self.caret, self.caret + 1, keep=False)

    def cut_word_left(self) -> None:
        """Ctrl+W of readline: back to the blank before the word."""
        start = len(self.text[: self.caret].rstrip())
        while start and not self.text[start - 1].isspace():
            start -= 1
        self._remove(start, self.caret)

    def cut_word_right(self) -> None:
        self._remove(self.caret, self._word_right())

    def cut_line_start(self) -> None:
        start = self._line_start()
        self._remove(start if start < self.caret else max(0, self.caret - 1), self.caret)

    def cut_line_end(self) -> None:
        end = self._line_end()
        self._remove(self.caret, end if end > self.caret else end + 1)

    def cut_range(self, start: int, end: int) -> None:
        """Take a part away, to be put in elsewhere."""
        self._remove(start, end)

    def paste_cut(self) -> None:
        if self.cut:
            self._remember()
            cut = self.cut
            self.text = self.text[: self.caret] + cut + self.text[self.caret :]
            self.caret += len(cut)

    def _remember(self) -> None:
        self._typing = False
        self._before.append(_State(self.text, self.caret))
        del self._before[:-_UNDO]

    def _go(self, caret: int) -> None:
        self.caret = max(0, min(len(self.text), caret))
        self._typing = False

    def _remove(self, start: int, end: int, *, keep: bool = True) -> None:
        end = min(end, len(self.text))
        if start >= end:
            return
        self._remember()
        if keep:
            self.cut = self.text[start:end]
        self.text = self.text[:start] + self.text[end:]
        self.caret = start

    def _line_start(self) -> int:
        return self.text.rfind("\n", 0, self.caret) + 1

    def _line_end(self) -> int:
        end = self.text.find("\n", self.caret)
        return len(self.text) if end < 0 else end

    def _word_left(self) -> int:
        match = _WORD_LEFT.search(self.text[: self.caret])
        return match.start() if match else 0

    def _word_right(self) -> int:
        match = _WORD_RIGHT.match(self.text, self.caret)
        return match.end() if match else len(self.text)
