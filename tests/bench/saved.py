"""From a file that is saved in a workspace to its diff on the screen, with sixteen workspaces.

The deck shows the newest hunk of its lanes. Each saved file holds a letter that nobody else writes;
the first chunk with that letter is the diff. Reading the table of changed files with git alone is
the floor.
"""

import random
import subprocess
import time
from pathlib import Path

from bench.goals import reached
from bench.harbour import harbour
from bench.rows import Row, median, share, within
from bench.terminal import RARE, WIDE, Terminal

SESSIONS = 16
SAVES = 70
SHOWN = 3
"""Lanes whose files are saved; all are in view."""
A_WHILE_S = 0.25


def measure(*, quick: bool = False) -> list[Row]:
    count, saves = (4, 4) if quick else (SESSIONS, SAVES)
    with harbour(pace=0) as place:
        place.start(*((f"saved-{number}", "Say 5 begun") for number in range(count)))
        states = sorted(place.wait_idle(), key=lambda state: state.slot)
        tops = [Path(state.workspace.path) for state in states]
        with place.deck(WIDE) as shown:
            if shown.wait_for("nugeb") is None:
                raise RuntimeError(f"the deck never came: {shown.text()[-2000:]!r}")
            # The first look at a workspace reads its whole base.
            for top in tops[:SHOWN]:
                (top / "notes.txt").write_text("begun\n")
            time.sleep(2)
            took = [
                _saved(shown, tops[number % SHOWN], letter, number)
                for number, letter in enumerate(RARE[:saves])
            ]
        floor = median([_looked(tops[number % SHOWN]) for number in range(10)])
    against = {"reference": floor, "against": "`git diff` alone"}
    return [
        reached("saved-p50", median(took), **against),
        reached("saved-p99", share(took, 99), **against),
        within("file saved → diff on screen, p90", share(took, 90), "ms", **against),
    ]


def _saved(shown: Terminal, top: Path, letter: str, number: int) -> float:
    """Milliseconds from the last byte on the disk to the letter on the wire."""
    after = shown.chunks
    notes = top / "notes.txt"
    # On top of what was there, where it is seen however long the file is.
    notes.write_text(f"line {letter}\n{notes.read_text()}")
    saved = shown.now()
    came = shown.wait_for(letter, after, 5.0)
    if came is None:
        raise RuntimeError(f"the diff of save {number} was never drawn: {shown.text()[-2000:]!r}")
    # Not in step with any frame clock.
    time.sleep(A_WHILE_S + random.Random(number).random() / 10)
    return (came - saved) * 1000


def _looked(top: Path) -> float:
    began = time.perf_counter()
    subprocess.run(["git", "diff", "--numstat"], cwd=top, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000
