"""Other programs that drive coding agents, each set up in a home of its own to be measured."""

import json
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from bench.terminal import Terminal
from kit.acting import Ways
from kit.repositories import plain
from kit.rivals import RIVALS, Rival, end_left, surroundings
from steerdeck_agents.models.scripted import Call

_KEY = "a-key-that-opens-nothing"


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


def _claude(home: Path, repository: Path, url: str) -> None:
    (home / ".claude").mkdir(parents=True)
    trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    known = {
        "hasCompletedOnboarding": True, "theme": "dark", "autoUpdates": False,
        "customApiKeyResponses": {"approved": [_KEY[-20:]], "rejected": []},
        "projects": {str(repository): trusted},
    }  # fmt: skip
    (home / ".claude.json").write_text(json.dumps(known))
    settings = {
        "permissions": {"allow": ["Bash"]},
        "env": {"ANTHROPIC_BASE_URL": url.removesuffix("/v1")},
    }
    (home / ".claude/settings.json").write_text(json.dumps(settings))


def _vibe(home: Path, repository: Path, url: str) -> None:
    folder = home / ".vibe"
    folder.mkdir(parents=True)
    (folder / "trusted_folders.toml").write_text(f'trusted = ["{repository}"]\nuntrusted = []\n')
    (folder / "config.toml").write_text(f"""
active_model = "scripted"
enable_update_checks = false
enable_auto_update = false
enable_telemetry = false
disable_welcome_banner_animation = true
[[providers]]
name = "scripted"
api_base = "{url}"
api_key_env_var = "RIVAL_KEY"
api_style = "openai"
backend = "generic"
[[models]]
name = "scripted"
provider = "scripted"
alias = "scripted"
auto_compact_threshold = 238000
""")


def _bash(step: int) -> Call:
    return Call("bash", {"command": f"echo {step}"})


def _described(tool: str) -> Callable[[int], Call]:
    return lambda step: Call(tool, {"command": f"echo {step}", "description": "Count."})


class Measured(NamedTuple):
    """A program and how it is measured."""

    rival: Rival
    ready: str
    """What stands on the screen when it can be typed into."""
    headless: tuple[str, ...]
    """Words before the prompt of a turn that has neither screen nor sandbox."""
    run: Callable[[int], Call]
    """Its agent's call of a command, given a number."""
    environ: Mapping[str, str] = {}
    """What stands in its environment besides what all have."""


_CODEX, _OPENCODE = RIVALS
_IDLE = Ways(_bash(0), _bash(0), _bash)
_FREE = ("--sandbox", "danger-full-access")
MEASURED = (
    Measured(_CODEX, "›", ("exec", "--skip-git-repo-check", *_FREE), _CODEX.ways.idle),
    Measured(
        Rival("vibe", "Mistral Vibe", (), _IDLE, _vibe), "/help",
        ("--auto-approve", "--trust", "-p"), _bash,
        # Without this key it first asks for one.
        {"MISTRAL_API_KEY": _KEY},
    ),
    Measured(
        _OPENCODE, "anything", ("run",), _described("bash"),
        {"OPENCODE_PERMISSION": '{"bash": "allow"}'},
    ),
    Measured(
        Rival("claude", "Claude Code", (), _IDLE, _claude), "❯", ("-p",), _described("Bash"),
        {
            "ANTHROPIC_API_KEY": _KEY, "ANTHROPIC_MODEL": "scripted",
            "ANTHROPIC_SMALL_FAST_MODEL": "scripted", "DISABLE_AUTOUPDATER": "1",
            "DISABLE_TELEMETRY": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        },
    ),
    Measured(
        Rival("pi", "pi", (), _IDLE, _pi), "scripted", ("-p",), _bash,
        {"PI_OFFLINE": "1", "PI_TELEMETRY": "0"},
    ),
)  # fmt: skip


class Peer:
    """One program in a home of its own."""

    def __init__(self, one: Measured, found: str, folder: Path) -> None:
        self.found = found
        self.home = folder / "home"
        self.repository = plain(folder / "shop").resolve()
        self.environ = {**surroundings(self.home), **one.environ}

    def shown(self) -> Terminal:
        argv = ["/usr/bin/env", "-C", str(self.repository), self.found]
        return Terminal(argv, self.environ)

    def pids(self) -> list[int]:
        """Everything that runs in its home, whoever started it, and all that was started by it.

        A program that renames itself may have written over its environment (Vibe's server has).
        """
        mark = b"\0HOME=" + os.fsencode(self.home) + b"\0"
        found: set[int] = set()
        above: dict[int, int] = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                told = (entry / "stat").read_text().rpartition(")")[2].split()
                above[int(entry.name)] = int(told[1])
                if mark in b"\0" + (entry / "environ").read_bytes():
                    found.add(int(entry.name))
        while more := {pid for pid, parent in above.items() if parent in found} - found:
            found |= more
        return sorted(found)

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
        peer = Peer(one, found, Path(folder))
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
            env={**surroundings(Path(home)), **one.environ},
        )  # fmt: skip
    version = re.search(r"\d+(?:\.\d+)+", told.stdout or told.stderr)
    return f"{one.rival.title} {version[0]}" if version else one.rival.title
