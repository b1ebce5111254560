"""Facts that are appended without waiting for each one, in order, and waited for at the end."""

import asyncio

from steerdeck_agents.facts.events import KnownEvent
from steerdeck_agents.loop.site import Journal


class Flow:
    """Streamed text on its way to the journal; the writer batches what arrives within 50 ms."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._appends: list[asyncio.Task[tuple[KnownEvent, ...]]] = []

    def send(self, *facts: KnownEvent) -> None:
        self._appends = [task for task in self._appends if not task.done() or task.exception()]
        self._appends.append(asyncio.create_task(self._journal.append(*facts)))

    async def close(self) -> None:
        """Wait until all of it is committed; raises what a commit raised."""
        await asyncio.gather(*self._appends)
