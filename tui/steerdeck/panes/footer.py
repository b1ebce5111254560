"""The last row: the keys that work now, or a message, which stands until the next key.

Each key is clickable: its span names the act, which the screen then does as if it was pressed.
"""

from typing import NamedTuple

from steerdeck.glyphs import glyphs
from steerdeck.text import Line, Span, fit, foreign, width_of


class Hint(NamedTuple):
    """A key as people write it, its verb, and the id of the act."""

    key: str
    verb: str
    act: str = ""


Hints = tuple[Hint, ...]
_ROWS = 8
"""Most rows of a message, about."""


def footer(left: Hints, right: Hints, width: int) -> Line:
    """What acts here left, what acts everywhere right; the least important go when room ends."""
    here, there = list(left), list(right)
    most = 6 if width < 96 else 8
    while len(here) + len(there) > most or _wide(here) + _wide(there) + 2 > width - 4:
        if len(here) > 3 or (here and len(there) <= 4):
            here.pop()
        elif len(there) > 1:
            there.pop(0)
        else:
            break
    return Line(_spans(here), _spans(there))


def message(text: str, *, bad: bool, right: Hints = (), width: int) -> Line:
    """A message for the developer, which never goes by itself, and the `right` that it leaves.

    It is read to its end, in as many rows as that takes; one that would fill a screen is cut.
    """
    mark = Span(f"{glyphs().failed if bad else glyphs().other} ", "failed" if bad else "t2")
    there = list(right)
    while there and width_of(text) + _wide(there) + 4 > width - 4:
        there.pop(0)
    words = foreign(fit(text, _ROWS * max(1, width - 8)), "t0")
    return Line((mark, words), _spans(there), hang=2, wrap=True)


def _wide(hints: list[Hint]) -> int:
    return sum(width_of(hint.key) + width_of(hint.verb) + 4 for hint in hints)


def _spans(hints: list[Hint]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for key, verb, act in hints:
        pressed = f"do:{act}" if act else ""
        spans += [Span(key, "t1", id=pressed), Span(f" {verb}", "t3", id=pressed), Span("   ")]
    return tuple(spans[:-1])
