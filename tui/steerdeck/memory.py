"""What one deck keeps for the next of this home: how decks are laid out, and the last key.

A choice or a habit of the developer and no fact of any session, so it is kept in the cache.
"""

import msgspec

from steerdeck.arrangement import Arrangement

_MOST = 64


class LastKey(msgspec.Struct, frozen=True):
    """When the developer last did something, and the last event the deck knew then."""

    at_ms: int = 0
    seq: int = 0


class Memory(msgspec.Struct, frozen=True):
    """Kept when a deck closes, read when the next one opens."""

    arrangements: dict[str, Arrangement] = {}
    """By the repository's top folder; of very many the last used stay."""
    last_key: LastKey = LastKey()

    def kept(self) -> "Memory":
        plain = Arrangement()
        used = [(place, plan) for place, plan in self.arrangements.items() if plan != plain]
        return Memory(dict(used[-_MOST:]), self.last_key)
