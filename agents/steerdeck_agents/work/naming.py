"""Names and slots of living sessions, each chosen and taken under one lock.

A name is short and made of the words the developer used, since it is typed and read in a lane's
header; a slot is the lowest free number, so that keys stay where fingers know them.
"""

import asyncio
import re
import unicodedata
from collections.abc import Callable, Sequence

from steerdeck_agents.facts.events import KnownEvent
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.enclosures import Enclosure
from steerdeck_agents.journal.writer import Writer

NAME_LIMIT = 24


def spelled(text: str) -> str:
    """In small letters, those with marks as the ones below the marks, since a name is typed."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def short_name(wish: str) -> str:
    """The first words of a wish that fit a name: the Latin ones, or else those of its own script.

    Other scripts get half as many letters, since many of them take two cells each.
    """
    words, room = re.findall(r"[a-z0-9]+", spelled(wish)), NAME_LIMIT
    if not words:
        room = NAME_LIMIT // 2
        whole = unicodedata.normalize("NFKC", wish.casefold())
        kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in whole)
        words = [word[: room - 1] for word in "".join(kept).split()]
    name = ""
    for word in words:
        if len(name) + len(word) + 1 > room:
            break
        name = f"{name}-{word}" if name else word
    return name or "session"


class Names:
    """The names and slots of a runtime's sessions."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.choosing = asyncio.Lock()
        """Held from the choice of a free name and slot until they are taken."""

    async def admit(
        self,
        wish: str,
        born: Callable[[str, int], Sequence[KnownEvent]],
        enclosed: Sequence[Enclosure] = (),
    ) -> tuple[KnownEvent, ...]:
        """Append the first facts of a session, which `born` makes of a free name like `wish` and
        a free slot; gives them back with seq and time.
        """
        async with self.choosing:
            facts = born(self.free_name(wish), self.free_slot())
            return await self._writer.append(*facts, full=True, enclosed=enclosed)

    def free_name(self, wish: str) -> str:
        """A short name no living session has."""
        name = short_name(wish)
        taken = {state.name for state in self._living()}
        number, unique = 1, name
        while unique in taken:
            number += 1
            unique = f"{name}-{number}"
        return unique

    def free_slot(self) -> int:
        """The lowest slot no living session has."""
        taken = {state.slot for state in self._living()}
        return next(slot for slot in range(1, len(taken) + 2) if slot not in taken)

    def _living(self) -> list[SessionState]:
        return [state for state in self._writer.states().values() if not state.archived]
