"""From the Enter key of the shell to something on the screen, and to the first answer to a key.

The deck has four sessions to show. `frame` is the first chunk that names one of them, which may be
of the picture that the deck before left; `live` the first of the deck's own that holds the end of
what an agent said, which only the runtime knows. Against it stands a Textual program with one word
in it. All runs take turns, so that other load hits all alike; every deck is closed as people do.
"""

import time
from collections.abc import Callable

from bench.goals import reached
from bench.harbour import Harbour, app, harbour
from bench.rows import Row, median, within
from bench.terminal import RARE, Terminal

SESSIONS = ("fix-login", "add-csv", "docs", "rate-limit")
MARKS = ("qzvkwa", "qzvkwb", "qzvkwc", "qzvkwd")
READY = "READY-MARKER"
FRAME = "\x1b[?2026$p"
"""What Textual asks before it draws: a first frame that comes before the answer has no mark."""
SETTLE_S = 0.4


class _Times:
    """Milliseconds of several runs of one program."""

    def __init__(self) -> None:
        self.first_byte: list[float] = []
        self.frame: list[float] = []
        self.live: list[float] = []
        self.echo: list[float] = []

    def run(self, spawn: Callable[[], Terminal], frame: str, live: str = "") -> None:
        with spawn() as shown:
            came = shown.wait_for(frame)
            # While the picture stands there, what is typed is echoed by the system and not by it.
            shown.wait_for(FRAME)
            own = shown.number_of(FRAME)
            shown.wait_for(frame, own)
            shown.send(RARE[0])
            echoed = shown.wait_for(RARE[0], own)
            lived = shown.wait_for(live, own) if live else came
            if came is None or echoed is None or lived is None:
                raise RuntimeError(f"it never showed {frame!r}: {shown.text()[-2000:]!r}")
            self.first_byte.append(shown.first_byte * 1000)
            self.frame.append(came * 1000)
            self.live.append(lived * 1000)
            self.echo.append(echoed * 1000)
            if live:
                _close(shown)


def _close(shown: Terminal) -> None:
    """Take back what was typed and leave, so that the last picture stays for the next deck."""
    shown.send("\x7f")
    time.sleep(SETTLE_S)
    for _ in range(3):
        after = shown.chunks
        shown.send("\x03")
        if shown.wait_for("again within", after, 2.0) is not None:
            break
    shown.send("\x03")
    if not shown.wait_end():
        raise RuntimeError(f"Ctrl+C did not close the deck: {shown.text()[-2000:]!r}")


def measure(*, quick: bool = False) -> list[Row]:
    rounds = 2 if quick else 9
    hello, eight, warm, forked, cold = (_Times() for _ in range(5))
    with harbour(pace=0) as place:
        _furnish(place)
        place.keep_warm()
        for _ in range(rounds):
            forked.run(place.deck, SESSIONS[0], MARKS[0][::-1])
        place.end_warm()
        for _ in range(rounds):
            hello.run(lambda: app("hello_input"), READY)
            eight.run(lambda: app("hello_eight"), READY)
            warm.run(place.deck, SESSIONS[0], MARKS[0][::-1])
        for _ in range(rounds):
            place.stop_runtime()
            cold.run(place.deck, SESSIONS[0], MARKS[0][::-1])
    hi, hi8 = median(hello.frame), median(eight.frame)
    return [
        reached("first", median(warm.frame), reference=hi, against="Textual hello world"),
        reached("live", median(warm.live), reference=hi8, against="Textual with 8 lanes"),
        reached("live-forked", median(forked.live), reference=hi8, against="Textual with 8 lanes"),
        within("deck, first byte", median(warm.first_byte), "ms",
               reference=median(hello.first_byte), against="Textual hello world"),
        within("deck, first key echoed, warm runtime", median(warm.echo), "ms",
               reference=median(hello.echo), against="Textual hello world"),
        within("deck, first frame, warm start", median(forked.frame), "ms",
               reference=hi, against="Textual hello world"),
        within("deck, first key echoed, warm start", median(forked.echo), "ms",
               reference=median(hello.echo), against="Textual hello world"),
        within("deck, first frame, no runtime yet", median(cold.frame), "ms",
               reference=hi, against="Textual hello world"),
        within("deck, live transcript, no runtime yet", median(cold.live), "ms",
               reference=hi, against="Textual hello world"),
        within("deck, first key echoed, no runtime yet", median(cold.echo), "ms",
               reference=median(hello.echo), against="Textual hello world"),
    ]  # fmt: skip


def _furnish(place: Harbour) -> None:
    """Four sessions that have said something, and the cache of a deck that has shown them."""
    place.start(
        *((name, f"Say 300 tokens {mark}") for name, mark in zip(SESSIONS, MARKS, strict=True))
    )
    place.wait_idle()
    with place.deck() as shown:
        if shown.wait_for(MARKS[0][::-1]) is None:
            raise RuntimeError(f"the deck never showed a transcript: {shown.text()[-2000:]!r}")
        _close(shown)
