"""Finds the lines a patch talks about, ever more forgivingly, and says what is near when it can't.

The order is that of Codex (openai/codex, apply-patch/src/seek_sequence.rs): exact, without trailing
blanks, without blanks on both sides, with Unicode dashes, quotes and odd spaces folded. Every
search is one `str.find` over the joined lines, so hostile files and patches stay cheap.
"""

import difflib
import itertools
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence

from steerdeck_agents.facts.inert import one_line

_FOLD = str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
    | dict.fromkeys("‘’‚‛′", "'")
    | dict.fromkeys("“”„‟″", '"')
    | dict.fromkeys("\xa0\u1680\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a", " ")
    | dict.fromkeys("\u202f\u205f\u3000", " ")
    | dict.fromkeys(range(0xDC80, 0xDD00), "\ufffd")
)
_MOST_COMPARED = 3000
"""Lines looked at for the nearest match of a line."""
_MOST_VOTES = 8
_WIDEST_COMPARED = 300


def _exactly(line: str) -> str:
    return line


def _folded(line: str) -> str:
    return line.strip().translate(_FOLD)


_WAYS: tuple[Callable[[str], str], ...] = (_exactly, str.rstrip, str.strip, _folded)


class Place:
    """The lines of one file, searchable in each way."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._joined: dict[int, tuple[str, list[int]]] = {}

    def find(
        self, old: Sequence[str], start: int, hint: int | None = None, at_end: bool = False
    ) -> int | None:
        """The first line of `old` at or after `start`; with a hint the nearest one to it.

        `at_end` tries the end of the file in every way before anything else.
        """
        last = len(self._lines) - len(old)
        if at_end and last >= start:
            for way in _WAYS:
                if [way(line) for line in old] == [way(line) for line in self._lines[last:]]:
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
        for index in range(start, len(self._lines)):
            if self._lines[index].strip().startswith(begins):
                return index
        return None

    def _find(self, number: int, old: list[str], start: int, hint: int | None) -> int | None:
        if number not in self._joined:
            way = _WAYS[number]
            lines = [way(line) for line in self._lines]
            offsets = [0, *itertools.accumulate(len(line) + 1 for line in lines)]
            self._joined[number] = "\n" + "\n".join(lines) + ("\n" if lines else ""), offsets
        joined, offsets = self._joined[number]
        needle = "\n" + "\n".join(old) + "\n"
        at = start if hint is None else max(start, min(hint, len(self._lines)))
        after = joined.find(needle, offsets[at])
        before = -1
        if hint is not None and after != offsets[at]:
            before = _last(joined, needle, offsets[start], offsets[at] + len(needle) - 1)
        places = [bisect_left(offsets, place) for place in (before, after) if place >= 0]
        return min(places, key=lambda place: abs(place - at), default=None)

    def nearest(self, old: Sequence[str], start: int) -> str:
        """A sentence on the old line that is missing and what comes nearest to it."""
        begins = self._best_start(old, start)
        if begins is not None:
            for offset, line in enumerate(old):
                here = self._lines[begins + offset] if begins + offset < len(self._lines) else None
                if here is None or _folded(here) != _folded(line):
                    there = "the file ends" if here is None else f"line {begins + offset + 1} is"
                    shown = "" if here is None else f" `{one_line(here, 160)}`"
                    return (
                        f"it wants `{one_line(line, 160)}` where {there}{shown}; "
                        f"the lines around it fit at line {begins + 1}"
                    )
            return f"the same lines stand at line {begins + 1}, before that place"
        line = next((line for line in old if line.strip()), "")
        return f"`{one_line(line, 160)}` is not in the file{self._like(line)}"

    def _best_start(self, old: Sequence[str], start: int) -> int | None:
        """Where most lines that are not blank fit, at least two of them or half."""
        wanted: dict[str, list[int]] = {}
        for offset, line in enumerate(old[:_MOST_COMPARED]):
            if line.strip():
                wanted.setdefault(_folded(line), []).append(offset)
        votes: Counter[int] = Counter()
        for index in range(len(self._lines)):
            for offset in wanted.get(_folded(self._lines[index]), ())[:_MOST_VOTES]:
                if index - offset >= 0:
                    votes[index - offset] += 1
        if not votes:
            return None
        best, count = max(votes.items(), key=lambda vote: (vote[1], vote[0] >= start, -vote[0]))
        return best if count >= 2 or count * 2 >= len(old) else None

    def _like(self, line: str) -> str:
        wanted = line.strip()[:_WIDEST_COMPARED]
        lines = [text.strip()[:_WIDEST_COMPARED] for text in self._lines[:_MOST_COMPARED]]
        near = difflib.get_close_matches(wanted, dict.fromkeys(filter(None, lines)), 1, 0.6)
        if not near:
            return ""
        number = lines.index(near[0]) + 1
        return f"; nearest is line {number} `{one_line(near[0], 160)}`"


def _last(text: str, needle: str, start: int, end: int) -> int:
    """As `str.rfind`, which unlike `str.find` takes quadratic time at worst."""
    found = text[start:end][::-1].find(needle[::-1])
    return -1 if found < 0 else min(end, len(text)) - found - len(needle)
