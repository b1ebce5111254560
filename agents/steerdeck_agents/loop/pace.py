"""When what of one answer came: its headers, its first piece, and silences in between."""

from steerdeck_agents.facts.requests import Timing

STALL_S = 2.0
"""A silence within an answer that counts as a stall: a person has begun to wonder."""


class Pace:
    """A stopwatch for one request; readings are seconds of a clock that never jumps."""

    def __init__(self, started_s: float) -> None:
        self._started_s = started_s
        self._opened_s: float | None = None
        self._first_s: float | None = None
        self._last_s = started_s
        self._stalls = 0
        self._longest_s = 0.0

    def opened(self, now_s: float) -> None:
        """The headers of the answer have come."""
        self._opened_s = now_s

    def heard(self, now_s: float) -> bool:
        """A piece of the answer has come; whether it is the first."""
        if self._first_s is None:
            self._first_s = self._last_s = now_s
            return True
        self._gap(now_s)
        self._last_s = now_s
        return False

    @property
    def begun(self) -> bool:
        """Whether anything of the answer came."""
        return self._first_s is not None

    @property
    def first_token_ms(self) -> int | None:
        return None if self._first_s is None else self._ms(self._first_s)

    def duration_ms(self, now_s: float) -> int:
        return self._ms(now_s)

    def timing(self, now_s: float) -> Timing:
        """Where the time went, when the request ends now; the silence before it counts."""
        opened = None if self._opened_s is None else self._ms(self._opened_s)
        if self._first_s is None:
            return Timing(first_byte_ms=opened)
        self._gap(now_s)
        return Timing(
            first_byte_ms=opened,
            stream_ms=round((self._last_s - self._first_s) * 1000),
            stalls=self._stalls,
            longest_stall_ms=round(self._longest_s * 1000),
        )

    def _gap(self, now_s: float) -> None:
        gap = now_s - self._last_s
        if gap > STALL_S:
            self._stalls += 1
            self._longest_s = max(self._longest_s, gap)

    def _ms(self, at_s: float) -> int:
        return round((at_s - self._started_s) * 1000)
