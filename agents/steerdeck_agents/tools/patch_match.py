"""Finds the lines a patch talks about, ever more forgivingly.

The order is that of Codex (openai/codex, apply-patch/src/seek_sequence.rs): exact, without trailing
blanks, without blanks on both sides, with Unicode dashes, quotes and odd spaces folded. Every
search is one `str.find` over the joined lines, so hostile files and patches stay cheap.
"""

import itertools
from bisect import bisect_left
from collections.abc import Callable, Sequence

_FOLD = str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
    | dict.fromkeys("‘’‚‛′", "'")
    | dict.fromkeys("“”„‟″", '"')
    | dict.fromkeys("\xa0\u1680\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a", " ")
    | dict.fromkeys("\u202f\u205f\u3000", " ")
    | dict.fromkeys(range(0xDC80, 0xDD00), "\ufffd")
)


def _exactly(line: str) -> str:
    return line


def folded(line: str) -> str:
    return line.strip().translate(_FOLD)


_WAYS: tuple[Callable[[str], str], ...] = (_exactly, str.rstrip, str.strip, folded)


class Place:
    """The lines of one file, searchable in each way."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self._joined: dict[int, tuple[str, list[int]]] = {}

    def find(
        self, old: Sequence[str], start: int, hint: int | None = None, at_end: bool = False
    ) -> int | None:
        """The first line of `old` at or after `start`; with a hint the nearest one to it.

        `at_end` tries the end of the file in every way before anything else.
        """
        last = len(self.lines) - len(old)
        if at_end and last >= start:
            for way in _WAYS:
                if [way(line) for line in old] == [way(line) for line in self.lines[last:]]:
                    return last
        for number, way in enumerate(_WAYS):
            found = self._find(number, [way(line) for line in old], start, hint)
            if found is not None:
                return found
        return None

    def context(self, line: str, start: int) -> int | None:
        """The line an `@@` names, at or after `start`: whole, else the one beginning with it."""
        found = self.find([line], start)
        if found is not None or len(line.strip()) < 4:
            return found
        begins = line.strip()
        for index in range(start, len(self.lines)):
            if self.lines[index].strip().startswith(begins):
                return index
        return None

    def _find(self, number: int, old: list[str], start: int, hint: int | None) -> int | None:
        if number not in self._joined:
            way = _WAYS[number]
            lines = [way(line) for line in self.lines]
            offsets = [0, *itertools.accumulate(len(line) + 1 for line in lines)]
            self._joined[number] = "\n" + "\n".join(lines) + ("\n" if lines else ""), offsets
        joined, offsets = self._joined[number]
        needle = "\n" + "\n".join(old) + "\n"
        at = start if hint is None else max(start, min(hint, len(self.lines)))
        after = joined.find(needle, offsets[at])
        before = -1
        if hint is not None and after != offsets[at]:
            before = _last(joined, needle, offsets[start], offsets[at] + len(needle) - 1)
        places = [bisect_left(offsets, place) for place in (before, after) if place >= 0]
        return min(places, key=lambda place: abs(place - at), default=None)


def _last(text: str, needle: str, start: int, end: int) -> int:
    """As `str.rfind`, which unlike `str.find` takes quadratic time at worst."""
    found = text[start:end][::-1].find(needle[::-1])
    return -1 if found < 0 else min(end, len(text)) - found - len(needle)
