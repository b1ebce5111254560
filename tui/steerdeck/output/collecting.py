"""When Python looks for what nobody holds any more: never through all of the deck at one stretch.

Going through everything takes longer than a frame once screens and transcripts are there. So the
young is looked through often, and whatever stands while the deck alone is shown is kept out of
later rounds: that stays, or goes without such a search. What a closed screen leaves behind is found
before, for it came since the last round.
"""

import gc
from collections.abc import Callable
from typing import Any

from textual.app import App

_BEGUN_S = 3.0
"""By then the first screens stand and the runtime is attached."""
_LOOK_S = 1.0
_YOUNG = 5_000
"""New objects after which those are looked through: about a millisecond."""
_OLDER = 5
_NEVER = 1_000_000
_SOON, _LATE = 2, 5
"""Rounds over the older ones after which all is looked through: on the deck, and elsewhere."""


class Collector:
    """Collects in small steps."""

    def __init__(self, app: App[Any], rests: Callable[[], bool]) -> None:
        """`rests` says that nothing is being done which may hold a screen that was closed."""
        self._app, self._rests = app, rests
        self._alone = False

    def begin(self) -> None:
        gc.set_threshold(_YOUNG, _OLDER, _NEVER)
        self._app.set_timer(_BEGUN_S, gc.freeze)
        self._app.set_interval(_LOOK_S, self.look)

    def look(self) -> None:
        """Go through what came since the last time, if that is due."""
        rounds = gc.get_count()[2]
        alone = len(self._app.screen_stack) == 1 and self._rests()
        before, self._alone = self._alone, alone
        # A screen takes a moment to leave after it was closed.
        if self._alone and before and rounds >= _SOON:
            gc.collect()
            gc.freeze()
        elif rounds >= _LATE:
            gc.collect()
