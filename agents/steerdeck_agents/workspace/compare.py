"""Two texts compared for a person: which lines belong together, and in how many places they differ.

Pure, and as slow as difflib: its callers are threads. Lines stand beside each other only where they
have something in common; what was changed within a few lines of another change is one hunk.
"""

import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from steerdeck_agents.facts.reviewing import LineKey

NEAR = 3
"""Changes with at most so many equal lines between them are one hunk."""
COMMON = 0.4
"""The share that two lines must have in common to stand beside each other as one that changed."""
_ALIGNED = 80
_JUNK = 2_000
"""Beyond so many lines, difflib's heuristic against slowness is on."""
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_SPACE = re.compile(r"\s+")


Code = tuple[str, int, int, int, int]


class Row(NamedTuple):
    """Index of a line in the old text, of one in the new text, or of both."""

    old: int | None
    new: int | None
    same: bool


class Place(NamedTuple):
    """One hunk: indices of its first and last row, both changed."""

    first: int
    last: int


def lines_of(text: str) -> list[str]:
    """The lines with their ends; the last one may have none."""
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def rows(old: Sequence[str], new: Sequence[str], *, ignore_space: bool = False) -> list[Row]:
    """All lines of both, in order."""
    key: Callable[[str], str] = _without_space if ignore_space else str
    before, after = [key(line) for line in old], [key(line) for line in new]
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    found = [Row(at, at, True) for at in range(head)]
    ends = len(before) - tail, len(after) - tail
    middle = before[head : ends[0]], after[head : ends[1]]
    matcher = difflib.SequenceMatcher(None, *middle, autojunk=max(map(len, middle)) > _JUNK)
    for tag, i1, i2, j1, j2 in _slid(matcher.get_opcodes(), *middle):
        if tag == "equal":
            found += [Row(head + i1 + n, head + j1 + n, True) for n in range(i2 - i1)]
        else:
            found += _beside(old, new, (head + i1, head + i2), (head + j1, head + j2))
    found += [Row(ends[0] + n, ends[1] + n, True) for n in range(tail)]
    return found


def _slid(codes: Sequence[Code], old: Sequence[str], new: Sequence[str]) -> list[Code]:
    """The same changes, but blocks that may as well stand lower do so where that reads better.

    Of the places an insertion or a removal may have, the one that begins with the text that is
    least indented, and best after a blank line, is where somebody wrote it.
    """
    found: list[Code] = list(codes)
    for at in range(len(found) - 1):
        tag, i1, i2, j1, j2 = found[at]
        after = found[at + 1]
        if tag not in ("insert", "delete") or after[0] != "equal" or not at:
            continue
        lines, start, end = (new, j1, j2) if tag == "insert" else (old, i1, i2)
        room = after[2] - after[1] - 1
        steps = 0
        while steps < room and lines[start + steps] == lines[end + steps]:
            steps += 1
        best = min(range(steps + 1), key=lambda n: (*_oddness(lines, start + n), n))
        if best:
            before = found[at - 1]
            found[at - 1] = ("equal", before[1], i1 + best, before[3], j1 + best)
            found[at] = (tag, i1 + best, i2 + best, j1 + best, j2 + best)
            found[at + 1] = ("equal", i2 + best, after[2], j2 + best, after[4])
    return found


def _oddness(lines: Sequence[str], start: int) -> tuple[bool, int, bool]:
    """How unlikely a block begins at a line."""
    first = lines[start]
    blank = not first.strip()
    above = start == 0 or not lines[start - 1].strip()
    return blank, len(first) - len(first.lstrip()), not above


def _beside(
    old: Sequence[str], new: Sequence[str], left: tuple[int, int], right: tuple[int, int]
) -> Iterator[Row]:
    """Changed lines side by side: those that are alike in one row, the others as they come."""
    pairs = _alike(old[left[0] : left[1]], new[right[0] : right[1]])
    i, j = left[0], right[0]
    for a, b in [*pairs, (left[1] - left[0], right[1] - right[0])]:
        a, b = left[0] + a, right[0] + b
        while i < a or j < b:
            yield Row(i if i < a else None, j if j < b else None, False)
            i, j = i + (i < a), j + (j < b)
        if a < left[1] and b < right[1]:
            yield Row(a, b, False)
            i, j = a + 1, b + 1


def _alike(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Which lines became which, in order: the choice with most in common."""
    if not old or not new:
        return []
    if max(len(old), len(new)) > _ALIGNED:
        return [
            (n, n) for n in range(min(len(old), len(new))) if likeness(old[n], new[n]) >= COMMON
        ]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    share = [[likeness(mine, yours) for yours in new] for mine in old]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            both = best[i + 1][j + 1] + share[i][j] if share[i][j] >= COMMON else 0.0
            best[i][j] = max(both, best[i + 1][j], best[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if share[i][j] >= COMMON and best[i][j] == best[i + 1][j + 1] + share[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def likeness(old: str, new: str) -> float:
    """The share of the longer line that is words of both, wherever they stand; blanks count not."""
    mine, yours = Counter(_WORD.findall(old)), Counter(_WORD.findall(new))
    both = sum(len(word) * n for word, n in (mine & yours).items() if not word.isspace())
    longest = max(
        sum(len(word) * n for word, n in side.items() if not word.isspace())
        for side in (mine, yours)
    )
    return both / longest if longest else 0.0


def hunks(found: Sequence[Row]) -> list[Place]:
    """The places where the two differ."""
    places: list[Place] = []
    for at, row in enumerate(found):
        if row.same:
            continue
        if places and at - places[-1].last <= NEAR + 1:
            places[-1] = Place(places[-1].first, at)
        else:
            places.append(Place(at, at))
    return places


class Keys:
    """Names of changed lines and hunks of one file, by what they say; twins are counted."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen: Counter[str] = Counter()

    def of(self, *signed: str) -> LineKey:
        """The key of lines with their signs."""
        text = "\0".join((self._path, *signed))
        self._seen[text] += 1
        data = f"{self._seen[text]}\0{text}".encode("utf-8", "surrogateescape")
        return LineKey(hashlib.sha256(data).hexdigest()[:16])


def signed(row: Row, old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """The changed lines of a row, each with its sign."""
    if row.same:
        return ()
    before = () if row.old is None else ("-" + old[row.old],)
    return before if row.new is None else (*before, "+" + new[row.new])


def _without_space(line: str) -> str:
    return _SPACE.sub("", line)
