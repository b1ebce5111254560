"""How many requests a provider takes at once, learned from its answers.

Additive increase while the window is used, a gentle multiplicative decrease at most once a round
trip. What was refused last is remembered: up to there the window grows quickly, beyond it slowly,
so that looking for more costs few refusals. First tokens that come late cut it before errors do.
"""

from collections import deque
from collections.abc import Hashable
from statistics import median

START = 4.0
"""Requests at once for a provider nothing is known of; it doubles each round trip until refused."""
CUT = 0.85
PROBE = 0.25
"""Share of the usual growth at what was refused last."""
SLOW = 2.0
"""First tokens this many times later than usual are a sign of load…"""
SAMPLES = 5
"""…when the middle one of so many shows it, …"""
NOTICEABLE_S = 0.25
"""…and it is more than a machine's own unrest."""
HABIT = 0.1
"""Weight of a new sample in what is usual."""


class Window:
    """One provider's window; times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self.size = START
        self.cuts = 0
        self._refused_at: float | None = None
        """In flight when the provider refused last; None when it may take more than is known."""
        self._starting = True
        self._cut_s = float("-inf")
        self._usual: dict[Hashable, float] = {}
        self._ratios: deque[float] = deque(maxlen=SAMPLES)

    def has_room(self, in_flight: int) -> bool:
        return in_flight < int(self.size)

    def first_token(self, session: Hashable, late_s: float, now_s: float, in_flight: int) -> None:
        """A first token came `late_s` after its request was sent.

        What is usual is kept per session: prompts differ in length, and so do their first tokens.
        """
        usual = self._usual.setdefault(session, late_s)
        self._usual[session] = usual + HABIT * (late_s - usual)
        noticed = late_s - usual > NOTICEABLE_S
        self._ratios.append(late_s / usual if noticed and usual > 0 else 1.0)
        sent_s = now_s - late_s
        if len(self._ratios) == SAMPLES and median(self._ratios) > SLOW and in_flight > 1:
            self._cut(sent_s, now_s, min(self.size, in_flight))
            self._ratios.clear()
        elif self._starting and self._used(in_flight):
            self.size += 1.0

    def succeeded(self, in_flight: int) -> None:
        """A whole answer came; `in_flight` counts it."""
        if self._refused_at is not None and in_flight > self._refused_at:
            self._refused_at = None
        if self._starting or not self._used(in_flight):
            return
        known = self._refused_at is None or self.size < self._refused_at - 1
        self.size += (1.0 if known else PROBE) / self.size

    def refused(self, sent_s: float, now_s: float, in_flight: int) -> bool:
        """A limit was met by a request among `in_flight`; False within the same round trip."""
        if not self._cut(sent_s, now_s, min(self.size, in_flight)):
            return False
        self._refused_at = float(in_flight)
        return True

    def failed(self, sent_s: float, now_s: float) -> None:
        """The server failed, which may be load."""
        self._cut(sent_s, now_s, self.size)

    def forget(self, session: Hashable) -> None:
        self._usual.pop(session, None)

    def _used(self, in_flight: int) -> bool:
        return in_flight >= int(self.size)

    def _cut(self, sent_s: float, now_s: float, size: float) -> bool:
        self._starting = False
        if sent_s < self._cut_s:
            return False
        self._cut_s = now_s
        self.size = max(1.0, size * CUT)
        self.cuts += 1
        return True
