"""Tags: the developer's own words for sessions, by which several are shown, found and spoken to."""

import re
from collections.abc import Iterable

MOST = 8
"""Tags of one session."""
_WORD = re.compile(r"[^\W_][\w.-]{0,23}")


def possible(tag: str) -> bool:
    """Whether it is one word that can be written on a command line and shown in a rail."""
    return _WORD.fullmatch(tag) is not None


def changed(tags: tuple[str, ...], add: Iterable[str], remove: Iterable[str]) -> tuple[str, ...]:
    """The tags after a change, in the order they were given."""
    gone = set(remove)
    kept = [tag for tag in tags if tag not in gone]
    return tuple(dict.fromkeys([*kept, *(tag for tag in add if tag not in gone)]))


def told(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What `+urgent -later docs` adds and takes away; a word without a sign is added."""
    add: list[str] = []
    remove: list[str] = []
    for word in text.replace(",", " ").split():
        (remove if word.startswith("-") else add).append(word.lstrip("+-#"))
    return tuple(add), tuple(remove)
