"""A draft laid out in rows, and the way between a place in its text and a cell on the screen.

What is drawn may be longer than what is written: marks for what is not shown as it is, labels for
chips. Rows hold indices of the drawn text, the caret is an index of the exact one.
"""

from collections.abc import Callable
from typing import NamedTuple

from steerdeck.text import breaks, width_of


class Row(NamedTuple):
    """One drawn row: its logical line, and which part of that line as it is drawn."""

    line: str
    start: int
    end: int


class Laid:
    """One text in rows of `room` cells; `drawn` gives a line as it is shown, letter by letter."""

    def __init__(self, text: str, room: int, drawn: Callable[[str], str]) -> None:
        self.text = text
        self.room = room
        self._drawn = drawn
        self.rows = [
            Row(line, start, end)
            for line in text.split("\n")
            for start, end in breaks(drawn(line), room)
        ]

    def shown(self, row: int) -> str:
        """What a row shows."""
        line, start, end = self.rows[row]
        return self._drawn(line)[start:end]

    def place(self, caret: int) -> tuple[int, int]:
        """The caret's row, and its column in cells."""
        before = self.text[:caret]
        lines_before = before.count("\n")
        at = len(self._drawn(before[before.rfind("\n") + 1 :]))
        row = -1
        for index, candidate in enumerate(self.rows):
            lines_before -= candidate.start == 0 and index > 0
            if lines_before == 0 and candidate.start <= at:
                row = index
            elif lines_before < 0:
                break
        line, start, _ = self.rows[row]
        return row, min(self.room, width_of(self._drawn(line)[start:at]))

    def caret(self, row: int, column: int) -> int:
        """The place in the text that is drawn in that row at that cell, or before it."""
        line, start, end = self.rows[row]
        shown, at = self._drawn(line), start
        while at < end and width_of(shown[start : at + 1]) <= column:
            at += 1
        return self._exact(row, at)

    def _exact(self, row: int, at: int) -> int:
        first = row
        while self.rows[first].start > 0:
            first -= 1
        before = sum(len(other.line) + 1 for other in self.rows[:first] if other.start == 0)
        line, count = self.rows[row].line, 0
        while count < len(line) and len(self._drawn(line[: count + 1])) <= at:
            count += 1
        return before + count
