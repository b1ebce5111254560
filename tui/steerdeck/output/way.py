"""The way of one app to its terminal: what is drawn waits here until the line has room for it.

Answers to keys go at once, as long as no more lies on the line than a moment's worth; everything
else goes in frames, one under way at a time, the session in hand before the others.
"""

import asyncio
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Protocol

from rich.color import ColorSystem

from steerdeck.output.backlog import ANSWER, FAR, NEAR, OPENED, TOUCHED, Fragment
from steerdeck.output.pacing import Pace, Pacer
from steerdeck.output.stage import Stage

FAULTS = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What comes of a Textual that is not the one this was written for."""
_MOVED_S = 0.25
"""So long after a key what changes is taken for its answer."""
_PILES = ((ANSWER, 0.4), (OPENED, 0.2), (TOUCHED, 0.1))
"""Seconds of the line that may lie on it for the answer to a key, and for what it moved besides."""
_BEGIN_S = 1.0
"""Who opens the deck waits for it as for the answer to a key."""
_AGAIN_S = 0.05
_FRAME = 30
"""Bytes around a frame: the marks of synchronised output, the cursor."""


class Terminal(Protocol):
    """Where it goes to."""

    def ready(self) -> bool:
        """Whether it takes anything now."""

    def moved(self) -> bool:
        """Whether its cursor is to stand elsewhere."""

    def system(self) -> ColorSystem:
        """The colours it has."""

    def pressed_at(self) -> float:
        """When the last key came, on the clock of `time.monotonic`."""

    def write(self, text: str) -> None:
        """Write it as one frame, and put the cursor where it belongs."""

    def repaint(self) -> None:
        """Have all of it drawn anew."""


class Way:
    """What waits, and when it goes."""

    def __init__(
        self,
        stage: Stage,
        pacer: Pacer,
        terminal: Terminal,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.stage, self.pacer, self.terminal = stage, pacer, terminal
        self.paced: Callable[[Pace], object] = lambda _: None
        """Called with the pace when it changed."""
        self.resume: Callable[[], object] = lambda: None
        """Called when the next frame can be drawn."""
        self.answering = False
        """Whether what is drawn now is the answer to a key."""
        self._clock = clock
        self._began = clock()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def keyed(self) -> bool:
        """Whether somebody waits for what is drawn now."""
        now = self._clock()
        return now - self.terminal.pressed_at() < _MOVED_S or now - self._began < _BEGIN_S

    @property
    def idle(self) -> bool:
        """Whether the next frame can be drawn: the last one is on the terminal."""
        now = self._clock()
        if not self.terminal.ready():
            self._again(now + _AGAIN_S)
            return False
        return not self.stage.backlog and self.pacer.free(now)

    def put(self, fragments: Iterable[Fragment], rank: int = OPENED) -> None:
        """Have these sent; without a key just now none of it is an answer, or moved by one."""
        if self.answering:
            rank = ANSWER
        elif rank <= TOUCHED and not self.keyed:
            rank = NEAR
        self.stage.backlog.put(fragments, rank)

    def probe(self) -> None:
        """Ask how far the terminal is."""
        if self.terminal.ready():
            self._write("", streams=False)

    def pump(self) -> None:
        """Send what there is room for, and come back for the rest."""
        try:
            self.send()
        except FAULTS:
            self.stage.forget()
            self.stage.backlog.clear()
            self.terminal.repaint()

    def send(self) -> None:
        """As `pump`; what the stage can't paint is raised."""
        backlog, now = self.stage.backlog, self._clock()
        if not self.terminal.ready():
            self._again(now + _AGAIN_S)
            return
        for rank, pile_s in _PILES:
            if backlog.has(rank) and (room := self.pacer.room(now, pile_s)) > 0:
                self._send(room, rank, streams=False)
        if backlog and self.pacer.free(now):
            if self.pacer.wants_probe(now):
                self._write("", streams=True)
            if self.pacer.free(now):
                self._send(self.pacer.budget(), FAR, streams=True)
        if self.terminal.moved():
            self.terminal.write("")
        free_at = self.pacer.free_at(now)
        if backlog or free_at > now:
            self._again(max(free_at, now + 0.001))
        else:
            self.resume()

    def answered(self, tag: int, at: float) -> None:
        """The terminal answered the question of that number."""
        before = self.pacer.pace
        self.pacer.answered(tag, at)
        if self.pacer.pace != before:
            self.paced(self.pacer.pace)
        self.pump()

    def choose(self, pace: Pace | None) -> None:
        """Go at this pace; None: as what is measured says."""
        self.pacer.choose(pace)
        self.paced(self.pacer.pace)
        self.pump()

    def lose(self) -> None:
        """Another program had the terminal: nothing is known of it."""
        self.stage.forget()
        self.pacer.lose()

    def _send(self, most: int, least: int, *, streams: bool) -> None:
        text = self.stage.paint_owed(self.terminal.system(), most, least)
        if text:
            self._write(text, streams=streams)

    def _write(self, text: str, *, streams: bool) -> None:
        size = len(text.encode()) + _FRAME
        self.terminal.write(text + self.pacer.sent(size, self._clock(), streams=streams))

    def _again(self, at: float) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_later(max(0.0, at - self._clock()), self.pump)
