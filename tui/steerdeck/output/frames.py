"""The one frame clock: whatever changed is drawn at most 20 times a second, all of it together.

Streams mark what they changed and go on; at the next frame each marked callback runs once. Answers
to keys do not wait for a frame: `paint_now` draws them before the key's event is over.
"""

import asyncio
from collections.abc import Callable, Sequence

from textual.strip import Strip
from textual.widget import Widget

from steerdeck.output import seam

Draw = Callable[[], object]


class FrameClock:
    """Coalesces marks into frames of the running event loop; rests when nothing is marked."""

    def __init__(self, per_second: float = 20.0) -> None:
        self.per_second = per_second
        self.frames = 0
        self._marked: dict[Draw, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last = float("-inf")

    def mark(self, draw: Draw) -> None:
        """Run `draw` once at the next frame, at once when the last frame is long over."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._timer, self._last = loop, None, float("-inf")
            self._marked.clear()
        self._marked[draw] = None
        if self._timer is None:
            due = max(loop.time(), self._last + 1 / self.per_second)
            self._timer = loop.call_at(due, self._frame)

    def _frame(self) -> None:
        self._timer = None
        if self._loop is not None:
            self._last = self._loop.time()
        marked, self._marked = list(self._marked), {}
        self.frames += 1
        for draw in marked:
            draw()
        seam.flush()


FRAMES = FrameClock()


def lay(widget: Widget, strips: Sequence[Strip]) -> bool:
    """Draw the widget, which looks like this now, with the frame that is being drawn.

    For widgets without border, padding and filters. False where only Textual can draw them: then
    the widget must be refreshed.
    """
    return seam.lay(widget, strips)


def draw_now(widget: Widget, strips: Sequence[Strip]) -> bool:
    """Draw the widget, which looks like this, at once; False where only Textual can draw it."""
    if not seam.lay(widget, strips):
        return False
    seam.flush()
    return True


def paint_now(widget: Widget) -> None:
    """Draw the widget's answer to a key now instead of at the next refresh of the screen."""
    seam.paint(widget)
