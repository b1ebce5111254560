"""What could not be read is tried again after a while, ever less often, until it is read."""

import asyncio
from collections.abc import Callable

from steerdeck_agents.facts.ids import SessionId

AGAIN_S = (1.0, 2.0, 5.0)
"""Seconds until the next try; the last one again and again."""


class Later:
    """Sessions whose pages failed; `read` tries one again."""

    def __init__(self, read: Callable[[SessionId], None]) -> None:
        self._read = read
        self._failed: dict[SessionId, int] = {}
        """How often."""
        self._waiting: set[SessionId] = set()

    def failed(self, session: SessionId) -> bool:
        """It could not be read; whether that is news."""
        self._failed[session] = self._failed.get(session, 0) + 1
        return self._failed[session] == 1

    def done(self, session: SessionId) -> None:
        """It was read, or is there no more."""
        self._failed.pop(session, None)

    def forget(self) -> None:
        """Everything is read anew."""
        self._failed.clear()

    async def try_again(self, session: SessionId) -> None:
        """Wait, and have it read unless that was done meanwhile, or another waits for it."""
        failures = self._failed.get(session, 0)
        if not failures or session in self._waiting:
            return
        self._waiting.add(session)
        try:
            await asyncio.sleep(AGAIN_S[min(failures, len(AGAIN_S)) - 1])
        finally:
            self._waiting.discard(session)
        if session in self._failed:
            self._read(session)
