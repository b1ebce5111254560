"""Thirty-two sessions at 100 tokens a second each, on a terminal that shows eight of them."""

from bench.goals import reached
from bench.rows import Row, median, share, within
from bench.streaming import beside, deck
from bench.terminal import WIDE

LANES = 32


def measure(*, quick: bool = False) -> list[Row]:
    ours = deck(4 if quick else LANES, WIDE, 1.0 if quick else 10.0, 5 if quick else 40)
    return [
        reached("cpu-32", ours.cpu, besides=beside(ours)),
        within("32 lanes: waited for a core", ours.waited, "%"),
        within("    CPU of the runtime", ours.runtime, "%"),
        within("    bytes to the terminal", ours.kilobytes, "kB/s"),
        within("    key to echo, p50", median(ours.echoes), "ms"),
        within("    key to echo, p99", share(ours.echoes, 99), "ms"),
    ]
