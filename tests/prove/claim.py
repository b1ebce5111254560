"""One claim and what was counted for it; and the world the counting happens in."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

ROOT = Path(__file__).resolve().parents[2]
_FOREIGN = (
    "GIT_",
    "OPENAI_",
    "ANTHROPIC_",
    "STEERDECK_",
    "XDG_",
    "TEXTUAL",
    "TMUX",
    "VIRTUAL_ENV",
    "PYTHONPATH",
)


class Counted(msgspec.Struct, frozen=True):
    """What came out: so many of so many, or why nothing could be counted here."""

    counted: int = 0
    wanted: int = 0
    skipped: str = ""
    notes: tuple[str, ...] = ()
    """What is worth knowing besides: seeds, sizes, what went wrong."""
    points: int = 0
    """At how many points a fault was tried, where the claim is about one."""
    lost: int | None = None
    """Acknowledged events that were lost; None where none could be."""
    twice: int | None = None
    """Tools that ran twice; None where none ran."""

    @property
    def holds(self) -> bool:
        return bool(self.skipped) or self.counted == self.wanted > 0

    def of(self, points: int) -> "Counted":
        """The same, with the number of points at which a fault was tried."""
        return msgspec.structs.replace(self, points=points)


class Claim(NamedTuple):
    """A sentence of the product that can be counted, and the function that counts it."""

    name: str
    says: str
    count: Callable[[], Counted]


class Tally:
    """Counts what holds; what does not is kept in words."""

    def __init__(self) -> None:
        self.counted = 0
        self.wanted = 0
        self.notes: list[str] = []
        self.lost: int | None = None
        self.twice: int | None = None

    def see(self, holds: object, otherwise: str) -> bool:
        """Count one thing that should hold."""
        self.wanted += 1
        if holds:
            self.counted += 1
        else:
            self.notes.append(otherwise)
        return bool(holds)

    def done(self, *notes: str) -> Counted:
        return Counted(
            self.counted,
            self.wanted,
            notes=(*notes, *self.notes[:20]),
            lost=self.lost,
            twice=self.twice,
        )


def clean_environment(home: Path) -> dict[str, str]:
    """The environment of somebody who has just logged in, with nothing of the developer's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return kept | {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "TEXTUAL_ANIMATIONS": "none",
        "GIT_CONFIG_NOSYSTEM": "1",
    }


@contextmanager
def world() -> Iterator[Path]:
    """A short folder with an empty HOME inside, which is this process's environment meanwhile."""
    with tempfile.TemporaryDirectory(prefix="sdp-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        home = folder / "home"
        home.mkdir()
        (home / ".gitconfig").write_text(
            "[user]\n    name = Prover\n    email = prover@example.invalid\n"
            "[init]\n    defaultBranch = main\n[gc]\n    auto = 0\n"
        )
        before = dict(os.environ)
        clean = clean_environment(home)
        os.environ.clear()
        os.environ.update(clean, STEERDECK_HOME=str(folder / "s"))
        try:
            yield folder
        finally:
            os.environ.clear()
            os.environ.update(before)
