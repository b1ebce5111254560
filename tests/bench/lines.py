"""Eight sessions at 100 tokens a second each, drawn over bad lines: bytes, echoes, what piles up.

All eight lanes are in view. The lines are the kit's stand-ins, which swallow whatever is written,
as sshd and the network do.
"""

import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec

from bench.harbour import Harbour, environment, harbour
from bench.rows import Row, median, share, within
from bench.slow_terminal import SlowTerminal
from bench.terminal import RARE, WIDE, Terminal

LANES = 8
PACE = 100.0
OVER_SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
INSIDE = {**OVER_SSH, "TMUX": "/tmp/none,1,0"}
"""As in tmux over SSH, where the deck is lean by itself."""
FAR = (20_000.0, 0.1)
BAD = (5_000.0, 0.3)
"""Bytes a second, and the round trip in seconds."""
_SETTLE_S = 5.0


class Carried(msgspec.Struct, frozen=True):
    """What one line bore."""

    echoes: list[float]
    """Milliseconds each."""
    backlogs: list[float]
    """Seconds that lay on the line after each write."""
    kilobytes: float
    """A second."""

    @property
    def p50(self) -> float:
        return median(self.echoes)

    @property
    def p99(self) -> float:
        return share(self.echoes, 99)

    @property
    def most(self) -> float:
        return max(self.backlogs)


def measure(*, quick: bool = False) -> list[Row]:
    seconds = 2.0 if quick else 30.0
    rows = []
    for name, environ, most in (("over SSH", OVER_SSH, 20), ("lean", INSIDE, 3)):
        rate = written(environ, seconds)
        rows.append(within(f"bytes to the terminal, 8 lanes, {name}", rate, "kB/s", most=most))
    for line, echo, backlog in ((FAR, 250, 0.5), (BAD, 1000, 1.0)):
        with streaming(seconds) as place:
            bore = carried(deck_of(place), place, line, seconds)
        words = f"{line[0] / 1000:g} kB/s, {line[1] * 1000:.0f} ms"
        rows += [
            within(f"{words}: key to echo, p99", bore.p99, "ms", most=echo,
                   reference=line[1] * 1000, against="round trip"),
            within("    what piles up, at most", bore.most, "s", most=backlog),
        ]  # fmt: skip
    return rows


@contextmanager
def streaming(seconds: float) -> Iterator[Harbour]:
    """A home whose eight sessions talk for so long and a minute."""
    with harbour(PACE) as place:
        tokens = int((seconds + 60) * PACE)
        place.start(*((f"lane-{number}", f"Say {tokens} x") for number in range(LANES)))
        place.wait_streaming(LANES)
        yield place


def deck_of(place: Harbour) -> list[str]:
    return [sys.executable, "-m", "steerdeck", "-C", str(place.repository)]


def in_tmux(place: Harbour) -> list[str]:
    """The deck in a tmux of its own."""
    return [
        shutil.which("tmux") or "tmux", "-L", place.folder.name, "-f", "/dev/null",
        "new-session", shlex.join(deck_of(place)),
    ]  # fmt: skip


def environ_of(place: Harbour, more: Mapping[str, str] = OVER_SSH) -> dict[str, str]:
    return {**environment(place.folder), **more}


def written(more: Mapping[str, str], seconds: float) -> float:
    """Kilobytes a second to a terminal that takes all of it at once."""
    with (
        streaming(seconds) as place,
        Terminal(deck_of(place), environ_of(place, more), columns=WIDE) as shown,
    ):
        _settle(shown)
        began, before = shown.now(), shown.bytes
        time.sleep(seconds)
        return (shown.bytes - before) / (shown.now() - began) / 1000


def carried(argv: list[str], place: Harbour, line: tuple[float, float], seconds: float) -> Carried:
    """Somebody types on a line for so long."""
    rate, trip = line
    with SlowTerminal(argv, environ_of(place), bytes_s=rate, trip_s=trip, columns=WIDE) as shown:
        _settle(shown)
        began, before = shown.now(), shown.bytes
        number, echoes = 0, list[float]()
        while shown.now() < began + seconds:
            echoes += shown.echoes(RARE[(number + more) % len(RARE)] for more in range(16))
            number += 16
        took = shown.now() - began
        lay = [late for at, late in shown.backlogs if at >= began]
        return Carried(echoes, lay, (shown.bytes - before) / took / 1000)


def _settle(shown: Terminal) -> None:
    if shown.wait_for("lane-0") is None:
        raise RuntimeError(f"the deck never came: {shown.text()[-2000:]!r}")
    time.sleep(_SETTLE_S)
