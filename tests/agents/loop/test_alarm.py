"""Parked sessions go on at their time, and at once where nobody knows any more when that is."""

import asyncio
from dataclasses import dataclass

import pytest

from steerdeck_agents.facts.ids import SKEW_MS, SessionId
from steerdeck_agents.facts.ruling import Meter
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_terms import left
from steerdeck_agents.loop.alarm import Alarm

PARKED_MS, HOUR_MS = 1_795_170_000_000, 3_600_000


@dataclass
class Clock:
    ms: int

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return 0.0


@pytest.mark.parametrize(
    ("now_ms", "rings"),
    [
        (PARKED_MS, False),
        (PARKED_MS + HOUR_MS, True),
        (PARKED_MS - SKEW_MS, False),
        (PARKED_MS - 24 * 365 * HOUR_MS, True),
    ],
)
def test_a_clock_that_was_set_back_far_lets_a_parked_session_go_on(now_ms: int, rings: bool):
    state = SessionState(id=SessionId("s"), parked=True, parked_until_ms=PARKED_MS + HOUR_MS,
                         changed_ms=PARKED_MS)  # fmt: skip
    rung: list[str] = []

    async def ring(state: SessionState) -> None:
        rung.append(state.id)

    async def run() -> None:
        running = asyncio.create_task(Alarm(Clock(now_ms), lambda: [state], ring).run())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running.cancel()

    asyncio.run(run())
    assert bool(rung) is rings


@pytest.mark.parametrize(
    ("now_ms", "holds"),
    [
        (PARKED_MS, True),
        (PARKED_MS + HOUR_MS, False),
        (PARKED_MS - SKEW_MS, True),
        (PARKED_MS - HOUR_MS, False),
    ],
)
def test_a_temporary_rule_does_not_live_on_behind_a_clock_set_back(now_ms: int, holds: bool):
    rule = Rule(id="r", command="ls", made_ms=PARKED_MS, until_ms=PARKED_MS + HOUR_MS)
    assert (left(rule, Meter("r"), now_ms).over == "") is holds
