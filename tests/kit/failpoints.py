"""A runtime that is killed at a step of its own: before or after a commit, a spawn, a rename.

Run as a program it is the runtime of the home it is given, and dies at the step of that number;
which one it was is written beside its log. `dying` makes every runtime that this process starts
meanwhile such a one.
"""

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from steerdeck_agents.gate.secrets import scrub
from steerdeck_agents.runtime import lifecycle
from steerdeck_agents.settings.paths import Paths, private_folder

DEATHS = "deaths"
"""The file with the names of the steps at which runtimes of a home have died."""


@contextmanager
def dying(at: Callable[[], int]) -> Iterator[None]:
    """Have runtimes be killed at their step `at()`; 0 is never."""
    before = lifecycle.spawn
    # It is called by its name in that module, which owns all starts.
    lifecycle.spawn = lambda where, environ: _spawn(where, environ, at())
    try:
        yield
    finally:
        lifecycle.spawn = before


def _spawn(where: Paths, environ: Mapping[str, str], at: int) -> "subprocess.Popen[bytes]":
    private_folder(where.log.parent)
    folders = (where.data, where.config, where.cache, where.state)
    with where.log.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, __file__, *map(str, folders), str(at)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=scrub(environ),
            start_new_session=True,
        )  # fmt: skip
    _children[:] = [one for one in _children if one.poll() is None] + [child]
    return child


_children: list["subprocess.Popen[bytes]"] = []


class Steps:
    """Counts the steps of this process, and ends it at one of them."""

    def __init__(self, at: int, told: Path) -> None:
        self._at = at
        self._told = told
        self._numbers = itertools.count(1)

    def take(self, name: str) -> None:
        if next(self._numbers) == self._at:
            with self._told.open("a") as file:
                file.write(f"{name}\n")
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, attribute: str, name: str) -> None:
        """Make a step before and one after each call of a function."""
        real = getattr(owner, attribute)

        def stepped(*arguments: Any, **named: Any) -> Any:
            self.take(f"before a {name}")
            result = real(*arguments, **named)
            self.take(f"after a {name}")
            return result

        setattr(owner, attribute, stepped)


def main() -> None:
    *folders, at = sys.argv[1:]
    from steerdeck_agents.journal.ledger import Ledger
    from steerdeck_agents.runtime import main as runtime

    steps = Steps(int(at), Path(folders[-1]) / DEATHS)
    steps.around(Ledger, "commit", "commit")
    steps.around(os, "rename", "rename")
    steps.around(os, "replace", "rename")
    steps.around(os, "posix_spawn", "spawn")
    steps.around(subprocess.Popen, "__init__", "spawn")
    sys.argv = [sys.argv[0], *folders]
    runtime.main()


if __name__ == "__main__":
    main()
