"""One session and four sessions at work from the order to the end: CPU, memory, bytes a token.

One lane is measured from the first letter of its task to the end of the answer and a little after,
and so are other programs: what typing and asking cost is in it. Four are ordered without a deck.
"""

import time

from bench.goals import reached
from bench.harbour import Harbour, harbour
from bench.prose import MARKS
from bench.rows import Row, within
from bench.terminal import Terminal, cpu_s, pss_mb

PACE = 200.0
TOKENS, AT_ONCE = 1_000, 2_000
AFTER_S = 0.5
"""What is drawn and kept so long after the end of an answer is of it."""
NAMES = ("fix-login", "add-csv", "docs", "rate-limit")


def measure(*, quick: bool = False) -> list[Row]:
    rows = []
    with harbour(PACE) as place:
        place.start(("before", f"Say 5 {MARKS[1]}"))
        place.wait_idle()
        with place.deck() as shown:
            if shown.wait_for(MARKS[1][::-1]) is None:
                raise RuntimeError(f"the deck never came: {shown.text()[-2000:]!r}")
            time.sleep(1)
            rows += _one(place, shown, 200 if quick else TOKENS)
            rows += _four(place, shown, 200 if quick else AT_ONCE)
    return rows


def _one(place: Harbour, shown: Terminal, tokens: int) -> list[Row]:
    runtime = place.runtime
    began = (cpu_s(shown.pid), cpu_s(runtime), shown.bytes)
    after = shown.type(f"Say {tokens} {MARKS[0]}")
    shown.send("\r")
    # Its end is seen on the screen: asking the runtime again and again is work for it.
    if shown.wait_for(MARKS[0][::-1], after) is None:
        raise RuntimeError(f"the end of the answer never came: {shown.text()[-2000:]!r}")
    time.sleep(AFTER_S)
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
