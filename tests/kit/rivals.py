"""Two other programs that drive coding agents, pointed at a scripted model on loopback.

Each gets a HOME of its own and a proxy that refuses, so that nothing but loopback can be reached.
"""

import json
import os
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from kit.acting import MADE, TEXT, Ways
from steerdeck_agents.models.scripted import Call

NOWHERE = "http://127.0.0.1:9"
_ASKS = {"sandbox_permissions": "require_escalated", "justification": "To greet."}
CODEX = Ways(
    Call("exec_command", {"cmd": f'printf "{TEXT}" > {MADE}'.replace("\n", "\\n"), **_ASKS}),
    Call("exec_command", {"cmd": "touch made-by-hand", **_ASKS}),
    lambda step: Call("exec_command", {"cmd": f"echo {step}"}),
)
OPENCODE = Ways(
    Call("write", {"filePath": MADE, "content": TEXT}),
    Call("bash", {"command": "touch made-by-hand", "description": "To try."}),
    lambda step: Call("glob", {"pattern": f"nothing{step}"}),
)


class Rival(NamedTuple):
    """One program: how it is called, set up, and what its agent calls."""

    name: str
    title: str
    words: tuple[str, ...]
    ways: Ways
    set_up: Callable[[Path, Path, str], None]
    """Writes its settings, given its HOME, the repository and the model's URL."""


def program(name: str, folder: str) -> str | None:
    """Where a program is: in this folder, as npm or venv lay it or plainly, or on PATH."""
    own = Path(folder) / name
    places = (own / "node_modules/.bin" / name, own / "bin" / name, own)
    for place in places if folder else ():
        if place.is_file() and os.access(place, os.X_OK):
            return str(place)
    return shutil.which(name)


def surroundings(home: Path) -> dict[str, str]:
    """The environment a rival runs in."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(home), "LANG": "C.UTF-8",
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "SHELL": "/bin/sh",
        "RIVAL_KEY": "none", "NO_UPDATE_NOTIFIER": "1", "NO_PROXY": "127.0.0.1,localhost",
        "HTTP_PROXY": NOWHERE, "HTTPS_PROXY": NOWHERE, "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1", "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    }  # fmt: skip


def end_left(home: Path) -> None:
    """End what a rival left running out of its HOME: Codex starts a server that stays."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cmdline").read_bytes().startswith(os.fsencode(home) + b"/"):
                os.kill(int(entry.name), signal.SIGKILL)


def _codex(home: Path, repository: Path, url: str) -> None:
    file = home / ".codex/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f"""
model = "scripted"
model_provider = "scripted"
approval_policy = "on-request"
sandbox_mode = "read-only"
check_for_update_on_startup = false
[model_providers.scripted]
name = "scripted"
base_url = "{url}"
wire_api = "responses"
env_key = "RIVAL_KEY"
[projects."{repository}"]
trust_level = "trusted"
[analytics]
enabled = false
""")


def _opencode(home: Path, repository: Path, url: str) -> None:
    file = home / ".config/opencode/opencode.json"
    file.parent.mkdir(parents=True)
    model = {"name": "scripted", "tool_call": True, "limit": {"context": 10**6, "output": 10**5}}
    provider = {
        "npm": "@ai-sdk/openai-compatible", "name": "scripted",
        "options": {"baseURL": url, "apiKey": "none"}, "models": {"scripted": model},
    }  # fmt: skip
    named = "scripted/scripted"
    settings = {
        "autoupdate": False, "share": "disabled", "model": named, "small_model": named,
        "permission": {"edit": "ask", "bash": "ask"}, "enabled_providers": ["scripted"],
        "provider": {"scripted": provider},
    }  # fmt: skip
    file.write_text(json.dumps(settings))


RIVALS = (
    Rival("codex", "Codex CLI", ("agents",), CODEX, _codex),
    Rival("opencode", "OpenCode", (), OPENCODE, _opencode),
)
