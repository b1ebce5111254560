"""Facts that are appended without waiting for each one, in order.

The writer keeps the order in which appends arrive, so the full append that ends a response or a
call commits everything sent before it. When the journal can't take them that append fails as well,
and there the failure is met; a fact that is no streamed text is tried again.
"""

import asyncio
from collections.abc import Sequence

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import KnownEvent, Streamed
from steerdeck_agents.journal.enclosures import Enclosure
from steerdeck_agents.loop.site import STORAGE_RETRY_S, Journal


class Flow:
    """Streamed text on its way to the journal; the writer batches what arrives within 50 ms."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._appends: set[asyncio.Task[None]] = set()

    def send(self, *facts: KnownEvent, enclosed: Sequence[Enclosure] = ()) -> None:
        append = asyncio.create_task(self._append(facts, enclosed))
        self._appends.add(append)
        append.add_done_callback(self._appends.discard)

    async def queued(self) -> None:
        """Return when all that was sent waits at the writer, ahead of whatever is appended next."""
        await asyncio.sleep(0)

    async def sent(self) -> None:
        """Return when all that was sent is in the journal, or could not be."""
        if self._appends:
            await asyncio.wait(self._appends)

    async def _append(self, facts: tuple[KnownEvent, ...], enclosed: Sequence[Enclosure]) -> None:
        while True:
            try:
                await self._journal.append(*facts, enclosed=enclosed)
            except JournalError as error:
                # Text comes again whole with its end; another fact is told only here.
                if not error.retryable or all(isinstance(fact, Streamed) for fact in facts):
                    return
            else:
                return
            await asyncio.sleep(STORAGE_RETRY_S)
