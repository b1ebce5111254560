"""Which words of a changed line are others now: marked only where enough of the line stayed.

Pure, with difflib: for threads only.
"""

import difflib
import re

from steerdeck_agents.workspace.compare import COMMON

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_GAP = 2
"""Cells between two marks that are marked with them."""
LONGEST = 2_000
"""Longer lines get no marks."""

Marks = tuple[tuple[int, int], ...]


def word_marks(old: str, new: str) -> tuple[Marks, Marks]:
    """Start and end of what changed in each; empty when under 40 % of the longer is common."""
    longest = max(len(old), len(new))
    if not longest or longest > LONGEST or old == new:
        return (), ()
    mine, yours = _WORD.findall(old), _WORD.findall(new)
    # What both end with stays: else the first of several brackets is taken for the last.
    tail = 0
    while tail < min(len(mine), len(yours)) and mine[-1 - tail] == yours[-1 - tail]:
        tail += 1
    kept = len("".join(mine[len(mine) - tail :]).strip())
    mine, yours = mine[: len(mine) - tail], yours[: len(yours) - tail]
    matcher = difflib.SequenceMatcher(None, mine, yours, autojunk=False)
    blocks = matcher.get_matching_blocks()
    common = kept + sum(
        len("".join(mine[block.a : block.a + block.size]).strip()) for block in blocks
    )
    if common / max(1, max(len(old.strip()), len(new.strip()))) < COMMON:
        return (), ()
    left: list[tuple[int, int]] = []
    right: list[tuple[int, int]] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            left.append((_length(mine[:i1]), _length(mine[:i2])))
            right.append((_length(yours[:j1]), _length(yours[:j2])))
    return _joined(old, left), _joined(new, right)


def _length(words: list[str]) -> int:
    return sum(map(len, words))


def _joined(text: str, spans: list[tuple[int, int]]) -> Marks:
    """The marks without blanks at their ends, joined over small gaps."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start == end:
            continue
        if found and start - found[-1][1] <= _GAP:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)
