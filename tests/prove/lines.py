"""Bad lines: eight lanes stream over each of them while somebody types.

A key's echo may take the round trip and a moment, and what lies on the line may never take longer
than that to pass. The line is the stand-in of the kit, which swallows everything, as sshd and the
network do.
"""

import os
import shutil
import subprocess
import sys
import time

from bench.lines import (
    BAD,
    FAR,
    INSIDE,
    LANES,
    OVER_SSH,
    PACE,
    Carried,
    carried,
    deck_of,
    environ_of,
    in_tmux,
    streaming,
    written,
)
from bench.slow_terminal import SlowTerminal
from bench.terminal import Terminal
from prove.claim import Claim, Counted, Tally

SECONDS = float(os.environ.get("STEERDECK_LINE_S", "600"))
_LEFT = "LEFT-IN-THE-INPUT"
_AFTER = f"""
import select, subprocess, sys, tty
subprocess.run(sys.argv[1:])
tty.setraw(0)
heard = sys.stdin.buffer.raw.read(80) if select.select([0], [], [], 2)[0] else b""
print("{_LEFT}[%r]" % heard, end="\\r\\n")
"""
"""Runs a program, then tells what comes in after it."""


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
