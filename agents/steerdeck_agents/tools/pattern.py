"""Search patterns that can't stop the runtime.

A pattern is taken when its cost on one line can be bounded; then lines are searched only as far as
that bound allows (thousands of characters for nearly every pattern people write). What can't be
bounded is refused with a sentence, before any file is opened.
"""

import math
import re
from typing import NamedTuple

from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.tools.pattern_atoms import Sequence, overlap, refused, ways
from steerdeck_agents.tools.pattern_bytes import bytes_pattern
from steerdeck_agents.tools.pattern_parse import Parser

_LONGEST = 1000
_STEPS = 3_000_000
"""About the most steps one line may cost: under a tenth of a second."""
_MOST_WAYS = 1000
_LONGEST_LINE = 100_000
_SET_OR_ESCAPE = re.compile(r"\\.|(\[\^?\]?)((?:[^\]\\]|\\.)+)")
_OPENING = re.compile(r"(\\.)|\[")
_DOUBLED = re.compile(r"(&)&+|(~)~+|(\|)\|+")
_SHORTEST_LINE = 200
"""A pattern that allows less than this is refused instead."""


class Pattern(NamedTuple):
    """A regular expression and how much of a line it may be given."""

    regex: re.Pattern[str]
    line_limit: int
    literal: str
    """Text every matching line holds; empty where there is none."""
    in_bytes: str
    """A pattern for another program that matches at least as much; empty where it tells nothing."""


def compiled(text: str) -> Pattern:
    """Raises BadArguments for what is no regular expression or could take too long."""
    if not text:
        raise BadArguments("The pattern is empty; say what to search for.")
    if len(text) > _LONGEST:
        raise BadArguments(f"The pattern is longer than {_LONGEST} characters.")
    if "\n" in text:
        raise BadArguments("Lines are searched one by one, so a pattern can't hold a line end.")
    while text.startswith(".*") and text[2:3] not in ("", "?", "+", "|", "{"):
        text = text[2:]
    try:
        text = _plain_sets(text)
        regex = re.compile(text)
        sequences = Parser(text).parse()
    except (re.error, OverflowError, RecursionError) as problem:
        raise BadArguments(
            f"`{one_line(text, 120)}` is not a regular expression of Python: "
            f"{one_line(str(problem), 120)}. Put `\\` before characters meant literally."
        ) from None
    limit = min(_line_limit(sequence) for sequence in sequences)
    literal = _literal(sequences[0]) if len(sequences) == 1 and "(?" not in text else ""
    return Pattern(regex, limit, literal, bytes_pattern(sequences))


def _line_limit(sequence: Sequence) -> int:
    count = ways(sequence)
    if count > _MOST_WAYS:
        raise refused("it has too many optional parts")
    rows, gap = overlap(sequence)
    if not rows:
        return _LONGEST_LINE // count
    power = rows + 1
    limit = int((1 + gap) * (_STEPS / count * math.factorial(power)) ** (1 / power))
    if limit < _SHORTEST_LINE:
        raise refused("it has several repetitions that can match the same text")
    return min(limit, _LONGEST_LINE)


def _literal(sequence: Sequence) -> str:
    """The longest run of single characters the sequence must hold."""
    runs = "".join(
        atom.literal if atom.literal and (atom.least, atom.most) == (1, 1) else "\n"
        for atom in sequence
    )
    return max(runs.split("\n"), key=len)


def _plain_sets(text: str) -> str:
    """The same pattern, its sets written without what Python warns may mean more one day."""
    return _SET_OR_ESCAPE.sub(_plain_set, text)


def _plain_set(part: re.Match[str]) -> str:
    if not part[2]:
        return part[0]
    if "--" in part[2]:
        raise refused("it has `--` in a set; write `\\-` for a dash")
    members = _OPENING.sub(lambda one: one[1] or r"\[", part[2])
    return part[1] + _DOUBLED.sub(lambda one: one[0][0], members)
