"""Memory of deck and runtime: idle, and after a session of 50,000 tokens in five answers."""

import time

from bench.goals import reached
from bench.harbour import harbour
from bench.prose import MARKS
from bench.rows import Row, within
from bench.terminal import pss_mb

TOKENS = 50_000
SETTLE_S = 1.5
"""What is given back to the system late is not counted."""


def measure(*, quick: bool = False) -> list[Row]:
    each = (500 if quick else TOKENS) // len(MARKS)
    with harbour(pace=0) as place, place.deck() as shown:
        if shown.wait_for("Nothing is running") is None:
            raise RuntimeError(f"the deck never came: {shown.text()[-2000:]!r}")
        time.sleep(SETTLE_S)
        idle, deck = pss_mb(shown.pid, place.runtime), pss_mb(shown.pid)
        place.start(("long", f"Say {each} {MARKS[0]}"))
        for number, mark in enumerate(MARKS, start=1):
            if shown.wait_for(mark[::-1]) is None:
                raise RuntimeError(f"the deck never showed the end of answer {number}")
            (state,) = place.wait_idle()
            for more in MARKS[number : number + 1]:
                place.say(state.id, f"Say {each} {more}")
        time.sleep(SETTLE_S)
        long, after = pss_mb(shown.pid, place.runtime), pss_mb(shown.pid)
    return [
        reached("idle", idle),
        reached("long", long, reference=idle, against="idle"),
        within("memory idle, the deck alone, PSS", deck, "MB"),
        within(f"memory after {TOKENS:,} tokens, the deck alone, PSS", after, "MB", reference=deck,
               against="idle"),
    ]  # fmt: skip
