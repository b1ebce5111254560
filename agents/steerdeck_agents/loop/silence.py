"""Watches one stream: silence is said, and in the end it ends the attempt.

Only what belongs to the answer counts; comments that keep a connection open don't. Hearing
something costs one assignment, since that happens for every token.
"""

import asyncio
from types import TracebackType
from typing import Self

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.facts.events import RequestSent, StreamSilent
from steerdeck_agents.loop.flow import Flow
from steerdeck_agents.loop.site import Site

_SUSPENDED_S = 2.0
"""A timer later than this means that the process was stopped, and the server is not to blame."""
_DOUBLINGS = 3


class Silence:
    """A context around the reading of one answer; a ModelError ends it when it falls silent."""

    def __init__(self, site: Site, sent: RequestSent) -> None:
        self._site = site
        self._sent = sent
        turn = site.state.turn
        failures = min(_DOUBLINGS, turn.strikes if turn is not None else 0)
        self._ended_s = max(site.patience.ended_s, site.silence_s) * 2.0**failures
        self._limit = asyncio.timeout(None)
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = 0.0
        self._said = False
        self.heard_s = site.clock.monotonic()
        """When something of the answer came last; set it to hear."""

    async def __aenter__(self) -> Self:
        await self._limit.__aenter__()
        self._look_at(self.heard_s + self._site.patience.said_s)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError as ended:
            raise ModelError(
                f"{self._site.wire_model} sent nothing for {self._ended_s:.0f} s, so the request"
                " was given up.",
                retryable=True,
                cause="silence",
            ) from ended

    def _look_at(self, due_s: float) -> None:
        self._due_s = due_s
        ahead_s = max(0.0, due_s - self._site.clock.monotonic())
        self._timer = asyncio.get_running_loop().call_later(ahead_s, self._look)

    def _look(self) -> None:
        now = self._site.clock.monotonic()
        if now - self._due_s > _SUSPENDED_S:
            self.heard_s = now
        silent_s = now - self.heard_s
        if silent_s < self._site.patience.said_s:
            self._said = False
            self._look_at(self.heard_s + self._site.patience.said_s)
        elif silent_s < self._ended_s:
            if not self._said:
                self._said = True
                self._say(silent_s)
            self._look_at(self.heard_s + self._ended_s)
        else:
            self._limit.reschedule(asyncio.get_running_loop().time())

    def _say(self, silent_s: float) -> None:
        silent = StreamSilent(
            session=self._sent.session,
            turn=self._sent.turn,
            request=self._sent.request,
            silent_ms=round(silent_s * 1000),
        )
        Flow(self._site.journal).send(silent)
