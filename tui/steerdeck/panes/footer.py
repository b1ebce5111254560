"""The last row: the keys that work now, or a message, which stands until the next key."""

from steerdeck.glyphs import glyphs
from steerdeck.text import Line, Span, foreign, width_of

Hints = tuple[tuple[str, str], ...]


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


def message(text: str, *, bad: bool) -> Line:
    """A message for the developer; it never goes by itself."""
    mark = Span(f"{glyphs().failed if bad else glyphs().other} ", "failed" if bad else "t2")
    return Line((mark, foreign(text, "t0")))


def _wide(hints: list[tuple[str, str]]) -> int:
    return sum(width_of(key) + width_of(verb) + 4 for key, verb in hints)


def _spans(hints: list[tuple[str, str]]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for key, verb in hints:
        spans += [Span(key, "t1"), Span(f" {verb}", "t3"), Span("   ")]
    return tuple(spans[:-1])
