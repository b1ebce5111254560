"""From nothing to an answer: a deck is started, asked and answered; and one turn without a deck.

The runtime runs already and has answered before, as the servers of other programs have that are
held against it. Until the answer stands on the screen a person has started the deck, typed a short
task and pressed Enter; the letters take here what they take there, and each starts a conversation.
"""

import subprocess
import sys
import time
from string import ascii_letters

from bench.goals import reached
from bench.harbour import Harbour, harbour
from bench.rows import Row, median, within

TASK = "Say 40 {mark}"
_MARKS = ["".join(letters) for letters in zip(*[iter(ascii_letters)] * 4, strict=True)]
"""Last words of tasks, which end the answers backwards. No two share a letter at one place: where
an answer takes the place of the one before, only the letters that differ are drawn."""
READY = "a new session"
"""Whom the composer of a deck without sessions writes to."""
ROUNDS = 5
"""Of ours and of the other programs."""


def measure(*, quick: bool = False) -> list[Row]:
    rounds = 1 if quick else ROUNDS
    with harbour(pace=0) as place:
        place.start(("before", "Say 5 begun"))
        place.wait_idle()
        _headless(place)
        shown = [_on_screen(place, number) for number in range(rounds)]
        turns = [_headless(place) for _ in range(rounds)]
        starts = [_started() for _ in range(rounds)]
    return [
        reached("answer", median([whole for whole, _ in shown])),
        reached("headless", median(turns), reference=median(starts), against="python -c pass"),
        within("from Enter to the answer on the screen", median([a for _, a in shown]), "ms"),
    ]


def _on_screen(place: Harbour, number: int) -> tuple[float, float]:
    """Milliseconds from the start, and from Enter, until the answer is seen."""
    place.archive()
    with place.deck() as shown:
        if shown.wait_for(READY) is None:
            raise RuntimeError(f"the deck never came: {shown.text()[-2000:]!r}")
        task = TASK.format(mark=_MARKS[number])
        shown.type(task)
        entered = shown.now()
        shown.send("\r")
        came = shown.wait_for(task.split()[-1][::-1])
        if came is None:
            raise RuntimeError(f"no answer came: {shown.text()[-2000:]!r}")
        return came * 1000, (came - entered) * 1000


def _headless(place: Harbour) -> float:
    """Milliseconds of one `steerdeck run`, from its spawn to its end."""
    argv = [sys.executable, "-m", "steerdeck", "run", "Say 5 done", "--mode", "auto"]
    began = time.perf_counter()
    done = subprocess.run(
        argv, cwd=place.repository, env=place.environ(), capture_output=True, text=True,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    took = (time.perf_counter() - began) * 1000
    if done.returncode or "enod" not in done.stdout:
        raise RuntimeError(f"it ended with {done.returncode}: {done.stdout}{done.stderr}")
    return took


def _started() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return (time.perf_counter() - began) * 1000
