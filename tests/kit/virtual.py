"""Time that passes only when everybody waits: asyncio programs of hours run in a moment.

The loop's clock jumps to the next timer instead of sleeping, so the same program has the same
course on every machine.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")
EPOCH_MS = 1_700_000_000_000


class VirtualClock:
    """A clock that a loop moves, or a test."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now_ms(self) -> int:
        return EPOCH_MS + round(self.seconds * 1000)

    def monotonic(self) -> float:
        return self.seconds


class _Selector(selectors.SelectSelector):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None):
        assert timeout is not None, "everybody waits and no timer is set"
        self._clock.seconds += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        super().__init__(_Selector(clock))

    def time(self) -> float:
        return self._clock.seconds


def run(clock: VirtualClock, work: Coroutine[None, None, T]) -> T:
    """The result of a program whose time is `clock`."""
    with asyncio.Runner(loop_factory=lambda: _Loop(clock)) as runner:
        return runner.run(work)
