"""Writing as in vi: two modes, and the handful of commands that fingers give by themselves.

It presses the verbs of `Draft` and knows no widget. Keys with Ctrl or Alt, Enter and Tab are not
its own: they mean in both modes what they mean without it. What it does not know is swallowed in
normal mode, because a letter there is never text.
"""

import re
from collections.abc import Callable
from typing import Literal

from steerdeck.widgets.draft import Draft

Mode = Literal["insert", "normal"]

_WORD_ON = re.compile(r"(?:\w+|[^\w\s]+)?\s*")
_WORD_END = re.compile(r"\s*(?:\w+|[^\w\s]+)")
_WORD_BACK = re.compile(r"(?:\w+|[^\w\s]+)\s*$|\s+$")
_OPERATORS = "dcy"


def _line(draft: Draft) -> tuple[int, int]:
    """Where the caret's line begins and ends, without its line break."""
    start = draft.text.rfind("\n", 0, draft.caret) + 1
    end = draft.text.find("\n", draft.caret)
    return start, len(draft.text) if end < 0 else end


def _on(draft: Draft) -> int:
    match = _WORD_ON.match(draft.text, draft.caret)
    return match.end() if match else len(draft.text)


def _end(draft: Draft) -> int:
    match = _WORD_END.match(draft.text, min(draft.caret + 1, len(draft.text)))
    return max(draft.caret, match.end() - 1) if match else max(0, len(draft.text) - 1)


def _back(draft: Draft) -> int:
    match = _WORD_BACK.search(draft.text[: draft.caret])
    return match.start() if match else 0


_MOTIONS: dict[str, Callable[[Draft], int]] = {
    "h": lambda draft: max(_line(draft)[0], draft.caret - 1),
    "l": lambda draft: min(_line(draft)[1], draft.caret + 1),
    "w": _on,
    "b": _back,
    "e": _end,
    "0": lambda draft: _line(draft)[0],
    "$": lambda draft: _line(draft)[1],
}


class Vi:
    """The mode, and an operator that waits for its motion."""

    def __init__(self) -> None:
        self.mode: Mode = "insert"
        self._operator = ""
        self._lines = False
        """Whether what was cut last is whole lines."""

    def press(self, key: str, character: str | None, draft: Draft) -> bool:
        """Carry out a key; False for one that is not vi's now."""
        if self.mode == "insert":
            if key != "escape":
                return False
            self.mode = "normal"
            draft.caret = max(_line(draft)[0], draft.caret - 1)
            return True
        if key == "escape" and self._operator:
            self._operator = ""
            return True
        if key == "backspace":
            draft.caret = _MOTIONS["h"](draft)
            return True
        if character is None or not character.isprintable() or key.startswith(("ctrl+", "alt+")):
            return False
        if self._operator:
            self._operate(character, draft)
        else:
            self._command(character, draft)
        if self.mode == "normal":
            start, end = _line(draft)
            draft.caret = min(draft.caret, max(start, end - 1))
        return True

    def begin(self) -> None:
        """Another draft: one writes."""
        self.mode, self._operator = "insert", ""

    def _command(self, letter: str, draft: Draft) -> None:
        start, end = _line(draft)
        match letter:
            case "i" | "a" | "I" | "A":
                draft.caret = {
                    "i": draft.caret, "a": min(end, draft.caret + 1), "I": start, "A": end,
                }[letter]  # fmt: skip
                self.mode = "insert"
            case "o" | "O":
                draft.caret = end if letter == "o" else start
                draft.insert("\n")
                draft.caret -= letter == "O"
                self.mode = "insert"
            case "x":
                self._cut(draft, draft.caret, min(end, draft.caret + 1))
            case "D" | "C":
                self._cut(draft, draft.caret, end)
                self.mode = "insert" if letter == "C" else "normal"
            case "p" | "P":
                self._put(draft, after=letter == "p")
            case "u":
                draft.undo()
            case "j" | "k":
                self._vertical(draft, 1 if letter == "j" else -1)
            case "G":
                draft.end()
            case _ if letter in _OPERATORS:
                self._operator = letter
            case _ if letter in _MOTIONS:
                draft.caret = _MOTIONS[letter](draft)

    def _operate(self, letter: str, draft: Draft) -> None:
        """`dd`, `dw`, `c$`, `yb` …; what is no motion takes the operator back."""
        operator, self._operator = self._operator, ""
        start, end = _line(draft)
        if letter == operator:
            self._whole_line(operator, draft, start, end)
            return
        if letter not in _MOTIONS:
            return
        # As in vi, `cw` leaves the blank after the word, and `e` takes its last letter.
        motion = "e" if operator + letter == "cw" else letter
        target = _MOTIONS[motion](draft) + (motion == "e")
        first, last = sorted((draft.caret, min(target, len(draft.text))))
        if operator == "y":
            draft.cut, self._lines = draft.text[first:last], False
            draft.caret = first
            return
        self._cut(draft, first, last)
        if operator == "c":
            self.mode = "insert"

    def _whole_line(self, operator: str, draft: Draft, start: int, end: int) -> None:
        line = draft.text[start:end]
        if operator == "c":
            self._cut(draft, start, end)
            self.mode = "insert"
        elif operator == "d":
            last = end == len(draft.text)
            self._cut(draft, start - (last and start > 0), end + (not last))
            draft.caret = _line(draft)[0]
        draft.cut, self._lines = line, True

    def _cut(self, draft: Draft, first: int, last: int) -> None:
        self._lines = False
        draft.cut_range(first, last)

    def _put(self, draft: Draft, *, after: bool) -> None:
        if not draft.cut:
            return
        start, end = _line(draft)
        if self._lines:
            kept = draft.cut
            draft.caret = end if after else start
            draft.insert(f"\n{kept}" if after else f"{kept}\n")
            draft.caret = draft.caret - len(kept) if after else start
        else:
            draft.caret = min(end, draft.caret + after)
            draft.paste_cut()
            draft.caret = max(0, draft.caret - 1)

    def _vertical(self, draft: Draft, step: int) -> None:
        start, end = _line(draft)
        column = draft.caret - start
        if step > 0 and end < len(draft.text):
            draft.caret = end + 1
        elif step < 0 and start > 0:
            draft.caret = start - 1
        else:
            return
        first, last = _line(draft)
        draft.caret = min(first + column, last)
