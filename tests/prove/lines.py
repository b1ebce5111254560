"""Bad lines: eight lanes stream over each of them while somebody types.

A key's echo may take the round trip and a moment, and what lies on the line may never take longer
than that to pass. The line is the stand-in of the kit, which swallows everything, as sshd and the
network do.
"""

import os
import shlex
import shutil
import sys
import time
from collections.abc import Mapping

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


def _deck(place: Harbour) -> list[str]:
    return [sys.executable, "-m", "steerdeck", "-C", str(place.repository)]


def _environ(place: Harbour, more: Mapping[str, str]) -> dict[str, str]:
    return {**environment(place.folder), **more}


def _streaming(place: Harbour, seconds: float) -> None:
    tokens = int((seconds + 60) * PACE)
    place.start(*((f"lane-{number}", f"Say {tokens} x") for number in range(LANES)))
    place.wait_streaming(LANES)


def _typed(shown: Terminal, seconds: float) -> list[float]:
    """Milliseconds of the echo of each letter that was typed in this time."""
    ends, number, took = shown.now() + seconds, 0, list[float]()
    while shown.now() < ends:
        took += shown.echoes(RARE[(number + more) % len(RARE)] for more in range(16))
        number += 16
    return took


def _line(rate: float, trip: float, echo_s: float, backlog_s: float, seconds: float) -> Counted:
    tally = Tally()
    with harbour(PACE) as place:
        _streaming(place, seconds)
        with SlowTerminal(
            _deck(place), _environ(place, OVER_SSH), bytes_s=rate, trip_s=trip, columns=WIDE
        ) as shown:
            tally.see(shown.wait_for("lane-0") is not None, "the deck never came")
            time.sleep(_SETTLE_S)
            began, before = shown.now(), shown.bytes
            echoes = _typed(shown, seconds)
            carried = (shown.bytes - before) / (shown.now() - began) / 1000
            lay = [late for at, late in shown.backlogs if at >= began]
    p99 = share(echoes, 99) / 1000
    tally.see(p99 <= echo_s, f"99 of 100 keys are answered in {p99 * 1000:.0f} ms only")
    tally.see(max(lay) <= backlog_s, f"{max(lay):.2f} s of the line lay before its end")
    return tally.done(
        f"{len(echoes)} keys in {seconds:.0f} s: p50 {median(echoes):.0f} ms,"
        f" p99 {p99 * 1000:.0f} of {echo_s * 1000:.0f} ms; backlog p99 {share(lay, 99):.2f},"
        f" most {max(lay):.2f} of {backlog_s:g} s; {carried:.1f} of {rate / 1000:g} kB/s used"
    )


def far() -> Counted:
    return _line(20_000, 0.1, 0.25, 0.5, SECONDS)


def bad() -> Counted:
    return _line(5_000, 0.3, 1.0, 1.0, SECONDS)


def sparing() -> Counted:
    """Bytes a second with eight lanes side by side, over SSH and in tmux over SSH."""
    tally, told, seconds = Tally(), list[str](), min(SECONDS, 30.0)
    with harbour(PACE) as place:
        _streaming(place, 2 * seconds + 60)
        for name, more, most in (("ssh", OVER_SSH, 20.0), ("lean", INSIDE, 3.0)):
            with Terminal(_deck(place), _environ(place, more), columns=WIDE) as shown:
                tally.see(shown.wait_for("lane-0") is not None, f"{name}: the deck never came")
                time.sleep(_SETTLE_S)
                began, before = shown.now(), shown.bytes
                time.sleep(seconds)
                rate = (shown.bytes - before) / (shown.now() - began) / 1000
            tally.see(0.1 < rate <= most, f"{name}: {rate:.1f} kB/s, {most:g} at most")
            told.append(f"{name} {rate:.1f} kB/s")
    return tally.done(f"{LANES} lanes at {PACE:.0f} tokens a second: {', '.join(told)}")


def multiplexed() -> Counted:
    """The same lines with tmux at their far end: told, since tmux hides the line from the deck."""
    if shutil.which("tmux") is None:
        return Counted(skipped="there is no tmux here")
    tally, told, seconds = Tally(), list[str](), min(SECONDS, 60.0)
    for rate, trip in ((20_000, 0.1), (5_000, 0.3)):
        with harbour(PACE) as place:
            _streaming(place, seconds)
            with SlowTerminal(
                _in_tmux(place), _environ(place, OVER_SSH), bytes_s=rate, trip_s=trip, columns=WIDE
            ) as shown:
                came = tally.see(shown.wait_for("lane-0") is not None, "the deck never came")
                if not came:
                    continue
                time.sleep(_SETTLE_S)
                began = shown.now()
                echoes = _typed(shown, seconds)
                lay = [late for at, late in shown.backlogs if at >= began]
                shown.send("\x02:kill-server\r")
                shown.wait_end()
        told.append(
            f"{rate / 1000:g} kB/s, {trip * 1000:.0f} ms: p50 {median(echoes):.0f},"
            f" p99 {share(echoes, 99):.0f} ms, backlog most {max(lay):.2f} s"
        )
        tally.see(max(lay) <= 1, f"what tmux wrote lay {max(lay):.1f} s on the line")
    return tally.done(*told)


def _in_tmux(place: Harbour) -> list[str]:
    return [
        shutil.which("tmux") or "tmux", "-L", place.folder.name, "-f", "/dev/null",
        "new-session", shlex.join(_deck(place)),
    ]  # fmt: skip


def left() -> Counted:
    """The deck is closed again and again in mid-stream; what it asked is not typed after it."""
    tally, times = Tally(), max(2, min(20, int(SECONDS / 30)))
    with harbour(PACE) as place:
        _streaming(place, times * 20)
        argv = [sys.executable, "-c", _AFTER, *_deck(place)]
        environ = _environ(place, OVER_SSH)
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
