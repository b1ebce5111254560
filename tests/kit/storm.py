"""A provider that takes so many requests at once, and sessions that ask it for hours.

The sessions run on the governor, or each backs off for itself as it did before; both live on a
virtual clock and draw their chances from the same seed.
"""

import asyncio
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from kit.virtual import VirtualClock, run
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.models.governor import Cooling, Governor, Provider

PROVIDER = Provider("https://models.invalid/v1", "m")
REQUESTS = 3
"""Requests of a turn."""
ATTEMPTS = 5
LONGEST_S = 30.0
"""The naive session: doubling from half a second, ±10 %, and a turn that fails in the end."""


class Refused(Exception):
    """A 429."""

    def __init__(self, retry_after_s: float | None) -> None:
        super().__init__("429")
        self.retry_after_s = retry_after_s


@dataclass
class Weather:
    """What the provider takes, and when."""

    phase_s: float = 300.0
    limits: tuple[int, ...] = (8, 3, 8)
    retry_after_s: float | None = None
    answer_s: float = 4.0
    per_s: float = 0.0
    """Requests it takes each second, and as many at once; 0 counts those at once only."""
    hints: tuple[float | None, ...] = ()
    """What it says of when to come back, by chance; empty is always `retry_after_s`."""

    @property
    def length_s(self) -> float:
        return self.phase_s * len(self.limits)

    def limit(self, now_s: float) -> int:
        return self.limits[min(int(now_s / self.phase_s), len(self.limits) - 1)]


@dataclass
class Count:
    """What came of it."""

    sent: int = 0
    refused: int = 0
    sent_late: int = 0
    refused_late: int = 0
    """Of both, those after the first ten seconds."""
    failed_turns: int = 0
    turns: dict[SessionId, int] = field(default_factory=dict)
    latencies: dict[SessionId, list[float]] = field(default_factory=dict)
    """Seconds from the wish to ask to the first token."""

    @property
    def done(self) -> int:
        return sum(self.turns.values())

    def jain(self, without: SessionId) -> float:
        """Jain's index of the turns done: 1 when all had the same."""
        each = [turns for session, turns in self.turns.items() if session != without]
        return sum(each) ** 2 / (len(each) * sum(turns * turns for turns in each))

    def p95(self, session: SessionId) -> float:
        return percentile(self.latencies[session], 0.95)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


class SimulatedProvider:
    """Refuses what is too much at once, before the first token."""

    def __init__(self, clock: VirtualClock, weather: Weather, chance: random.Random) -> None:
        self._clock = clock
        self._weather = weather
        self._chance = chance
        self.in_flight = 0
        self.count = Count()
        self._left = weather.per_s
        self._at_s = 0.0

    async def answer(self, first_token: Callable[[], None]) -> None:
        late = self._clock.seconds > 10.0
        self.count.sent += 1
        self.count.sent_late += late
        await asyncio.sleep(0.05)
        if not self._takes():
            self.count.refused += 1
            self.count.refused_late += late
            hints = self._weather.hints or (self._weather.retry_after_s,)
            raise Refused(self._chance.choice(hints))
        self.in_flight += 1
        try:
            await asyncio.sleep(self._chance.uniform(0.4, 0.8))
            first_token()
            await asyncio.sleep(self._weather.answer_s * self._chance.uniform(0.3, 1.7))
        finally:
            self.in_flight -= 1

    def _takes(self) -> bool:
        """Whether one more request is within what it takes now."""
        now_s, per_s = self._clock.seconds, self._weather.per_s
        if not per_s:
            return self.in_flight < self._weather.limit(now_s)
        self._left = min(per_s, self._left + (now_s - self._at_s) * per_s)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass
class Storm:
    """One run of many sessions."""

    clock: VirtualClock
    weather: Weather
    chance: random.Random
    provider: SimulatedProvider
    governor: Governor | None
    sessions: tuple[SessionId, ...]

    async def blow(self) -> Count:
        if self.governor is not None:
            self.governor.look(frozenset(self.sessions[:1]))
        tasks = [asyncio.create_task(self._live(session)) for session in self.sessions]
        await asyncio.sleep(self.weather.length_s)
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(ended, asyncio.CancelledError), ended
        return self.provider.count

    async def _live(self, session: SessionId) -> None:
        count = self.provider.count
        count.turns[session] = 0
        count.latencies[session] = []
        ask = self._naive if self.governor is None else self._governed
        while True:
            for _ in range(REQUESTS):
                wished = self.clock.seconds
                first = await ask(session)
                if first is None:
                    count.latencies[session].append(self.clock.seconds - wished)
                    count.failed_turns += 1
                    break
                count.latencies[session].append(first - wished)
                await asyncio.sleep(self.chance.expovariate(1 / 1.5))
            else:
                count.turns[session] += 1

    async def _naive(self, session: SessionId) -> float | None:
        firsts: list[float] = []
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self.provider.answer(lambda: firsts.append(self.clock.seconds))
            except Refused as refused:
                own = min(LONGEST_S, 0.5 * 2.0 ** (attempt - 1)) * self.chance.uniform(0.9, 1.1)
                await asyncio.sleep(max(own, refused.retry_after_s or 0.0))
            else:
                return firsts[0]
        return None

    async def _governed(self, session: SessionId) -> float | None:
        assert self.governor is not None
        firsts: list[float] = []
        for _ in itertools.count():
            with await self.governor.turn(PROVIDER, session) as ticket:

                def first_token(ticket=ticket) -> None:
                    firsts.append(self.clock.seconds)
                    ticket.first_token()

                try:
                    await self.provider.answer(first_token)
                except Refused as refused:
                    wait = ticket.limited(refused.retry_after_s)
                else:
                    ticket.succeeded()
                    return firsts[0]
            await asyncio.sleep(wait)
        return None


def storm(sessions: int, weather: Weather, *, governed: bool, seed: int = 1) -> Count:
    """What came of so many sessions in that weather; the first one is in view."""
    clock = VirtualClock()
    chance = random.Random(seed)
    made = Storm(
        clock,
        weather,
        chance,
        SimulatedProvider(clock, weather, chance),
        Governor(clock, random.Random(seed), Cooling()) if governed else None,
        tuple(SessionId(f"session-{number}") for number in range(sessions)),
    )
    return run(clock, made.blow())
