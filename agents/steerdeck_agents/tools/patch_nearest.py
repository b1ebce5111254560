"""What comes nearest to lines a patch wants and the file doesn't have, so that it can be mended.

Linear in the file: lines vote for the place where most of the others stand, and only one line is
compared character by character, with the first few thousand of the file.
"""

import difflib
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.tools.patch_match import folded

_MOST_COMPARED = 3000
"""Lines looked at for the nearest match of a line."""
_MOST_VOTES = 8
_WIDEST_COMPARED = 300
_ALIKE = 0.4
"""Share of two lines that must be common for one to be named as near."""
_SHOWN = 160
_PART = 60


class Near(NamedTuple):
    """Which of the wanted lines is missing, by index, and a clause on what is there instead."""

    place: int
    words: str


def nearest(lines: Sequence[str], old: Sequence[str]) -> Near:
    """What comes nearest to `old` in the lines of a file that doesn't hold it."""
    begins = _best_start(lines, old)
    if begins is None:
        there = set(map(folded, lines))
        full = [at for at, line in enumerate(old) if line.strip()]
        place = next((at for at in full if folded(old[at]) not in there), (*full, 0)[0])
        line = old[place] if old else ""
        return Near(place, f"wants `{one_line(line, _SHOWN)}`, which is not in the file"
                    f"{_like(lines, line)}")  # fmt: skip
    for place, line in enumerate(old):
        at = begins + place
        if at >= len(lines):
            said = f"wants `{one_line(line, _SHOWN)}` where the file ends"
        elif folded(lines[at]) != folded(line):
            said = (
                f"wants `{one_line(line, _SHOWN)}` where line {at + 1} of the file is "
                f"`{one_line(lines[at], _SHOWN)}` ({difference(line, lines[at])})"
            )
        else:
            continue
        return Near(place, f"{said}; the lines around it fit at line {begins + 1} of the file")
    return Near(0, f"is out of order: the same lines stand at line {begins + 1} of the file")


def difference(wanted: str, there: str) -> str:
    """In what two different lines differ, as a clause."""
    if "".join(wanted.split()) == "".join(there.split()):
        return "they differ in blanks only"
    if wanted.strip().casefold() == there.strip().casefold():
        return "they differ in case only"
    one, other = wanted.split(), there.split()
    head = 0
    while head < min(len(one), len(other)) and one[head] == other[head]:
        head += 1
    tail = 0
    while tail < min(len(one), len(other)) - head and one[-1 - tail] == other[-1 - tail]:
        tail += 1
    says = " ".join(one[head : len(one) - tail])
    has = " ".join(other[head : len(other) - tail])
    if not has:
        return f"the file lacks `{one_line(says, _PART)}`"
    if not says:
        return f"the patch lacks `{one_line(has, _PART)}`"
    return f"the patch says `{one_line(says, _PART)}`, the file `{one_line(has, _PART)}`"


def _best_start(lines: Sequence[str], old: Sequence[str]) -> int | None:
    """Where most lines that are not blank fit, at least two of them or half."""
    wanted: dict[str, list[int]] = {}
    for offset, line in enumerate(old[:_MOST_COMPARED]):
        if line.strip():
            wanted.setdefault(folded(line), []).append(offset)
    votes: Counter[int] = Counter()
    for index, line in enumerate(lines):
        for offset in wanted.get(folded(line), ())[:_MOST_VOTES]:
            if index - offset >= 0:
                votes[index - offset] += 1
    if not votes:
        return None
    best, count = max(votes.items(), key=lambda vote: (vote[1], -vote[0]))
    return best if count >= 2 or count * 2 >= len(old) else None


def _like(lines: Sequence[str], line: str) -> str:
    wanted = line.strip()[:_WIDEST_COMPARED].casefold()
    first = [text.strip()[:_WIDEST_COMPARED].casefold() for text in lines[:_MOST_COMPARED]]
    near = difflib.get_close_matches(wanted, dict.fromkeys(filter(None, first)), 1, _ALIKE)
    if not near:
        return ", and nothing in it comes near"
    at = first.index(near[0])
    said = difference(line, lines[at])
    return f"; nearest is line {at + 1} of the file `{one_line(lines[at], _SHOWN)}` ({said})"
