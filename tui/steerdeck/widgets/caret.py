"""A caret in a text view, moved by rows, letters and words, to mark text with the keyboard."""

import re

from steerdeck.widgets.strips import parts_of, text_of
from steerdeck.widgets.text_view import Spot, TextView

_WORD = re.compile(r"\w+|[^\w\s]+")


class CaretView(TextView):
    """A text view with a caret."""

    def start_caret(self) -> None:
        """Put the caret on the last row of words in the window, or on the entry in hand."""
        if self.selection is not None:
            self._put(Spot(self.selection[0], 0, 0))
            return
        if places := self._worded():
            self._put(Spot(*places[-1], 0))

    def begin_mark(self, *, whole: bool) -> None:
        """Mark from here on, or go on with the caret alone when that is done already."""
        again = self.origin is not None and self.whole == whole
        self.mark(None if again else self.origin or self.caret, self.caret, whole=whole)

    def step_letter(self, step: int) -> None:
        """A letter on, at the end of a line to the next one."""
        if self.caret is None:
            return
        block, line, at = self.caret
        last = max(0, len(self._text(block, line)) - 1)
        if 0 <= at + step <= last:
            self._put(Spot(block, line, at + step))
        elif (beside := self._beside(step)) is not None:
            self._put(beside if step > 0 else self._at_end(beside))

    def step_row(self, step: int) -> None:
        """A row of the screen down or up, at about the same cell."""
        if self.caret is None:
            return
        block, line, at = self.caret
        parts = self._parts(block, line)
        row = max((n for n, part in enumerate(parts) if part[0] <= at), default=0)
        column = at - parts[row][0] + (parts[row][2] - parts[0][2])
        if not 0 <= row + step < len(parts):
            beside = self._beside(step)
            if beside is None:
                self._scroll(step)
                return
            block, line, _ = beside
            parts = self._parts(block, line)
            row = -1 if step < 0 else 0
        else:
            row += step
        start, end, left = parts[row]
        to = start + max(0, column - (left - parts[0][2]))
        self._put(Spot(block, line, min(to, max(start, end - 1))))

    def step_word(self, step: int) -> None:
        """To the beginning of the next word, or of the one before."""
        if self.caret is None:
            return
        block, line, at = self.caret
        starts = [match.start() for match in _WORD.finditer(self._text(block, line))]
        found = [start for start in starts if (start > at if step > 0 else start < at)]
        if found:
            self._put(Spot(block, line, found[0] if step > 0 else found[-1]))
        elif (beside := self._beside(step)) is not None:
            words = list(_WORD.finditer(self._text(*beside[:2])))
            last = words[-1].start() if words and step < 0 else 0
            self._put(beside._replace(at=last))

    def step_edge(self, step: int) -> None:
        """To the first or the last letter of the line."""
        if self.caret is not None:
            self._put(self._at_end(self.caret) if step > 0 else self.caret._replace(at=0))

    def step_far(self, step: int) -> None:
        """To the first or the last line there is."""
        if step > 0:
            self._roll.to_end()
        else:
            self._roll.to_start()
        self._rows = None
        self._fresh()
        if places := self._worded():
            self._put(Spot(*places[-1 if step > 0 else 0], 0))

    def _put(self, spot: Spot) -> None:
        self.caret_shown = True
        self._roll.show(spot.block, spot.line)
        self.mark(self.origin, spot, whole=self.whole)

    def _at_end(self, spot: Spot) -> Spot:
        return spot._replace(at=max(0, len(self._text(spot.block, spot.line)) - 1))

    def _beside(self, step: int) -> Spot | None:
        """The nearest line with words after that of the caret, or before it."""
        place = self.caret[:2] if self.caret is not None else None
        while place is not None:
            place = self._roll.beside(*place, step)
            if place is not None and self._text(*place):
                return Spot(*place, 0)
        return None

    def _worded(self) -> list[tuple[str, int]]:
        """The lines with words in the window."""
        self._fresh()
        places = [(row.block, row.line) for row in self._rows or ()]
        return [place for place in places if self._text(*place)]

    def _text(self, block: str, line: int) -> str:
        source = self._roll.source(block)
        return text_of(source.line(line)) if source is not None and line < len(source) else ""

    def _parts(self, block: str, line: int) -> list[tuple[int, int, int]]:
        source = self._roll.source(block)
        if source is None or line >= len(source):
            return [(0, 0, 0)]
        return parts_of(source.line(line), self._roll.width, self.margin)
