"""What the terminal is to show and was not sent yet: the newest of each place, none of it twice.

On a slow line drawing is ahead of sending. What is drawn over before it was sent is never sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

from textual.strip import Strip

ANSWER, OPENED, TOUCHED, NEAR, FAR = range(5)
"""Whose turn it is: the answer to a key, the screen it opened, what else it moved, the session in
hand, all others."""


class Fragment(NamedTuple):
    """A strip and the cell where it begins."""

    y: int
    x: int
    strip: Strip


class _Owed(NamedTuple):
    rank: int
    turn: int
    strip: Strip


def without(strip: Strip, x: int, start: int, end: int) -> list[tuple[int, Strip]]:
    """What is left of a strip at `x`, and where, without the cells from start to end.

    Of a wide character that is cut in two a blank is left, as the compositor does it.
    """
    left, right = start - x, end - x
    parts = [(x, strip.crop(0, left))] if left > 0 else []
    if right < strip.cell_length:
        parts.append((end, strip.crop(right)))
    return parts


class Backlog:
    """Fragments that wait, none over another."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[int, _Owed]] = {}
        self._turns = count()

    def __bool__(self) -> bool:
        return bool(self._rows)

    def clear(self) -> None:
        self._rows = {}

    def has(self, rank: int) -> bool:
        """Whether anything of this rank waits, or before it."""
        return any(one.rank <= rank for row in self._rows.values() for one in row.values())

    def touches(self, y: int) -> bool:
        """Whether anything waits in that row."""
        return y in self._rows

    def put(self, fragments: Iterable[Fragment], rank: int) -> None:
        """Have these sent in place of what waits there."""
        for y, x, strip in fragments:
            row = self._rows.setdefault(y, {})
            before = row.get(x)
            if before is not None and before.strip.cell_length == strip.cell_length:
                row[x] = _Owed(min(rank, before.rank), before.turn, strip)
                continue
            end = x + strip.cell_length
            for at, owed in list(row.items()):
                if at < end and at + owed.strip.cell_length > x:
                    del row[at]
                    for place, part in without(owed.strip, at, x, end):
                        row[place] = owed._replace(strip=part)
            row[x] = _Owed(rank, next(self._turns), strip)

    def take(self, least: int = FAR) -> Iterator[Fragment]:
        """One after the other, in their turn, those up to this rank; each is gone when given."""
        waiting: Sequence[tuple[int, int, int, int]] = sorted(
            (owed.rank, owed.turn, y, x)
            for y, row in self._rows.items()
            for x, owed in row.items()
            if owed.rank <= least
        )
        for _, _, y, x in waiting:
            row = self._rows[y]
            strip = row.pop(x).strip
            if not row:
                del self._rows[y]
            yield Fragment(y, x, strip)
