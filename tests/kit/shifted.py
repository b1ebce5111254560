"""A runtime whose wall clock a test sets: milliseconds in a file of its home are added to the time.

Run as a program it is the runtime of the home it is given.
"""

import subprocess
import sys
from pathlib import Path

from steerdeck_agents.settings.paths import Paths, private_folder

SHIFT = "shift"


def shift(where: Paths, milliseconds: int) -> None:
    """Set the clock of the runtime of that home."""
    place = private_folder(where.state) / SHIFT
    fresh = place.with_suffix(".new")
    fresh.write_text(str(milliseconds))
    fresh.replace(place)


def start(where: Paths) -> "subprocess.Popen[bytes]":
    """Start the runtime of that home; it ends by an order, as any other."""
    shift(where, 0)
    with where.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, __file__,
             *map(str, (where.data, where.config, where.cache, where.state))],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
        )  # fmt: skip


def main() -> None:
    from steerdeck_agents.facts.ids import SystemClock
    from steerdeck_agents.runtime import main as runtime

    place, real = Path(sys.argv[4]) / SHIFT, SystemClock.now_ms
    SystemClock.now_ms = lambda clock: real(clock) + int(place.read_text())
    runtime.main()


if __name__ == "__main__":
    main()
