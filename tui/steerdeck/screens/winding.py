"""Moving in a recording: to an event, to what is looked for, to a time; by itself, or step by step.

A short way is gone at once. On a long one what is missing is read piece by piece, and whoever
wants to go elsewhere meanwhile is taken there.
"""

import asyncio
import re
from datetime import datetime, time, timedelta
from typing import Generic, TypeVar

from steerdeck.commands import Helm
from steerdeck.model import Dirty
from steerdeck.panes.tape import States, Tape
from steerdeck.screens.marking import Marking
from steerdeck.screens.recording import bring, read_older
from steerdeck_agents.facts.course import Course
from steerdeck_agents.facts.ids import SessionId

T = TypeVar("T")
SPEEDS = (1, 2, 4, 8, 16, 32, 50)
FRAME_S = 0.1
_IDLE_MS = 2_000
"""A pause of the recording longer than this, at the speed of play, is passed over."""
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")


class Winding(Marking[T], Generic[T]):
    """A screen with a tape."""

    def __init__(self, helm: Helm, *, id: str) -> None:
        super().__init__(helm, id=id)
        self.tape = Tape(Course())
        self.playing = False
        self.speed = 8
        self._at_ms = 0.0
        self._goal: int | None = None
        """Where it is on the way to, while that is far."""

    def looked_at(self, states: States) -> list[SessionId]:
        """Whose transcripts are drawn when the states are these."""
        raise NotImplementedError

    def arrived(self) -> None:
        """Draw where it is now."""
        raise NotImplementedError

    # there

    def seek(self, at: int) -> None:
        """Go to just after that many events."""
        if self._goal is not None:
            self._goal = at
        elif self.tape.go(at, self.looked_at(self.tape.states)) is True:
            self._arrive()
        else:
            self._goal = at
            self.helm.go(self._travel())

    async def _travel(self) -> None:
        try:
            while self._goal is not None and self.is_attached:
                found = self.tape.go(self._goal, self.looked_at(self.tape.states))
                if found is True:
                    break
                if found is False:
                    await asyncio.sleep(0)
                else:
                    await bring(self.helm, self.tape, found, self.looked_at)
        finally:
            self._goal = None
        if self.is_attached:
            self._arrive()

    def _arrive(self) -> None:
        at = self.tape.at
        if self.tape.go(at, self.looked_at(self.tape.states)) is True:
            self._at_ms = float(self.tape.now_ms)
            self.arrived()
        else:
            # Somebody came into view on the way of whom nothing was read.
            self.seek(at)

    def older(self, session: SessionId) -> None:
        self.helm.go(self._older(session))

    async def _older(self, session: SessionId) -> None:
        if await read_older(self.helm, self.tape, session):
            self.show(Dirty(everything=True))

    # by itself

    def play_on(self) -> None:
        """What a frame of playing brings."""
        if not self.playing or self._goal is not None:
            return
        course, at = self.tape.course, self.tape.at
        if at >= len(course):
            self.playing = False
            self.show(Dirty(everything=True))
            return
        self._at_ms += FRAME_S * 1000 * self.speed
        following = course.times[at]
        if following - self._at_ms > _IDLE_MS * self.speed:
            self._at_ms = float(following)
        now = self._at_ms
        while at < len(course) and course.times[at] <= now:
            at += 1
        if at != self.tape.at:
            self.seek(at)
            self._at_ms = max(self._at_ms, now)

    def do_play(self) -> None:
        if self.tape.at >= len(self.tape):
            self.seek(0)
        self.playing = not self.playing
        self._at_ms = float(self.tape.now_ms)

    def verb_play(self) -> str:
        return "pause" if self.playing else "play"

    def _faster(self, step: int) -> None:
        place = min(len(SPEEDS) - 1, max(0, SPEEDS.index(self.speed) + step))
        self.speed = SPEEDS[place]

    def do_faster(self) -> None:
        self._faster(1)

    def do_slower(self) -> None:
        self._faster(-1)

    def verb_faster(self) -> str:
        return f"speed {self.speed}×"

    # step by step

    def do_event_left(self) -> None:
        self.seek(self.tape.at - 1)

    def do_event_right(self) -> None:
        self.seek(self.tape.at + 1)

    def do_first(self) -> None:
        self.seek(0)

    def do_last(self) -> None:
        self.seek(len(self.tape))

    def do_next_error(self) -> None:
        self._to(self.tape.error(1), "errors")

    def do_previous_error(self) -> None:
        self._to(self.tape.error(-1), "errors")

    def do_next_approval(self) -> None:
        self._to(self.tape.asked(1), "approvals")

    def do_previous_approval(self) -> None:
        self._to(self.tape.asked(-1), "approvals")

    def _to(self, place: int | None, what: str) -> None:
        if place is None:
            self.helm.say(f"no more {what} in this direction")
        else:
            self.seek(place)

    def to_time(self, words: str) -> bool:
        """Go to the first event at such a time of day or later; False when there is none."""
        course = self.tape.course
        at_ms = _next(words, course.times[0]) if len(course) else None
        if at_ms is None or at_ms > course.times[-1]:
            return False
        self.seek(course.until(at_ms) + 1)
        return True


def _next(words: str, after_ms: int) -> int | None:
    """When such a time of day, as `10:36`, comes next; None when it is none."""
    found = _CLOCK.fullmatch(words)
    if found is None:
        return None
    try:
        hour, minute, second = (int(part or 0) for part in found.groups())
        wanted = time(hour, minute, second)
    except ValueError:
        return None
    first = datetime.fromtimestamp(after_ms / 1000)
    at = datetime.combine(first, wanted)
    if at < first.replace(microsecond=0):
        at += timedelta(days=1)
    return int(at.timestamp() * 1000)
