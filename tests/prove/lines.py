"""Bad lines: eight lanes stream over each of them while somebody types.

A key's echo may take the round trip and a moment, and what lies on the line may never take longer
than that to pass. The line is the stand-in of the kit, which swallows everything, as sshd and the
network do.
"""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec

from bench.harbour import Harbour, environment, harbour
from bench.rows import median, share
from bench.slow_terminal import SlowTerminal
from bench.terminal import RARE, WIDE, Terminal
from prove.claim import Claim, Counted, Tally

SECONDS = float(os.environ.get("STEERDECK_LINE_S", "600"))
LANES = 8
PACE = 100.0
OVER_SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
INSIDE = {**OVER_SSH, "TMUX": "/tmp/none,1,0"}
"""As in tmux over SSH, where the deck is lean by itself."""
FAR = (20_000.0, 0.1)
BAD = (5_000.0, 0.3)
"""Bytes a second, and the round trip in seconds."""
_SETTLE_S = 5.0
_LEFT = "LEFT-IN-THE-INPUT"
_AFTER = f"""
import select, subprocess, sys, tty
subprocess.run(sys.argv[1:])
tty.setraw(0)
heard = sys.stdin.buffer.raw.read(80) if select.select([0], [], [], 2)[0] else b""
print("{_LEFT}[%r]" % heard, end="\\r\\n")
"""
"""Runs a program, then tells what comes in after it."""


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


def _line(line: tuple[float, float], echo_ms: float, backlog_s: float) -> Counted:
    tally = Tally()
    with streaming(SECONDS) as place:
        bore = carried(deck_of(place), place, line, SECONDS)
    tally.see(bore.p99 <= echo_ms, f"99 of 100 keys are answered in {bore.p99:.0f} ms only")
    tally.see(bore.most <= backlog_s, f"{bore.most:.2f} s of the line lay before its end")
    return tally.done(_words(line, bore))


def _words(line: tuple[float, float], bore: Carried) -> str:
    return (
        f"{line[0] / 1000:g} kB/s, {line[1] * 1000:.0f} ms, {len(bore.echoes)} keys in"
        f" {SECONDS:.0f} s: echo p50 {bore.p50:.0f}, p99 {bore.p99:.0f} ms; on the line lay"
        f" {bore.most:.2f} s at most; {bore.kilobytes:.1f} kB/s used"
    )


def far() -> Counted:
    return _line(FAR, 250, 0.5)


def bad() -> Counted:
    return _line(BAD, 1000, 1.0)


def sparing() -> Counted:
    """Bytes a second with eight lanes side by side, over SSH and in tmux over SSH."""
    tally, told = Tally(), list[str]()
    for name, more, most in (("ssh", OVER_SSH, 20.0), ("lean", INSIDE, 3.0)):
        rate = written(more, min(SECONDS, 60.0))
        tally.see(0.1 < rate <= most, f"{name}: {rate:.1f} kB/s, {most:g} at most")
        told.append(f"{name} {rate:.1f} kB/s")
    return tally.done(f"{LANES} lanes at {PACE:.0f} tokens a second: {', '.join(told)}")


def multiplexed() -> Counted:
    """The same lines with tmux at their far end: told, since tmux hides the line from the deck."""
    if shutil.which("tmux") is None:
        return Counted(skipped="there is no tmux here")
    tally, told = Tally(), list[str]()
    for line in (FAR, BAD):
        with streaming(SECONDS) as place:
            bore = carried(in_tmux(place), place, line, SECONDS)
            subprocess.run(["tmux", "-L", place.folder.name, "kill-server"], check=False)
        told.append(_words(line, bore))
        tally.see(bore.most <= 2, f"what tmux wrote lay {bore.most:.1f} s on the line")
    return tally.done(*told)


def left() -> Counted:
    """The deck is closed again and again in mid-stream; what it asked is not typed after it."""
    tally, times = Tally(), max(2, min(20, int(SECONDS / 30)))
    with streaming(times * 20) as place:
        argv = [sys.executable, "-c", _AFTER, *deck_of(place)]
        environ = environ_of(place)
        for _ in range(times):
            with SlowTerminal(argv, environ, bytes_s=20_000, trip_s=0.2) as shown:
                tally.see(shown.wait_for("lane-0") is not None, "the deck never came")
                time.sleep(1.5)
                tally.see(_closed(shown), "Ctrl+C did not close the deck")
                ended = shown.wait_for(f"{_LEFT}[") is not None
                time.sleep(0.2)
                typed = shown.text().rpartition(_LEFT)[2][:20]
                tally.see(ended and typed.startswith("[b''"), f"in the input was {typed!r}")
    return tally.done(f"closed {times} times on a line of 200 ms")


def _closed(shown: Terminal) -> bool:
    """Press Ctrl+C until it is said that it closes, then once more."""
    for _ in range(5):
        after = shown.chunks
        shown.send("\x03")
        if shown.wait_for("again within", after, 1.0) is not None:
            shown.send("\x03")
            if shown.wait_for("deck back", after, 5.0) is not None:
                return True
    return False


CLAIMS = (
    Claim("far-line", "20 kB/s, 100 ms: keys are answered in 250 ms, half a second lies", far),
    Claim("bad-line", "5 kB/s, 300 ms: keys are answered in 1 s, a second lies", bad),
    Claim("line-bytes", "eight lanes: 20 kB/s over SSH, 3 kB/s leanly, at most", sparing),
    Claim("line-tmux", "the same lines with tmux between are usable, and told", multiplexed),
    Claim("line-left", "a deck closed in mid-stream leaves nothing in the input", left),
)
