"""Answers that come only once a question has been seen: 400 ms after it was painted.

The time runs from the frame, not from the order to draw it, since a busy machine paints late; and a
key is judged by when it was typed, since a busy machine hears late. Who types on while it waits is
writing something else: then it waits for a pause, however late the machine hears of the last key.
"""

import time

from textual.screen import Screen
from textual.timer import Timer

ARM_S = 0.4
"""How long something must have been in view before a key may answer it."""
PAUSE_S = 0.2
"""How long no key may have come before that."""


class Arming(Screen[None]):
    """A screen whose question is armed a while after it was painted."""

    armed = False
    armed_from = 0.0
    """When it was armed, on the clock of key events."""
    _arm_timer: Timer | None = None
    _due = 0.0
    _painting = 0

    def arm_later(self) -> None:
        """Something else is in view from the next frame on; its answers come later."""
        self.disarm()
        self._painting += 1
        self.call_after_refresh(self._painted, self._painting)

    def disarm(self) -> None:
        """No key answers until it is armed anew."""
        self.armed = False
        if self._arm_timer is not None:
            self._arm_timer.stop()
            self._arm_timer = None

    def _painted(self, painting: int) -> None:
        if painting == self._painting:
            self._wait(ARM_S)

    def hold(self) -> None:
        """A key came too early: the answers wait at least a pause from here."""
        if self.armed or self._arm_timer is None:
            return
        if self._due - time.monotonic() < PAUSE_S:
            self._wait(PAUSE_S)

    def _wait(self, seconds: float) -> None:
        if self._arm_timer is not None:
            self._arm_timer.stop()
        self._due = time.monotonic() + seconds
        self._arm_timer = self.set_timer(seconds, self._arm)

    def _arm(self) -> None:
        self._arm_timer = None
        self.armed_from = time.monotonic()
        self.armed = True
        self.was_armed()

    def was_armed(self) -> None:
        """Draw that answers are possible now."""
