"""`steerdeck` as somebody types it in a folder, and the processes that are left of it."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kit import repositories
from kit.command import home_of
from steerdeck_agents.demo import project
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.settings.paths import Paths

STEERDECK = [sys.executable, "-m", "steerdeck"]
PATIENCE_S = 30


class Shell:
    """Runs steerdeck in one folder with one home."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.home = home
        self.foreign: frozenset[object] = frozenset()
        """Ids of sessions others made in this home."""
        self.environ = {
            **os.environ,
            "STEERDECK_HOME": str(home),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }

    def __call__(
        self, *words: str, code: int = 0, into: str = "", **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end, with no terminal; it must end with this code and no traceback."""
        done = subprocess.run(
            [*STEERDECK, *words],
            cwd=self.folder,
            env={**self.environ, **environ},
            input=into,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done

    @contextmanager
    def start(self, *words: str) -> Iterator["subprocess.Popen[str]"]:
        """Run it beside the test; what still runs when the test leaves is ended."""
        with subprocess.Popen(
            [*STEERDECK, *words],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.terminate()

    def sessions(self) -> dict[str, dict[str, object]]:
        listed = json.loads(self("sessions", "--all", "--json").stdout)
        ours = [session for session in listed if session["id"] not in self.foreign]
        return {session["name"]: session for session in ours}

    def until(self, name: str, status: str) -> dict[str, object]:
        """Wait until a session is so, and give up when it does not become so."""
        until = time.monotonic() + PATIENCE_S
        journal = home_of(self.home).journal
        while True:
            states = [state for state in JournalReader(journal).sessions() if state.name == name]
            if any(state.status == status for state in states if state.id not in self.foreign):
                return self.sessions()[name]
            assert time.monotonic() < until, states
            time.sleep(0.02)


def of_home(home: Path) -> list[str]:
    """Living processes that name this home in their words or their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            zombie = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
        if os.fsencode(home) in told and not zombie:
            found.append(told.replace(b"\0", b" ").decode(errors="replace")[:300])
    return found


def session_ids(where: Paths) -> frozenset[object]:
    """The ids of all sessions of a home, archived ones too."""
    if not where.journal.exists():
        return frozenset()
    return frozenset(state.id for state in JournalReader(where.journal).sessions())


def demo_shop(folder: Path) -> Path:
    """The demo's project, made in this folder."""
    asyncio.run(project.make(folder, _run_git))
    return folder


async def _run_git(folder: Path, *arguments: str) -> str:
    return repositories.run(folder, *arguments)
