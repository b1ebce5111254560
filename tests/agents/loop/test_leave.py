"""Closing comes to an end, whatever becomes of a cancellation on its way."""

import asyncio

import pytest

from steerdeck_agents.facts.ids import SystemClock
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.loop import leave
from steerdeck_agents.loop.alarm import Alarm


@pytest.mark.parametrize("steps", range(6))
def test_a_cancellation_that_comes_with_a_fact_is_not_lost(steps: int):
    async def story() -> None:
        async def ring(state: SessionState) -> None:
            raise AssertionError(state)

        alarm = Alarm(SystemClock(), lambda: (), ring)
        task = asyncio.create_task(alarm.run())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        alarm.look()
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task}, timeout=1)
        ended = task.cancelled()
        task.cancel()
        await asyncio.wait({task})
        assert ended

    asyncio.run(story())


class Deaf:
    """Work that loses so many cancellations."""

    def __init__(self, losses: int) -> None:
        self.losses = losses
        self.going = asyncio.Event()

    async def work(self) -> None:
        while True:
            try:
                self.going.set()
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.losses -= 1
                if self.losses < 0:
                    raise


def test_a_lost_cancellation_is_repeated(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(leave, "AGAIN_S", 0.01)

    async def story() -> None:
        deaf = Deaf(losses=2)
        task = asyncio.create_task(deaf.work())
        await deaf.going.wait()
        assert await leave.ended(task, within_s=30)
        assert task.cancelled()

    asyncio.run(story())


def test_what_does_not_end_is_left_and_where_it_hangs_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(leave, "AGAIN_S", 0.01)

    async def story() -> None:
        deaf = Deaf(losses=1_000_000)
        task = asyncio.create_task(deaf.work(), name="the deaf one")
        await deaf.going.wait()
        assert not await leave.ended(task, within_s=0.03)
        deaf.losses = 0
        assert await leave.ended(task, within_s=30)

    asyncio.run(story())
    (said,) = caplog.messages
    assert said.startswith("the deaf one does not end and is left: test_leave.py:")
    assert "work > locks.py" in said


def test_a_part_of_closing_ends_or_is_told_of_and_left(caplog: pytest.LogCaptureFixture):
    async def ends() -> int:
        return 1

    async def fails() -> None:
        raise OSError("no such disk")

    async def story() -> None:
        assert await leave.finished(ends(), "this", within_s=30)
        assert not await leave.finished(fails(), "that", within_s=30)
        assert not await leave.finished(asyncio.Event().wait(), "the third", within_s=0.01)

    asyncio.run(story())
    failed, hangs = caplog.messages
    assert failed == "that failed: no such disk"
    assert hangs.startswith("the third takes longer than 0.01 s and is left: locks.py:")
