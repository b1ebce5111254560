"""The governor: one limiter for each provider and model, shared by all sessions of a runtime.

Sessions that back off each for itself keep a busy provider busier and starve each other. Here a
request waits for its turn instead: the session in view first, then who was served least. When the
provider refuses one, all wait; when a usage limit is met, all learn of it without asking.
"""

import asyncio
import random
from dataclasses import dataclass, field
from types import TracebackType
from typing import NamedTuple, Self

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.facts.ids import Clock, SessionId
from steerdeck_agents.models.governor_window import Window

AGED_S = 20.0
"""Who waited so long is not passed over twice in a row by the session in view."""


class Cooling(NamedTuple):
    """How long a provider that refused is left alone, in seconds, when it does not say so."""

    first_s: float = 0.5
    longest_s: float = 30.0


class Provider(NamedTuple):
    """What has a limit of its own."""

    base_url: str
    model: str


class Gauge(NamedTuple):
    """How one provider is, at a glance."""

    provider: Provider
    in_flight: int
    window: int
    waiting: int
    cooling_s: float
    """How long nothing will be sent; 0 when it may be."""


class Place(NamedTuple):
    """Where a request stands in line."""

    place: int
    """1 is the next."""
    waiting: int
    cooling_s: float


@dataclass(eq=False)
class _Waiter:
    session: SessionId
    since_s: float
    admitted: "asyncio.Future[Ticket]"


class Ticket:
    """The right to have one request in flight; a context that gives it back."""

    def __init__(self, limiter: "_Limiter", session: SessionId, waited_s: float) -> None:
        self.waited_s = waited_s
        self._limiter = limiter
        self._session = session
        self._sent_s = limiter.clock.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.give_back()

    def give_back(self) -> None:
        """The request is over, however it ended; more than once is as good as once."""
        self._limiter.give_back(self, self._session, self._sent_s)

    def sent(self) -> None:
        """The bytes leave now; until then the time counts for nothing."""
        self._sent_s = self._limiter.clock.monotonic()

    def first_token(self) -> None:
        now = self._limiter.clock.monotonic()
        self._limiter.window.first_token(
            self._session, now - self._sent_s, now, self._limiter.in_flight
        )
        self._limiter.admit()

    def succeeded(self) -> None:
        self._limiter.succeeded(self._sent_s)

    def limited(self, retry_after_s: float | None) -> float:
        """The provider refused for now; the seconds for which nothing will be sent to it."""
        return self._limiter.limited(self._sent_s, retry_after_s or 0.0)

    def failed(self) -> None:
        """The server failed, in a way that may come from load."""
        self._limiter.window.failed(self._sent_s, self._limiter.clock.monotonic())

    def spent(self, error: ModelError) -> None:
        """The account's usage limit is met; all who ask before its reset get this error."""
        self._limiter.spent(error)


class Governor:
    """All limiters; belongs to one event loop."""

    def __init__(self, clock: Clock, chance: random.Random, cooling: Cooling) -> None:
        self._clock = clock
        self._chance = chance
        self._cooling = cooling
        self._limiters: dict[Provider, _Limiter] = {}
        self._hints = _Hints()

    async def turn(self, provider: Provider, session: SessionId) -> Ticket:
        """Wait until this session may send a request.

        Raises:
            ModelError: `usage`, when the account's limit is met and its reset is still to come.
        """
        limiter = self._limiters.get(provider)
        if limiter is None:
            limiter = _Limiter(self._clock, self._chance, self._cooling, self._hints)
            self._limiters[provider] = limiter
        return await limiter.turn(session)

    def look(self, sessions: frozenset[SessionId]) -> None:
        """These are in view: their requests go first."""
        self._hints.in_view = sessions

    def hasten(self, session: SessionId) -> None:
        """The developer wants this session's next request sent, whatever the limiter thinks."""
        self._hints.hasty.add(session)
        for limiter in self._limiters.values():
            limiter.admit()

    def forget(self, session: SessionId) -> None:
        """The session is over."""
        self._hints.hasty.discard(session)
        for limiter in self._limiters.values():
            limiter.window.forget(session)

    def place(self, session: SessionId) -> Place | None:
        """Where the session's request stands in line; None when it doesn't."""
        places = (limiter.place(session) for limiter in self._limiters.values())
        return next((place for place in places if place is not None), None)

    def gauges(self) -> tuple[Gauge, ...]:
        return tuple(
            Gauge(
                provider,
                limiter.in_flight,
                int(limiter.window.size),
                limiter.waiting,
                limiter.cooling_s,
            )
            for provider, limiter in self._limiters.items()
        )


@dataclass
class _Hints:
    """What the developer does, as far as it matters here."""

    in_view: frozenset[SessionId] = frozenset()
    hasty: set[SessionId] = field(default_factory=set)


class _Limiter:
    """Window, gate and line of one provider."""

    def __init__(
        self, clock: Clock, chance: random.Random, cooling: Cooling, hints: _Hints
    ) -> None:
        self.clock = clock
        self.window = Window()
        self._chance = chance
        self._cooling = cooling
        self._hints = hints
        self._line: list[_Waiter] = []
        self._tickets: set[Ticket] = set()
        self._served: dict[SessionId, float] = {}
        """Virtual time: the seconds of requests each had, from a common start."""
        self._served_now = 0.0
        self._passed_over = False
        self._open_s = float("-inf")
        self._refusals = 0
        self._refused_s = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._spent: ModelError | None = None
        self._reset_s = float("-inf")

    @property
    def in_flight(self) -> int:
        return len(self._tickets)

    @property
    def waiting(self) -> int:
        return len(self._line)

    @property
    def cooling_s(self) -> float:
        return max(0.0, self._open_s - self.clock.monotonic(), self._until_reset_s)

    @property
    def _until_reset_s(self) -> float:
        return max(0.0, self._reset_s - self.clock.monotonic())

    async def turn(self, session: SessionId) -> Ticket:
        if self._spent is not None and self._until_reset_s and session not in self._hints.hasty:
            raise _still(self._spent, self._until_reset_s)
        if not self._line and not self._tickets:
            self._served.clear()
            self._served_now = 0.0
        self._served[session] = max(self._served.get(session, 0.0), self._served_now)
        admitted: asyncio.Future[Ticket] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(session, self.clock.monotonic(), admitted)
        self._line.append(waiter)
        self.admit()
        try:
            return await admitted
        except asyncio.CancelledError:
            if waiter in self._line:
                self._line.remove(waiter)
            elif not admitted.cancelled() and admitted.exception() is None:
                admitted.result().give_back()
            raise

    def admit(self) -> None:
        """Let in all who may be sent now."""
        # A task that was cancelled has not yet taken itself out of the line.
        self._line = [waiter for waiter in self._line if not waiter.admitted.done()]
        while self._line:
            waiter = self._next()
            hasty = waiter.session in self._hints.hasty
            if not hasty and self.cooling_s > 0:
                self._look_again(self.cooling_s)
                return
            if not hasty and not self.window.has_room(self.in_flight):
                return
            self._let_in(waiter)

    def give_back(self, ticket: Ticket, session: SessionId, sent_s: float) -> None:
        if ticket not in self._tickets:
            return
        self._tickets.discard(ticket)
        held = self.clock.monotonic() - sent_s
        self._served[session] = self._served.get(session, self._served_now) + held
        self.admit()

    def succeeded(self, sent_s: float) -> None:
        self.window.succeeded(self.in_flight)
        self._reset_s = float("-inf")
        if sent_s > self._refused_s:
            self._refusals = 0

    def limited(self, sent_s: float, retry_after_s: float) -> float:
        now = self.clock.monotonic()
        if self.window.refused(sent_s, now, self.in_flight):
            self._refusals += 1
            self._refused_s = now
        doublings = min(20, max(self._refusals, 1) - 1)
        longest = min(self._cooling.longest_s, self._cooling.first_s * 2.0**doublings)
        # What the provider asks for is the least; chance on top, so that nothing comes in step.
        wait = retry_after_s + self._chance.uniform(0.0, longest)
        self._open_s = max(self._open_s, now + wait)
        return self.cooling_s

    def spent(self, error: ModelError) -> None:
        if error.retry_after_s is None:
            return
        self._spent = error
        self._reset_s = self.clock.monotonic() + error.retry_after_s
        for waiter in self._line:
            if not waiter.admitted.done():
                waiter.admitted.set_exception(_still(error, error.retry_after_s))
        self._line.clear()

    def place(self, session: SessionId) -> Place | None:
        order = [waiter.session for waiter in sorted(self._line, key=self._rank)]
        if session not in order:
            return None
        return Place(order.index(session) + 1, len(order), self.cooling_s)

    def _next(self) -> _Waiter:
        """Who comes next; the one in view takes turns with those who waited too long."""
        first = min(self._line, key=self._rank)
        if self._passed_over and first.session not in self._hints.hasty:
            aged = [waiter for waiter in self._line if self._aged(waiter)]
            return min(aged, key=self._rank_unseen, default=first)
        return first

    def _rank(self, waiter: _Waiter) -> tuple[object, ...]:
        hasty = waiter.session in self._hints.hasty
        in_view = waiter.session in self._hints.in_view
        return (not hasty, not in_view, *self._rank_unseen(waiter))

    def _rank_unseen(self, waiter: _Waiter) -> tuple[object, ...]:
        aged = self._aged(waiter)
        return (not aged, 0.0 if aged else self._served[waiter.session], waiter.since_s)

    def _aged(self, waiter: _Waiter) -> bool:
        return self.clock.monotonic() - waiter.since_s > AGED_S

    def _let_in(self, waiter: _Waiter) -> None:
        self._line.remove(waiter)
        self._hints.hasty.discard(waiter.session)
        seen = waiter.session in self._hints.in_view
        self._passed_over = seen and any(self._aged(other) for other in self._line)
        if not seen:
            self._served_now = max(self._served_now, self._served[waiter.session])
        ticket = Ticket(self, waiter.session, self.clock.monotonic() - waiter.since_s)
        self._tickets.add(ticket)
        waiter.admitted.set_result(ticket)

    def _look_again(self, after_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(after_s, self.admit)


def _still(error: ModelError, left_s: float) -> ModelError:
    return ModelError(str(error), retry_after_s=left_s, cause="usage")
