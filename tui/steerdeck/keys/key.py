"""What one key is: an act by its id, its keys, its verb, and where it works."""

from typing import Final, Literal

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


_MOVES: Final = frozenset({"move", "scroll", "lane", "hunk", "file", "hit", "next", "hit before"})
_CARDS: Final[frozenset[Place]] = frozenset({"card", "scope"})
_WORDLESS: Final = frozenset(
    {"back", "help", "lanes", "take_back", "complete", "search_complete", "slot", "choice",
     "next_lane", "last_session", "next_part", "last_part", "view", "view_past", "unfold",
     "setting_more", "setting_less", "into_file", "approve_plan", "send_back"}
)  # fmt: skip


def wordless(key: Key) -> bool:
    """Whether a key that can't act says nothing: one sees why, as there is nowhere to go on to.

    On a card, too: what is typed before its answers count was meant for something else.
    """
    name, _, number = key.id.rpartition("_")
    act = name if number.isdigit() else key.id
    moves = key.verb in _MOVES or act in _WORDLESS
    return moves or not key.title or not _CARDS.isdisjoint(key.where)
