"""What was found new, on its way to the screens: at once after a rest, then a few times a second.

Sixteen agents with tools make more facts a second than anybody can read, and each would have the
deck look at all of its lanes while a key waits. What a key led to is shown at once.
"""

import asyncio
from collections.abc import Callable

from steerdeck.model import Dirty
from steerdeck.output.frames import FRAMES

FRAME_S = 0.05
STILL_S = 1.0


class Showing:
    """Calls `changed` on the running loop with all that became dirty since the last time."""

    def __init__(self, changed: Callable[[Dirty], None], *, still: bool = False) -> None:
        """`still` shows streamed text once a second."""
        self._changed = changed
        self._text_s = STILL_S if still else FRAME_S
        self._dirty = Dirty()
        self._timer: asyncio.TimerHandle | None = None
        self._even = float("-inf")
        """When facts are shown next if they come evenly; after a rest two of them don't wait."""

    def mark(self, dirty: Dirty, *, waits: bool = False) -> None:
        """Have something shown: facts as soon as may be, and streamed text with a later frame.

        What `waits` is shown with what it leads to, or as late as text.
        """
        self._dirty.sessions |= dirty.sessions
        self._dirty.text |= dirty.text
        self._dirty.everything |= dirty.everything
        if not self._dirty:
            return
        loop = asyncio.get_running_loop()
        now = due = loop.time()
        if waits:
            due += FRAME_S
        elif not (dirty.everything or dirty.sessions):
            due += self._text_s
        elif not (dirty.everything or FRAMES.keyed()):
            due = max(now, self._even - FRAME_S)
        if self._timer is not None and self._timer.when() > due:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = loop.call_at(due, self._show)

    def close(self) -> None:
        """Show nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    def _show(self) -> None:
        now = asyncio.get_running_loop().time()
        self._timer = None
        self._even = min(max(now, self._even), now + FRAME_S) + FRAME_S
        dirty, self._dirty = self._dirty, Dirty()
        self._changed(dirty)
