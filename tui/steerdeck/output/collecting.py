"""When Python looks for what nobody holds any more: often among the young, rarely among all.

What stands when the first screens are there is kept out of every round: classes and modules, more
than half of all. The rest is little enough that a round over it stays below a frame, since rows of
cells are thin (`seam.thin_strips`). Nothing else is ever kept out: whatever is alive at such a
moment and left later, as a screen that takes its time to go, would stay for good.

What Python has found is free is not yet the system's: the C library keeps it in pieces, and in days
the pieces between what lives grow. So it is asked to give them back, in a thread, now and then.
"""

import asyncio
import gc
from collections.abc import Callable
from typing import Any

from textual.app import App

from steerdeck.output.sums import forget_sums

_BEGUN_S = 3.0
"""By then the first screens stand and the runtime is attached."""
_LOOK_S = 1.0
_GIVES_S = 30.0
"""How often old results are forgotten and what is free is given back to the system."""
_OWN_PLACE = 64 * 1024
"""Bytes from which a page gets memory of its own, which goes as a whole when the page does."""
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""Parameters of mallopt(3)."""
_YOUNG = 5_000
"""New objects after which those are looked through: about a millisecond."""
_OLDER = 2
_NEVER = 1_000_000
_SOON, _LATE = 4, 12
"""Rounds over the older ones after which all is looked through: on the deck, and elsewhere."""


class Collector:
    """Collects in small steps."""

    def __init__(self, app: App[Any], rests: Callable[[], bool]) -> None:
        """`rests` says that nothing is being done that a round over everything may hold up."""
        self._app, self._rests = app, rests
        self._open: set[int] = set()
        self._after = 0
        """Looks until what a closed screen left is gone through: that is much, more with the next.

        First the young part of it, then all: one stretch for both would be felt.
        """

    def begin(self) -> None:
        gc.set_threshold(_YOUNG, _OLDER, _NEVER)
        self._app.set_timer(_BEGUN_S, self._begun)
        self._app.set_interval(_LOOK_S, self.look)
        self._app.set_interval(_GIVES_S, self._give)

    def _begun(self) -> None:
        gc.freeze()
        asyncio.get_running_loop().run_in_executor(None, keep_apart)

    def _give(self) -> None:
        forget_sums()
        asyncio.get_running_loop().run_in_executor(None, give_back)

    def look(self) -> None:
        """Go through all that came since the beginning, if that is due."""
        stack = self._app.screen_stack
        alone = len(stack) == 1 and self._rests()
        left, self._after = self._after, max(0, self._after - 1)
        now = {id(screen) for screen in stack}
        if self._open - now and not self._after:
            # A screen takes a moment to leave after it was closed; the next ones put nothing off.
            self._after = 2
        self._open = now
        if left == 1 or gc.get_count()[2] >= (_SOON if alone else _LATE):
            gc.collect()
        elif left:
            gc.collect(1)
        if left == 1 and len(stack) == 1:
            self._give()


def give_back() -> bool:
    """Let the system have the memory that is free; False where the C library does not offer it.

    It keeps what threads read large pages into: twenty megabytes after a long replay.
    """
    trim = _of_the_library("malloc_trim")
    return trim is not None and trim(0) >= 0


def keep_apart() -> bool:
    """Have large pages lie apart; False where the C library does not offer it.

    It would raise that limit by itself with the first large page that is given back, to 32 MB.
    """
    choose = _of_the_library("mallopt")
    return choose is not None and all(
        choose(what, _OWN_PLACE) for what in (_MMAP_THRESHOLD, _TRIM_THRESHOLD)
    )


def _of_the_library(name: str) -> Callable[..., int] | None:
    # Loaded when it is needed and not before the first frame.
    import ctypes

    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):
        return None
    return found
