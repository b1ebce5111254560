"""What one key is: an act by its id, its keys, its verb, and where it works."""

from typing import Literal

import msgspec

Place = Literal[
    "anywhere", "composer", "deck", "zoom", "inbox", "card", "replay", "dialog", "new", "land",
    "help", "words", "scope", "review", "rules", "overlap", "tools", "call", "search",
    "plan", "mark",
    "settings", "welcome",
]  # fmt: skip
"""Where the keys go: `composer` is text; in every other place letters are commands."""


class Key(msgspec.Struct, frozen=True):
    """One act and its keys; `foot` orders it in the footer, left below zero, right above."""

    id: str
    keys: tuple[str, ...]
    verb: str
    where: tuple[Place, ...]
    title: str = ""
    """A sentence for palette and help; an act without one is not in the palette."""
    foot: int = 0
    leader: str = ""
    """The key behind Ctrl+X; an act of the deck has its first letter there by itself."""
    shown: str = ""
    """What the footer writes instead of the first key, such as `h l` for a pair."""
