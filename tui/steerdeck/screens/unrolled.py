"""A recording's timeline at the size it is drawn at, made beside the loop where it is long."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from steerdeck.commands import Helm
from steerdeck.panes.timeline import Timeline
from steerdeck_agents.facts.course import Course
from steerdeck_agents.facts.state import SessionState

_LONG = 2_000
"""Events from which on reading them takes longer than a frame leaves."""


class Unrolled:
    """The timeline as it was made last; `made` is called when one comes later."""

    def __init__(self, helm: Helm, made: Callable[[], None]) -> None:
        self.line: Timeline | None = None
        self._helm, self._made = helm, made
        self._wanted: object = None

    def forget(self) -> None:
        """It must be made anew: another size, or another recording."""
        self.line = self._wanted = None

    def make(
        self,
        course: Course,
        sessions: Callable[[], Sequence[SessionState]],
        width: int,
        *,
        low: bool,
    ) -> None:
        """Have it made, of these sessions, if there is none; `low` is without marks."""
        if self.line is not None or self._wanted is not None or not len(course):
            return
        make = partial(Timeline, course, sessions(), width, low=low)
        if len(course) <= _LONG:
            self.line = make()
        else:
            self._wanted = make
            self._helm.go(self._beside(make))

    async def _beside(self, make: Callable[[], Timeline]) -> None:
        line = await asyncio.to_thread(make)
        if self._wanted is make:
            self.line, self._wanted = line, None
            self._made()
