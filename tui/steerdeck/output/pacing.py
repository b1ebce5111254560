"""How much a line bears: measured by what the terminal answers, kept below what would pile up.

A terminal at the far end of a line is behind whatever the line swallowed, and neither the size of a
queue nor a full buffer tells of it. So a write ends with a question and its answer says that all
before it was drawn. One frame of what streams is under way at a time, cut to what the line carries
in a moment; answers to keys do not wait for it. A terminal that never answers is written to by the
clock.

The question is where the cursor is (DSR, `CSI 6 n`, which all terminals answer), put each time to
another column of the second row: so an answer names its question, and one that is lost or late does
no harm. (In the first row it could be taken for F3.)
"""

from collections import deque
from collections.abc import Mapping
from statistics import median
from typing import Literal, NamedTuple

Pace = Literal["local", "ssh", "lean"]
ROW = 1
"""The row of the cursor in an answer to us, from 0."""
_TAGS = 16
"""Columns a question goes through, and so many are remembered."""


class Profile(NamedTuple):
    """What one pace allows of what streams."""

    frames: float
    """A second."""
    stream: float
    """Bytes a second."""
    assumed: float
    """Bytes a second that the line is taken to carry until that was measured."""
    leap: int
    """A full window moves up by this part of its rows."""
    most: int
    """Rows of a leap."""


PROFILES: Mapping[Pace, Profile] = {
    "local": Profile(20.0, 10e6, 10e6, 4, 10),
    "ssh": Profile(10.0, 15e3, 15e3, 2, 20),
    "lean": Profile(2.0, 2.4e3, 10e3, 2, 40),
}
_LEANER: tuple[Pace, ...] = ("local", "ssh", "lean")
_LEAST, _MOST = 400, 1_000_000
"""Bytes of one frame."""
_UNKNOWN = 10e3
"""Bytes a second that a line is trusted with of which nothing is known."""
_SLOWEST, _FASTEST = 200.0, 10e6
"""Bytes a second that are believed."""
_SMALL = 300
"""Bytes whose way takes no longer than the line itself."""
_PATIENCE_S, _LONGEST_S = 1.0, 8.0
_MOST_STRIKES = 6
"""After so many the patience is at its longest anyway."""
_DEAF_S, _DEAF = 4.0, 3
"""Nothing was answered in this time, nor this often: this terminal answers nothing."""
_SELDOM_S = 0.5
"""On this machine the line is no worry, and an answer costs more than it tells."""
_EVENLY_S = 0.3
_PROBE_S = 3.0
_SAMPLES = 9
_LEAN_TRIP_S, _LEAN_RATE = 0.25, 10e3
_FAR_TRIP_S, _FAR_RATE = 0.04, 150e3
_BETTER = 1.6
"""So much better than what made it leaner must a line be before it is no longer that."""
_WORSE_S, _BETTER_S = 2.0, 20.0
_TOLD_RATE = 500e3
"""A rate above this is no news to anybody."""


class Reading(NamedTuple):
    """What is known of the line; zero where nothing is."""

    pace: Pace = "local"
    by_hand: bool = False
    trip_ms: int = 0
    rate_kb: float = 0.0


def question(tag: int) -> str:
    """What asks the terminal, and leaves its cursor elsewhere."""
    return f"\x1b[{ROW + 1};{tag + 1}H\x1b[6n"


def rough(reading: Reading) -> Reading:
    """The same as one says it: two digits, so that it stands still while the line does."""
    trip, rate = (float(f"{one:.2g}") for one in (reading.trip_ms, reading.rate_kb))
    return reading._replace(trip_ms=int(trip), rate_kb=rate)


class _Asked(NamedTuple):
    """A question that is under way."""

    tag: int
    at: float
    size: int
    before: int
    """Bytes that lay on the line when it was sent."""
    streams: bool


class Pacer:
    """Decides what may be written when; all times are seconds of any one clock."""

    def __init__(self, pace: Pace = "local", *, hidden: bool = False) -> None:
        """With `hidden` a multiplexer answers by itself, and what is measured is not the line."""
        self.start = self.pace = pace
        self.hidden = hidden
        self.by_hand = False
        self.deaf = False
        self.rate = PROFILES[pace].assumed
        self._asked: deque[_Asked] = deque(maxlen=_TAGS)
        self._trips: deque[float] = deque(maxlen=_SAMPLES)
        self._rates: deque[float] = deque(maxlen=_SAMPLES)
        self._heard_at: float | None = None
        self._drawn_at = self._asked_at = float("-inf")
        self._first: float | None = None
        self._count = 0
        self._strikes = 0
        self._free_at = self._probed = float("-inf")
        self._wrong_since: float | None = None

    # what is known

    @property
    def profile(self) -> Profile:
        return PROFILES[self.pace]

    @property
    def trip(self) -> float:
        """The way there and back without a queue."""
        return min(self._trips, default=0.0)

    @property
    def under_way(self) -> int:
        """Bytes that nobody acknowledged yet."""
        return sum(one.size for one in self._asked)

    @property
    def waiting(self) -> int:
        """Questions that are not answered yet."""
        return len(self._asked)

    @property
    def reading(self) -> Reading:
        if self.hidden or not self._trips:
            return Reading(self.pace, self.by_hand)
        known = len(self._rates) >= 3 and self.rate < _TOLD_RATE
        return Reading(
            self.pace, self.by_hand, round(median(self._trips) * 1000),
            self.rate / 1000 if known else 0.0,
        )  # fmt: skip

    # what may be written

    def budget(self) -> int:
        """Bytes of the next frame of what streams."""
        if self.pace == "local":
            return _MOST
        if self._strikes and self._heard_at is not None:
            return _LEAST
        if self.hidden or self.deaf or self._strikes:
            # Nobody tells what this line carries: evenly, and never much at once.
            return max(_LEAST, min(_MOST, int(self.profile.stream * _EVENLY_S)))
        moment = min(0.2, max(0.06, 0.6 * self.trip))
        return int(min(_MOST, max(_LEAST, self.rate * moment - self.under_way)))

    def room(self, now: float, pile_s: float) -> int:
        """Bytes that an answer may take now, if so many seconds of the line may lie on it."""
        if self.deaf or self.pace == "local":
            return _MOST
        if self._overdue(now):
            return _SMALL if self._heard_at is not None else int(_UNKNOWN * pile_s)
        rate = self.rate if self._rates else min(self.rate, _UNKNOWN)
        most = max(2 * _SMALL, rate * pile_s)
        return int(most) - self.under_way

    def free(self, now: float) -> bool:
        """Whether a frame of what streams may be written."""
        return now >= self.free_at(now)

    def free_at(self, now: float) -> float:
        """When it may, if nothing is answered until then."""
        asked = next((one for one in reversed(self._asked) if one.streams), None)
        if asked is None or (self._heard_at is None and self.pace == "local"):
            return self._free_at
        return max(self._free_at, asked.at + self._patience())

    def wants_probe(self, now: float) -> bool:
        """Whether the way itself is to be measured before the next frame."""
        return self._asks(now) and not self._asked and now - self._probed > _PROBE_S

    def _asks(self, now: float) -> bool:
        """Whether a question goes with what is written now."""
        if self.deaf:
            return False
        return self.pace != "local" or not 0 <= now - self._asked_at < _SELDOM_S

    # what happens

    def sent(self, size: int, now: float, *, streams: bool) -> str:
        """So many bytes are written; the question that goes with them, if one does."""
        if streams:
            self._free_at = max(self._free_at, now) + size / self.profile.stream
            if any(one.streams for one in self._asked):
                self._strikes += 1
                self.deaf = self._is_deaf(now)
        if self.deaf:
            self._asked.clear()
            return ""
        if not self._asks(now):
            return ""
        self._asked_at = now
        if self._first is None:
            self._first = now
        if size < _SMALL and not self._asked:
            self._probed = now
        before = self.under_way if len(self._asked) < _TAGS else _MOST
        tag = self._count % _TAGS
        self._asked.append(_Asked(tag, now, size, before, streams))
        self._count += 1
        return question(tag)

    def answered(self, tag: int, now: float) -> None:
        """The terminal has drawn all that was sent up to this question."""
        self._heard_at, self.deaf, self._strikes = now, False, 0
        if all(one.tag != tag for one in self._asked):
            return
        size, drawn_at, self._drawn_at = 0, self._drawn_at, now
        while True:
            asked = self._asked.popleft()
            size += asked.size
            if asked.tag == tag:
                break
        if asked.before + asked.size < _SMALL:
            self._trips.append(max(0.0, now - asked.at))
        elif size >= 2 * _SMALL and self._trips:
            # It passed the line after what was before it, and not before it was sent.
            self._learn(size / max(now - max(asked.at + self.trip, drawn_at), 0.004))
        self._judge(now)

    def choose(self, pace: Pace | None) -> None:
        """Go at this pace; None: as what is measured says."""
        self.by_hand = pace is not None
        self.pace = pace or self.start
        self._wrong_since = None

    def lose(self) -> None:
        """Another program had the terminal, and our answers with it."""
        self._asked.clear()

    def last(self) -> tuple[int, float]:
        """The newest question that is not answered (−1: none), and seconds it may still take."""
        if not self._asked:
            return -1, 0.0
        usual = 2 * self.trip + self.under_way / self.rate + 0.1
        return self._asked[-1].tag, min(1.5, usual if self._heard_at is not None else 0.3)

    def _learn(self, rate: float) -> None:
        rate = min(_FASTEST, max(_SLOWEST, rate))
        self._rates.append(rate)
        grown = min(rate, 2 * self.rate)
        self.rate = grown if rate > 2 * self.rate else 0.7 * self.rate + 0.3 * rate

    # a terminal that does not answer

    def _patience(self) -> float:
        if self._heard_at is None:
            return _PATIENCE_S
        usual = max(_PATIENCE_S, 4 * self.trip + 4 * self.budget() / self.rate)
        return min(_LONGEST_S, usual * 2.0 ** min(self._strikes, _MOST_STRIKES))

    def _overdue(self, now: float) -> bool:
        return bool(self._asked) and now - self._asked[0].at >= self._patience()

    def _is_deaf(self, now: float) -> bool:
        """Whether the terminal had its time and never answered anything."""
        since = now - (self._first if self._first is not None else now)
        return self._heard_at is None and self._count >= _DEAF and since >= _DEAF_S

    # which pace it is

    def _judge(self, now: float) -> None:
        """Go leaner when the line is worse for a while, and back when it is better for long."""
        if self.by_hand or self.hidden or len(self._trips) < 3:
            return
        wanted = self._fitting()
        if wanted == self.pace:
            self._wrong_since = None
            return
        if self._wrong_since is None:
            self._wrong_since = now
        leaner = _LEANER.index(wanted) > _LEANER.index(self.pace)
        if now - self._wrong_since >= (_WORSE_S if leaner else _BETTER_S):
            self.pace, self._wrong_since = wanted, None

    def _fitting(self) -> Pace:
        """The pace for what was measured; never less lean than the one it began with."""
        trip = median(self._trips)
        rate = median(self._rates) if len(self._rates) >= 3 else _FASTEST
        at = _LEANER.index(self.pace)
        least = _LEANER.index(self.start)

        def beyond(pace: Pace, trips: float, rates: float) -> bool:
            ease = _BETTER if at >= _LEANER.index(pace) else 1.0
            return trip > trips / ease or rate < rates * ease

        if beyond("lean", _LEAN_TRIP_S, _LEAN_RATE):
            return "lean"
        if beyond("ssh", _FAR_TRIP_S, _FAR_RATE):
            return _LEANER[max(least, 1)]
        return _LEANER[least]


def start_of(environ: Mapping[str, str]) -> tuple[Pace, bool]:
    """The pace to begin with, and whether a multiplexer hides the line.

    Inside tmux or screen over SSH it is lean: what they answer says nothing of the line behind.
    """
    far = bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    inside = bool(environ.get("TMUX") or environ.get("STY"))
    if not far:
        return "local", inside
    return ("lean", True) if inside else ("ssh", False)
