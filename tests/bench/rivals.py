"""Other programs that drive coding agents, each set up in a home of its own to be measured."""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from bench.terminal import Terminal
from kit.acting import Ways
from kit.repositories import plain
from kit.rivals import RIVALS, Rival, end_left, surroundings
from steerdeck_agents.models.scripted import Call

_QUIET = {"PI_OFFLINE": "1", "PI_TELEMETRY": "0", "OPENCODE_PERMISSION": '{"bash": "allow"}'}


def _pi(home: Path, repository: Path, url: str) -> None:
    folder = home / ".pi/agent"
    folder.mkdir(parents=True)
    free = {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0}
    model = {
        "id": "scripted", "name": "scripted", "reasoning": False, "input": ["text"],
        "contextWindow": 10**6, "maxTokens": 10**5, "cost": free,
    }  # fmt: skip
    provider = {
        "baseUrl": url, "api": "openai-completions", "apiKey": "none", "models": [model],
    }  # fmt: skip
    (folder / "models.json").write_text(json.dumps({"providers": {"scripted": provider}}))
    chosen = {"defaultProvider": "scripted", "defaultModel": "scripted", "quietStartup": True}
    (folder / "settings.json").write_text(json.dumps(chosen))


def _bash(step: int) -> Call:
    return Call("bash", {"command": f"echo {step}", "description": "Count."})


class Measured(NamedTuple):
    """A program and how it is measured."""

    rival: Rival
    ready: str
    """What stands on the screen when it can be typed into."""
    headless: tuple[str, ...]
    """Words before the prompt of a turn that has neither screen nor sandbox."""
    run: Callable[[int], Call]
    """Its agent's call of a command, given a number."""


_CODEX, _OPENCODE = RIVALS
_PI = Rival("pi", "pi", (), Ways(_bash(0), _bash(0), _bash), _pi)
_FREE = ("--sandbox", "danger-full-access")
MEASURED = (
    Measured(_CODEX, "›", ("exec", "--skip-git-repo-check", *_FREE), _CODEX.ways.idle),
    Measured(_OPENCODE, "anything", ("run",), _bash),
    Measured(_PI, "scripted", ("-p",), _bash),
)


class Peer:
    """One program in a home of its own."""

    def __init__(self, found: str, folder: Path) -> None:
        self.found = found
        self.home = folder / "home"
        self.repository = plain(folder / "shop").resolve()
        self.environ = surroundings(self.home) | _QUIET

    def shown(self) -> Terminal:
        argv = ["/usr/bin/env", "-C", str(self.repository), self.found]
        return Terminal(argv, self.environ)

    def pids(self) -> list[int]:
        """Everything that runs in its home, whoever started it."""
        mark = b"\0HOME=" + os.fsencode(self.home) + b"\0"
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in b"\0" + (entry / "environ").read_bytes():
                    found.append(int(entry.name))
        return found

    def end(self) -> None:
        end_left(self.home)
        for pid in self.pids():
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def peer_at(one: Measured, found: str, url: str) -> Iterator[Peer]:
    """The program in a fresh home, pointed at this model; all it started is ended after."""
    with tempfile.TemporaryDirectory(
        prefix="sdb-", dir="/tmp", ignore_cleanup_errors=True
    ) as folder:
        peer = Peer(found, Path(folder))
        one.rival.set_up(peer.home, peer.repository, url)
        try:
            yield peer
        finally:
            peer.end()


def title_of(one: Measured, found: str) -> str:
    """Its name and version."""
    with tempfile.TemporaryDirectory(prefix="sdb-", dir="/tmp") as home:
        told = subprocess.run(
            [found, "--version"], capture_output=True, text=True, check=False,
            env=surroundings(Path(home)) | _QUIET,
        )  # fmt: skip
    return " ".join((one.rival.title, *(told.stdout or told.stderr).split()[-1:]))
