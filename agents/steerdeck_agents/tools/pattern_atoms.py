"""How long a regular expression may take, said of its atoms.

Python's engine backtracks and holds the interpreter while it does, so a search pattern written by
a model could stop the whole runtime. An atom is a set of characters and how often it may repeat;
sets are bit masks over ASCII and three kinds of other characters, and err on the large side.

What backtracks is a row of repetitions that can share the same text. `overlap` counts the longest
such row: with `k` of them a line of n characters costs about n^(k+1) steps. `repeated` allows a
group to repeat only where the text itself says where one round ends.
"""

import itertools
import re
from typing import NamedTuple

from steerdeck_agents.facts.errors import BadArguments

MANY = 16
"""From here on a bounded repetition counts as an endless one."""
_MOST_SEQUENCES = 32
_MOST_ATOMS = 200
_MOST_ENDLESS = 10
_MOST_ROUNDS = 8

_WORD_BIT, _SPACE_BIT, _OTHER_BIT = 1 << 128, 1 << 129, 1 << 130
BEYOND = _WORD_BIT | _SPACE_BIT | _OTHER_BIT
ALL = (1 << 131) - 1
_ALPHABET = (1 << 26) - 1
_FOLDED_BEYOND = sum(1 << ord(letter) for letter in "iksIKS")


class Atom(NamedTuple):
    """One character out of `mask`, between `least` and `most` times (None: no end)."""

    mask: int
    least: int = 1
    most: int | None = 1
    literal: str = ""
    """The character itself, where it can be only one."""

    @property
    def varies(self) -> bool:
        return self.least != self.most

    @property
    def endless(self) -> bool:
        """Whether one start may read far: so do large fixed counts."""
        return self.most is None or self.most > MANY


Sequence = tuple[Atom, ...]


def refused(reason: str) -> BadArguments:
    return BadArguments(
        f"This pattern is not searched with: {reason}. "
        "Search for one plain part of it, and look closer with read_file."
    )


def mask_of(character: str) -> int:
    """The bit of one character."""
    if ord(character) < 128:
        return 1 << ord(character)
    if character.isalnum():
        return _WORD_BIT
    return _SPACE_BIT if character.isspace() else _OTHER_BIT


def any_case(mask: int) -> int:
    """Letters in both cases, and the few that fold across ASCII: right with and without `(?i)`."""
    letters = (mask >> 65 | mask >> 97) & _ALPHABET
    both = mask | letters << 65 | letters << 97
    if both & _FOLDED_BEYOND:
        both |= _WORD_BIT
    return both | _FOLDED_BEYOND if mask & _WORD_BIT else both


def _ascii(allowed: str) -> int:
    return sum(1 << code for code in range(128) if re.match(allowed, chr(code)))


_DIGITS = _ascii(r"\d") | _WORD_BIT
_WORDS = _ascii(r"\w") | _WORD_BIT
_SPACES = _ascii(r"\s") | _SPACE_BIT
CLASSES = {
    "d": _DIGITS, "w": _WORDS, "s": _SPACES,
    "D": ALL & ~_ascii(r"\d"), "W": ALL & ~_WORDS, "S": ALL & ~_SPACES,
}  # fmt: skip


def joined(before: list[Sequence], after: list[Sequence]) -> list[Sequence]:
    """Every sequence of `before` followed by every one of `after`."""
    return checked([a + b for a, b in itertools.product(before, after)])


def checked(sequences: list[Sequence]) -> list[Sequence]:
    if len(sequences) > _MOST_SEQUENCES or any(len(one) > _MOST_ATOMS for one in sequences):
        raise refused("it is too long or has too many alternatives")
    return sequences


def repeated(piece: list[Sequence], least: int, most: int | None) -> list[Sequence]:
    """A piece with a quantifier; BadArguments where its rounds are not clear from the text."""
    if least == most and least <= _MOST_ROUNDS:
        rounds: list[Sequence] = [()]
        for _ in range(least):
            rounds = joined(rounds, piece)
        return rounds
    if len(piece) == 1 and len(piece[0]) == 1 and not piece[0][0].varies:
        return [(piece[0][0]._replace(least=least, most=most),)]
    if most == 1:
        return checked([*piece, ()])
    if not _rounds_are_clear(piece):
        raise refused("it repeats a group that holds a repetition or alternatives itself")
    mask, varies = 0, False
    for atom in itertools.chain(*piece):
        mask |= atom.mask
        varies = varies or atom.varies or atom.endless
    return [(Atom(mask, least, None if varies else most),)]


def _rounds_are_clear(piece: list[Sequence]) -> bool:
    """Whether a text can be split into rounds in one way only."""
    if not all(piece):
        return False
    if len(piece) > 1:
        single = all((one.least, one.most) == (1, 1) for one in itertools.chain(*piece))
        return single and all(_apart(a, b) for a, b in itertools.combinations(piece, 2))
    (body,) = piece
    if not any(atom.varies for atom in body):
        return True
    return any(_marks_a_round(body, index) for index in range(len(body))) and (
        overlap(body + body)[0] <= 1
    )


def _apart(one: Sequence, other: Sequence) -> bool:
    """Whether no text starts with both; their atoms are single characters."""
    return any(not a.mask & b.mask for a, b in zip(one, other, strict=False))


def _marks_a_round(body: Sequence, index: int) -> bool:
    """Whether this atom occurs once a round and nothing else of the round can match it."""
    others = body[:index] + body[index + 1 :]
    mark = body[index]
    return (mark.least, mark.most) == (1, 1) and not any(mark.mask & one.mask for one in others)


def overlap(sequence: Sequence) -> tuple[int, int]:
    """How many endless atoms can share one text, and how many fixed atoms stand between them."""
    endless = [index for index, atom in enumerate(sequence) if atom.endless]
    if len(endless) > _MOST_ENDLESS:
        raise refused("it has too many repetitions")
    most, gap = 0, 0
    for size in range(1, len(endless) + 1):
        rows = [_gap(sequence, row) for row in itertools.combinations(endless, size)]
        gaps = [one for one in rows if one is not None]
        if not gaps:
            break
        most, gap = size, min(gaps)
    return most, gap


def _gap(sequence: Sequence, row: tuple[int, ...]) -> int | None:
    """The fewest fixed atoms between neighbours of the row; None if they can't share a text."""
    shared = ALL
    for index in row:
        shared &= sequence[index].mask
    between = [a for a in sequence[row[0] : row[-1]] if a.least]
    if not shared or not all(atom.mask & shared for atom in between):
        return None
    gaps = [sum(atom.least for atom in sequence[a + 1 : b]) for a, b in itertools.pairwise(row)]
    return min(gaps, default=0)


def ways(sequence: Sequence) -> int:
    """In how many ways the short repetitions can be taken: what `a?a?a?…` multiplies."""
    product = 1
    for atom in sequence:
        if atom.varies and not atom.endless:
            product *= (atom.most or 0) - atom.least + 1
    return product
