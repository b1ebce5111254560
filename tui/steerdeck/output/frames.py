"""The one frame clock: whatever changed is drawn a few times a second, all of it together.

Streams mark what they changed and go on; at the next frame each marked callback runs once. Answers
to keys do not wait for a frame: `paint_now` draws them before the key's event is over. Facts often
come in twos, the second once what the first led to was read; after a rest the frame of the second
is drawn as soon as that of the first, and what streams makes up for it. On a slow line the next
frame waits until the last one is on the terminal, but for what a key has moved.
"""

import asyncio
from collections.abc import Callable, Sequence
from enum import IntEnum
from time import monotonic

from textual.strip import Strip
from textual.widget import Widget

from steerdeck.output import seam
from steerdeck.output.backlog import FAR, NEAR, TOUCHED
from steerdeck.output.pacing import PROFILES, Pace

Draw = Callable[[], object]
_SOON_S = 0.05
_CLOCKS_S = 9.5


class _Haste(IntEnum):
    """What a mark waits for."""

    STREAMS = 0
    FACT = 1
    KEYED = 2
    """A key has just moved it."""


class FrameClock:
    """Coalesces marks into frames of the running event loop; rests when nothing is marked."""

    def __init__(self) -> None:
        self.pace: Pace = "local"
        self.frames = 0
        self.free: Callable[[], bool] = lambda: True
        """Whether the line has room for a frame."""
        self.keyed: Callable[[], bool] = lambda: False
        """Whether a key came just now."""
        self._marked: dict[Draw, _Haste] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last = self._even = float("-inf")
        """When the last frame was, and when the next is due if all come evenly."""
        self._held = False
        self._moved = float("-inf")

    @property
    def lean(self) -> bool:
        """Whether every byte counts."""
        return self.pace == "lean"

    def moves(self) -> bool:
        """Whether clocks move now; on a lean line they do so rarely."""
        now = monotonic()
        if self.lean and now - self._moved < _CLOCKS_S:
            return False
        self._moved = now
        return True

    def leap(self, rows: int) -> int:
        """By how many rows a full window of so many moves up at once.

        Text that stands still is read, and a row that does not move is not drawn.
        """
        profile = PROFILES[self.pace]
        return min(profile.most, rows // profile.leap)

    def mark(self, draw: Draw, *, streams: bool = False) -> None:
        """Run `draw` once at the next frame, at once when the last frame is long over.

        What `streams` waits for the line; what a key has just moved does not.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._timer, self._held = loop, None, False
            self._last = self._even = float("-inf")
            self._marked.clear()
        haste = _Haste.STREAMS if streams else _Haste.KEYED if self.keyed() else _Haste.FACT
        haste = self._marked[draw] = max(haste, self._marked.get(draw, haste))
        due = self._due(haste)
        if self._timer is not None and self._timer.when() > due:
            self._timer.cancel()
            self._timer = None
        if self._timer is None and (haste is _Haste.KEYED or not self._held):
            self._timer = loop.call_at(due, self._frame)

    def resume(self) -> None:
        """The line has room again: draw what waited for that."""
        if self._held and self._loop is not None:
            self._held = False
            if self._timer is None and self._marked:
                self._timer = self._loop.call_at(self._due_rest(), self._frame)

    @property
    def _between(self) -> float:
        """Seconds from one frame to the next."""
        return 1 / PROFILES[self.pace].frames

    def _open_at(self, haste: _Haste) -> float:
        """When a frame of all that is marked may be drawn, if that is in it."""
        spares = haste is not _Haste.STREAMS and not self.lean
        return self._even - self._between if spares else self._even

    def _due(self, haste: _Haste) -> float:
        now = self._loop.time() if self._loop is not None else 0.0
        due = self._open_at(haste)
        if haste is _Haste.KEYED:
            due = min(due, self._last + _SOON_S)
        return max(now, due)

    def _due_rest(self) -> float:
        return self._due(min(_Haste.FACT, max(self._marked.values())))

    def _is_open(self, now: float) -> bool:
        """Whether it is time for all that is marked."""
        return now >= self._open_at(max(self._marked.values())) - 0.001

    def _frame(self) -> None:
        self._timer = None
        now = self._loop.time() if self._loop is not None else 0.0
        self._last = now
        free = self._is_open(now) and self.free()
        if free:
            self._even = max(now, self._even) + self._between
        marked, self._marked = self._marked, {}
        if not free:
            waits = {draw: haste for draw, haste in marked.items() if haste < _Haste.KEYED}
            self._marked = waits
            marked = {draw: haste for draw, haste in marked.items() if draw not in waits}
        self.frames += 1
        for draw in marked:
            draw()
        seam.flush()
        if self._marked and self._timer is None and self._loop is not None:
            if self._is_open(now):
                self._held = True
                if self.free():
                    self.resume()
            else:
                self._timer = self._loop.call_at(self._due_rest(), self._frame)


FRAMES = FrameClock()


def lay(
    widget: Widget, strips: Sequence[Strip], *, streams: bool = False, far: bool = False
) -> bool:
    """Draw the widget, which looks like this now, with the frame that is being drawn.

    For widgets without border, padding and filters. False where only Textual can draw them: then
    the widget must be refreshed. What `streams` comes after all else, what is `far` at last.
    """
    rank = TOUCHED if not streams else FAR if far else NEAR
    return seam.lay(widget, strips, rank)


def draw_now(widget: Widget, strips: Sequence[Strip]) -> bool:
    """Draw the widget, which looks like this, at once; False where only Textual can draw it."""
    return seam.lay_now(widget, strips)


def paint_now(widget: Widget) -> None:
    """Draw the widget's answer to a key now instead of at the next refresh of the screen."""
    seam.paint(widget)
