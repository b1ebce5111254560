"""Bracketed pastes taken out of the terminal's input before keys are read from it.

Textual's parser reads escape sequences inside a paste as keys, so a pasted text with an escape in
it is typed, Enter included. Here everything between the two marks is one paste, exactly as it came.
"""

from collections.abc import Iterator

START, END = "\x1b[200~", "\x1b[201~"
_SILENCE = 2.0
"""Seconds without input after which a paste counts as ended, in case its end mark was lost."""


class Paste(str):
    """A pasted text, to tell it from typed input."""

    __slots__ = ()


class PasteReader:
    """Splits input into typed text and pastes, also where a mark arrives in two reads."""

    def __init__(self) -> None:
        self._held = ""
        self._paste: str | None = None
        self._last = 0.0

    @property
    def holds(self) -> bool:
        """Whether a few characters wait that may be the beginning of a mark."""
        return bool(self._held)

    def feed(self, text: str, now: float) -> Iterator[str]:
        """Typed text and `Paste`s, in order; `now` in seconds of any one clock."""
        self._last = now
        text, self._held = self._held + text, ""
        while text:
            if self._paste is None:
                typed, mark, text = text.partition(START)
                if not mark:
                    self._held = _beginning_of(START, typed)
                    typed = typed[: len(typed) - len(self._held)]
                else:
                    self._paste = ""
                if typed:
                    yield typed
            else:
                # The end mark may begin in what was kept.
                whole = self._paste + text
                begin = max(0, len(self._paste) - len(END))
                end = whole.find(END, begin)
                if end < 0:
                    self._paste = whole
                    return
                self._paste = None
                text = whole[end + len(END) :]
                yield Paste(whole[:end])

    def rest(self, now: float) -> Iterator[str]:
        """What is given out when nothing more came: held characters, a paste without an end."""
        if self._held:
            held, self._held = self._held, ""
            yield held
        if self._paste is not None and now - self._last > _SILENCE:
            paste, self._paste = self._paste, None
            yield Paste(paste)


def _beginning_of(mark: str, text: str) -> str:
    """The end of the text that may be the beginning of the mark."""
    for length in range(len(mark) - 1, 0, -1):
        if text.endswith(mark[:length]):
            return mark[:length]
    return ""
