"""Finding a text by some of its letters, the way people half remember paths and titles.

Every word of the query must be in the text: as it stands, or as letters in their order. What stands
at the beginning of a name counts more than what stands within it, and short texts more than long.
Pure, so that the runtime ranks files with it and the deck its commands.
"""

import heapq
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

T = TypeVar("T")

LONGEST = 400
"""Characters of a text that are looked at."""
_MOST_LETTERS = 64
_BORDERS = frozenset("/._- \\:([{@#")


class Match(NamedTuple):
    """How well a text fits, the more the better, and the places of the letters that fit."""

    score: int
    places: tuple[int, ...]


def match(query: str, text: str) -> Match | None:
    """How `text` fits a query of one or several words; an empty query fits everything."""
    low = text[:LONGEST].casefold()
    if len(low) != len(text[:LONGEST]):
        # Letters whose small form is longer would shift the places.
        low = text[:LONGEST].lower()
        low = low if len(low) == len(text[:LONGEST]) else text[:LONGEST]
    score, places = 0, set[int]()
    for word in query.casefold().split():
        found = _word(word[:_MOST_LETTERS], low)
        if found is None:
            return None
        score += found.score
        places.update(found.places)
    return Match(score - len(low) // 4, tuple(sorted(places)))


def best(
    query: str, things: Iterable[T], limit: int, words: Callable[[T], str]
) -> list[tuple[T, Match]]:
    """The `limit` things whose `words` fit best, the best first; equal ones in their order."""
    pattern = _loose(query)
    found = (
        (thing, fits)
        for thing in things
        if pattern.search(text := words(thing)[:LONGEST]) and (fits := match(query, text))
    )
    return heapq.nsmallest(limit, found, key=lambda pair: -pair[1].score)


def _loose(query: str) -> re.Pattern[str]:
    """Letters of the longest word in their order: a quick look that drops most texts."""
    word = max(query.split(), key=len, default="")[:_MOST_LETTERS]
    if not word or not word.isascii():
        return re.compile("")
    head, *rest = (re.escape(letter) for letter in word)
    return re.compile(head + "".join(f"[^{one}]*{one}" for one in rest), re.IGNORECASE)


def _word(word: str, low: str) -> Match | None:
    """One word of the query in a text in small letters."""
    name = low.rstrip("/").rfind("/") + 1
    for start in (name, 0):
        at = low.find(word, start)
        while at > 0 and low[at - 1] not in _BORDERS and (later := low.find(word, at + 1)) > 0:
            at = later
        if at >= 0:
            border = at == 0 or low[at - 1] in _BORDERS
            whole = at + len(word) in (len(low), low.rfind("."))
            score = 1000 + 300 * (start == name) + 200 * border + 100 * (at == name) + 50 * whole
            return Match(score, tuple(range(at, at + len(word))))
    return _scattered(word, low)


def _scattered(word: str, low: str) -> Match | None:
    """Letters in their order, as close together as they come."""
    closest: tuple[int, ...] | None = None
    start = low.find(word[0])
    tries = 0
    while start >= 0 and tries < 16:
        places = [start]
        for letter in word[1:]:
            at = low.find(letter, places[-1] + 1)
            if at < 0:
                break
            places.append(at)
        if len(places) < len(word):
            break
        if closest is None or _worth(tuple(places), low) > _worth(closest, low):
            closest = tuple(places)
        start, tries = low.find(word[0], start + 1), tries + 1
    return None if closest is None else Match(_worth(closest, low), closest)


def _worth(places: tuple[int, ...], low: str) -> int:
    span = places[-1] - places[0] + 1 - len(places)
    borders = sum(at == 0 or low[at - 1] in _BORDERS for at in places)
    return 500 - 4 * span + 40 * borders
