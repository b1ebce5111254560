"""How long a failed request waits before it is asked again, and when a parked session goes on."""

import asyncio

import pytest
from msgspec.structs import replace

from kit.virtual import EPOCH_MS, VirtualClock, run
from steerdeck_agents.facts.errors import Cause, JournalError, ModelError
from steerdeck_agents.facts.events import RequestEnded, RetryPlanned, SessionParked, TurnStarted
from steerdeck_agents.facts.ids import RequestId, SessionId, TurnId
from steerdeck_agents.facts.reduce.session import fold, reduce
from steerdeck_agents.facts.state import OpenTurn, SessionState
from steerdeck_agents.loop.alarm import Alarm
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.loop.retry import delay_s

SESSION, TURN = SessionId("s"), TurnId("t")
PATIENCE = Patience()


def planned(cause: Cause, count: int, **more: float) -> list[float | None]:
    """The waits of so many failures of one kind in a row."""
    error = ModelError("No.", retryable=True, cause=cause, **more)
    state = fold([TurnStarted(session=SESSION, turn=TURN)])
    waits = []
    for attempt in range(1, count + 1):
        assert state.turn is not None
        asking = replace(state.turn, attempt=attempt)
        waits.append(delay_s(error, cause, asking, PATIENCE, "seed"))
        retry = RetryPlanned(
            session=SESSION, turn=TURN, request=RequestId("r"), attempt=attempt, delay_ms=1,
            reason="No.", cause=cause,
        )  # fmt: skip
        state = reduce(state, retry)
    return waits


def test_a_failing_server_is_asked_ever_later_and_not_for_ever():
    waits = planned("server", PATIENCE.attempts)
    assert waits[-1] is None
    tried = [wait for wait in waits if wait is not None]
    assert len(tried) == PATIENCE.attempts - 1
    for wait, plain in zip(tried, (0.5, 1, 2, 4, 8, 16, 30, 30, 30), strict=True):
        assert wait == pytest.approx(plain, rel=0.1)
    assert (
        len({round(wait / plain, 3) for wait, plain in zip(tried, (0.5, 1, 2, 4), strict=False)})
        > 1
    )


def test_a_network_is_waited_for_without_end_and_a_minute_at_most():
    waits = planned("network", 50)
    assert None not in waits
    for wait, plain in zip(waits, (5, 10, 20, 40, 60, 60), strict=False):
        assert wait == pytest.approx(plain, rel=0.1)
    assert max(wait for wait in waits if wait) <= 66


def test_what_the_server_asks_for_is_the_least():
    assert planned("server", 1, retry_after_s=9.0) == [9.0]


def test_what_can_not_be_helped_is_not_asked_again():
    final = ModelError("No such model.")
    assert delay_s(final, "", OpenTurn(TURN, 1, 1, attempt=1), PATIENCE, "") is None


def test_limits_and_networks_do_not_use_up_the_attempts_and_an_answer_gives_them_back():
    state = fold([TurnStarted(session=SESSION, turn=TURN)])
    causes: tuple[Cause, ...] = ("limit", "network", "server", "silence", "limit")
    for cause in causes:
        state = reduce(
            state,
            RetryPlanned(session=SESSION, turn=TURN, request=RequestId("r"), attempt=1, delay_ms=1,
                         reason="No.", cause=cause),
        )  # fmt: skip
    assert state.turn is not None
    assert state.turn.strikes == 2
    done = RequestEnded(session=SESSION, turn=TURN, request=RequestId("r"), status="completed")
    after = reduce(state, done).turn
    assert after is not None
    assert after.strikes == 0


class Parked:
    """Sessions parked until a time, and when each went on."""

    def __init__(self, clock: VirtualClock, *until_s: float) -> None:
        self.clock = clock
        self.states = {
            number: fold(
                [
                    SessionParked(
                        session=SessionId(str(number)),
                        reason="",
                        until_ms=EPOCH_MS + round(after * 1000),
                    )
                ]
            )
            for number, after in enumerate(until_s)
        }
        self.rang: list[tuple[str, float]] = []
        self.refuse = 0

    async def ring(self, state: SessionState) -> None:
        if self.refuse:
            self.refuse -= 1
            raise JournalError("The disk is full.")
        self.rang.append((state.id, self.clock.monotonic()))
        del self.states[int(state.id)]


def rung(*until_s: float, refuse: int = 0) -> list[tuple[str, float]]:
    clock = VirtualClock()

    async def story() -> Parked:
        parked = Parked(clock, *until_s)
        parked.refuse = refuse
        alarm = Alarm(clock, lambda: list(parked.states.values()), parked.ring)
        running = asyncio.create_task(alarm.run())
        await asyncio.sleep(10_000)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return parked

    return run(clock, story()).rang


def test_each_parked_session_goes_on_at_its_time_and_once():
    assert rung(300.0, 7.0, 45.0) == [("1", 7.0), ("2", 45.0), ("0", 300.0)]


def test_a_time_that_has_passed_is_now():
    assert rung(-5.0) == [("0", 0.0)]


def test_a_journal_that_refuses_is_asked_again():
    ((name, at),) = rung(3.0, refuse=1)
    assert name == "0"
    assert 3.0 < at <= 40.0
