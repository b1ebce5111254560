"""Lets parked sessions go on when their time has come, also after a restart of the runtime.

The times are read from states, so nothing but the journal needs to remember them.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.ids import SKEW_MS, Clock
from steerdeck_agents.facts.state import SessionState

log = logging.getLogger(__name__)

LOOK_S = 30.0
"""Longest sleep: the wall clock, by which sessions are parked, may be changed meanwhile."""


class Alarm:
    """Rings once for each session whose `parked_until_ms` has passed."""

    def __init__(
        self,
        clock: Clock,
        states: Callable[[], Iterable[SessionState]],
        ring: Callable[[SessionState], Awaitable[None]],
    ) -> None:
        self._clock = clock
        self._states = states
        self._ring = ring
        self._changed = asyncio.Event()

    def look(self) -> None:
        """A session was parked."""
        self._changed.set()

    async def run(self) -> None:
        """Ring for ever."""
        while True:
            self._changed.clear()
            pause_s = LOOK_S
            try:
                for state in self._states():
                    if not state.parked or state.archived or state.parked_until_ms is None:
                        continue
                    now_ms = self._clock.now_ms()
                    left_s = (state.parked_until_ms - now_ms) / 1000
                    # Once the clock was set back nobody knows its time: asking again tells it.
                    if left_s <= 0 or now_ms < state.changed_ms - SKEW_MS:
                        await self._ring(state)
                    else:
                        pause_s = min(pause_s, left_s)
            except JournalError as error:
                log.error("a parked session stays parked for now: %s", error)
            # Not `wait_for`, which can lose a cancellation to a session parked at that moment.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._changed.wait()
