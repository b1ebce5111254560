"""Eight lanes side by side over SSH, leanly, and on two bad lines while somebody types.

The lines are stand-ins that swallow everything, as sshd and the network do. The long count of the
same is among the proofs.
"""

import time

from bench.goals import reached
from bench.harbour import Harbour, harbour
from bench.rows import Row, median, share, within
from bench.slow_terminal import SlowTerminal
from bench.terminal import RARE, WIDE, Terminal

LANES = 8
PACE = 100.0
OVER_SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
INSIDE = {**OVER_SSH, "TMUX": "/tmp/none,1,0"}
"""In tmux over SSH a deck is lean."""
LINES = (("far", "20 kB/s, 100 ms", 20_000, 0.1), ("bad", "5 kB/s, 300 ms", 5_000, 0.3))
SETTLE_S = 4.0


def measure(*, quick: bool = False) -> list[Row]:
    seconds, keys = (1.0, 3) if quick else (6.0, 36)
    tokens = int((2 * (seconds + 8) + 2 * (keys * 0.7 + 15)) * PACE)
    rows = []
    with harbour(PACE) as place:
        place.start(*((f"lane-{number}", f"Say {tokens} x") for number in range(LANES)))
        place.wait_streaming(LANES)
        with place.deck(WIDE) as shown:
            local = _rate(shown, seconds)
        with place.deck(WIDE, **OVER_SSH) as shown:
            rows.append(reached("ssh", _rate(shown, seconds), reference=local, against="local"))
        with place.deck(WIDE, **INSIDE) as shown:
            rows.append(reached("lean", _rate(shown, seconds), reference=local, against="local"))
        for name, what, rate, trip in LINES:
            rows += _line(place, name, what, rate, trip, keys)
    return rows


def _came(shown: Terminal) -> None:
    if shown.wait_for("lane-0") is None:
        raise RuntimeError(f"the deck never came: {shown.text()[-2000:]!r}")
    time.sleep(SETTLE_S)


def _rate(shown: Terminal, seconds: float) -> float:
    """Kilobytes a second."""
    _came(shown)
    began, before = shown.now(), shown.bytes
    time.sleep(seconds)
    return (shown.bytes - before) / (shown.now() - began) / 1000


def _line(place: Harbour, name: str, what: str, rate: float, trip: float, keys: int) -> list[Row]:
    environ = place.environ(**OVER_SSH)
    with SlowTerminal(place.argv, environ, bytes_s=rate, trip_s=trip, columns=WIDE) as shown:
        _came(shown)
        began, before = shown.now(), shown.bytes
        echoes = shown.echoes(RARE[number % len(RARE)] for number in range(keys))
        carried = (shown.bytes - before) / (shown.now() - began) / 1000
        lay = [late for at, late in shown.backlogs if at >= began] or [0.0]
    round_trip = {"reference": trip * 1000, "against": "the round trip"}
    return [
        reached(f"{name}-echo", share(echoes, 99), **round_trip),
        reached(f"{name}-backlog", max(lay)),
        within(f"{what}: key echo, p50", median(echoes), "ms", **round_trip),
        within("    carried", carried, "kB/s"),
    ]
