"""Which checks a project brings along: commands found in its own files, to be proposed.

Files are read and nothing is run. A command is always one of our own words; what a file holds only
decides which, so a hostile file can at most make us propose a check the project does not have.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.work import checks_python, checks_scripts, checks_toolchains
from steerdeck_agents.work.project_files import Folder, Proposal
from steerdeck_agents.workspace.within import read_file

MOST = 4
"""Checks proposed at most."""
LARGEST = 256 * 1024
"""Bytes of a file that is looked at; larger ones count as absent."""
_MOST_FILES = 200_000
_ORDER: dict[str, int] = {"test": 0, "check": 1, "types": 2, "lint": 3}

Kind = Literal["test", "check", "types", "lint"]


class Found(msgspec.Struct, frozen=True):
    """One proposed check."""

    name: str
    """Short and unlike the others': `pytest`, `make test`."""
    command: str
    """A bash script."""
    folder: str
    """Where it runs, relative to the workspace."""
    from_file: str
    """The file that led to it, relative to the workspace."""
    why: str
    """One sentence."""
    kind: Kind = "test"


def found(
    files: Sequence[str], read: Callable[[str], bytes | None], folder: str = "."
) -> tuple[Found, ...]:
    """At most four checks, the best first; the same files give the same checks.

    `files` are the paths of a workspace or a commit, `read` gives the bytes of one of them, or None
    when it can't or should not be read. The project nearest to `folder` is looked at: the
    first folder on the way up that holds anything we know.
    """
    paths = [path for path in files[:_MOST_FILES] if path and not path.startswith("/")]
    here = PurePosixPath(folder or ".")
    for place in (here, *here.parents):
        top = "" if str(place) == "." else f"{place}/"
        below = [path[len(top) :] for path in paths if path.startswith(top)]
        proposed = _proposed(Folder(below, partial(_read, read, top)))
        if proposed:
            return tuple(_named(one, str(place), top) for one in proposed[:MOST])
    return ()


def found_at(root: Path | str, files: Sequence[str], folder: str = ".") -> tuple[Found, ...]:
    """The same for a folder on disk; links are not followed. Blocks a little."""

    def read(path: str) -> bytes | None:
        try:
            state = read_file(root, path, LARGEST)
        except (OrderRefused, OSError):
            return None
        return None if state is None or state.link is not None else state.data

    return found(files, read, folder)


def _proposed(here: Folder) -> list[Proposal]:
    """Tests before types before style, the project's own words before our guesses."""
    guesses = [
        *checks_scripts.proposals(here),
        *checks_python.proposals(here),
        *checks_toolchains.proposals(here),
    ]
    unique = {guess.command: guess for guess in reversed(guesses)}
    kept = [guess for guess in guesses if unique[guess.command] is guess]
    return sorted(kept, key=lambda guess: (_ORDER[guess.kind], guess.rank))


def _read(read: Callable[[str], bytes | None], top: str, path: str) -> bytes | None:
    data = read(top + path)
    return None if data is None or len(data) > LARGEST else data


def _named(guess: Proposal, folder: str, top: str) -> Found:
    return Found(
        name=guess.name,
        command=guess.command,
        folder=folder,
        from_file=top + guess.from_file,
        why=guess.why,
        kind=guess.kind,
    )
