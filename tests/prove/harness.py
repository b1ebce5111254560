"""The long claims of the harness: what the suite tries on a few is counted on many.

Each claim runs tests of the suite with a larger number in the environment, and counts what they
say: so what is proved at length is exactly what every commit proves briefly.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial

from prove.claim import ROOT, Claim, Counted

SESSIONS = 1000
TURNS = 400
STORMS = {"STORM_SEEDS": "10", "STORM_SESSIONS": "8,16"}
SCENES = "tests/agents/scene"
_ENDED = re.compile(r"(\d+) (passed|failed|errors?|skipped)\b")

_NUMBERS = re.compile(r"^FAILED|^E  |\d (?:requests|bytes|sessions), ")


def tried(*tests: str, **environ: str) -> tuple[dict[str, int], str]:
    """How many of these tests passed, failed and were skipped, and all that was said."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rP", "-p", "no:cacheprovider",
         "-o", "faulthandler_timeout=3500", *tests],
        cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True, errors="replace",
        check=False,
    )  # fmt: skip
    print(done.stdout, done.stderr)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    return {word.rstrip("s"): int(number) for number, word in _ENDED.findall(last)}, done.stdout


def tests_hold(*tests: str, **environ: str) -> Counted:
    """Each test is one thing that holds; what they print of their numbers is noted."""
    counts, said = tried(*tests, **environ)
    passed = counts.get("passed", 0)
    notes = [line.strip() for line in said.splitlines() if _NUMBERS.search(line)]
    return Counted(passed, sum(counts.values()), notes=tuple(notes[:24]))


def random_sessions() -> Counted:
    """Sessions that keep the laws; the first that does not ends the counting."""
    _, said = tried(f"{SCENES}/test_random_sessions.py", STEERDECK_SESSIONS=str(SESSIONS))
    kept = re.findall(r"keeps the laws, (\d+) kills, (\d+) forks", said)
    kills, forks = (
        (sum(map(int, numbers)) for numbers in zip(*kept, strict=True)) if kept else (0, 0)
    )
    why = [line for line in said.splitlines() if line.startswith("E  ")][:8]
    return Counted(
        len(kept), SESSIONS, notes=(f"{kills} kills of the runtime, {forks} forks", *why)
    )


def chaos(*tests: str) -> Callable[[], Counted]:
    return partial(tests_hold, *tests, STEERDECK_CHAOS="all")


CLAIMS = (
    Claim("random", "Sessions by chance, killed anywhere, keep the laws", random_sessions),
    Claim("chaos", "Bad days of a server, the engine", chaos(f"{SCENES}/test_chaos.py")),
    Claim("chaos-run", "Bad days of a server, run --json",
          chaos("tests/tui/verbs/test_bad_days_headless.py")),
    Claim("chaos-deck", "Bad days of a server, on the deck",
          chaos("tests/tui/test_bad_days_on_the_deck.py")),
    Claim("moments", "An interrupt at every moment, in every way",
          partial(tests_hold, f"{SCENES}/test_interrupts.py", STEERDECK_MOMENTS="all")),
    Claim("bodies", f"{TURNS} turns: every body as received, the journal at most 3 times",
          partial(tests_hold, f"{SCENES}/test_recorder.py", STEERDECK_TURNS=str(TURNS))),
    Claim("cache", f"{TURNS} turns: 99 % of the possible cache is kept",
          partial(tests_hold, f"{SCENES}/test_cache_share.py", STEERDECK_TURNS=str(TURNS))),
    Claim("storms", "Storms on the governor, against naive sessions",
          partial(tests_hold, "tests/agents/models/test_governor_storms.py", **STORMS)),
)  # fmt: skip
