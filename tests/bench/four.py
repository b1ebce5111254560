"""One session and four sessions at work from the order to the end: CPU, memory, bytes a token."""

import time

from bench.goals import reached
from bench.harbour import Harbour, harbour
from bench.prose import MARKS
from bench.rows import Row, within
from bench.terminal import Terminal, cpu_s, pss_mb

PACE = 200
NAMES = ("fix-login", "add-csv", "docs", "rate-limit")


def measure(*, quick: bool = False) -> list[Row]:
    tokens = 200 if quick else 2_000
    rows = []
    with harbour(PACE) as place:
        place.start(("before", f"Say 5 {MARKS[1]}"))
        place.wait_idle()
        with place.deck() as shown:
            if shown.wait_for(MARKS[1][::-1]) is None:
                raise RuntimeError(f"the deck never came: {shown.text()[-2000:]!r}")
            time.sleep(1)
            rows += _one(place, shown, tokens)
            rows += _four(place, shown, tokens)
    return rows


def _one(place: Harbour, shown: Terminal, tokens: int) -> list[Row]:
    runtime = place.runtime
    place.start(("alone", f"Say {tokens} {MARKS[0]}"))
    place.wait_streaming(1)
    began = (cpu_s(shown.pid), cpu_s(runtime), shown.bytes)
    # Its end is seen on the screen: asking the runtime again and again is work for it.
    if shown.wait_for(MARKS[0][::-1], shown.chunks) is None:
        raise RuntimeError(f"the end of the answer never came: {shown.text()[-2000:]!r}")
    time.sleep(0.3)
    ended = (cpu_s(shown.pid), cpu_s(runtime), shown.bytes)
    deck, ran, wrote = (after - before for before, after in zip(began, ended, strict=True))
    return [
        reached("token-cpu", (deck + ran) * 1000 / tokens),
        reached("token-bytes", wrote / tokens),
        within("CPU for 1,000 tokens, one session: of it the deck", deck * 1000 / tokens, "s"),
    ]


def _four(place: Harbour, shown: Terminal, tokens: int) -> list[Row]:
    runtime = place.runtime
    began = (cpu_s(shown.pid), cpu_s(runtime), shown.bytes)
    place.start(*((name, f"Say {tokens} four") for name in NAMES))
    place.wait_idle()
    time.sleep(0.3)
    ended = (cpu_s(shown.pid), cpu_s(runtime), shown.bytes)
    deck, ran, wrote = (after - before for before, after in zip(began, ended, strict=True))
    what = f"four sessions, 4 × {tokens:,} tokens"
    return [
        reached("four-cpu", (deck + ran) * 2_000 / tokens),
        reached("four-pss", pss_mb(shown.pid, runtime)),
        within(f"{what}: CPU of the deck", deck, "s"),
        within("    memory of the deck, PSS", pss_mb(shown.pid), "MB"),
        within("    bytes to the terminal for a token", wrote / tokens / 4, "B", most=40),
    ]
