"""The complete environment of a command: built up from nothing, so no secret can slip through."""

import hashlib
import os
import stat
from pathlib import Path

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.gate.secrets import scrub
from steerdeck_agents.gate.shell.programs import git
from steerdeck_agents.sandbox import ports, toolchains

HOME_INSIDE = "/home/agent"
"""The home folder of a command in the sandbox: empty, and gone with the command."""
_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


def environment(surroundings: Surroundings, workspace: Workspace, level: Level) -> dict[str, str]:
    """Every variable a command gets; the same for the same arguments, so a decision can name it."""
    home = HOME_INSIDE if level.name == "bubblewrap" else str(_home_outside(workspace))
    variables = {
        "PATH": ":".join(toolchains.search_path(surroundings)) or _DEFAULT_PATH,
        "HOME": home,
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "PAGER": "cat",
        "GIT_PAGER": "cat",
        "GIT_TERMINAL_PROMPT": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if level.name in ("landlock", "seatbelt"):
        variables["TMPDIR"] = f"{home}/tmp"
    if surroundings.virtual_env.startswith("/"):
        variables["VIRTUAL_ENV"] = surroundings.virtual_env
    variables |= toolchains.variables(surroundings)
    return scrub(variables | git.ENVIRONMENT | ports.variables(workspace))


def make_home(workspace: Workspace, *, temporary: bool = False) -> str:
    """Make the home of commands that get none inside, and name it; `temporary` with its TMPDIR.

    Raises SteerdeckError if it is not ours alone.
    """
    home = _home_outside(workspace)
    for folder in (home.parent, home, *([home / "tmp"] if temporary else [])):
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise SteerdeckError(
                f"{folder} belongs to somebody else or others may write to it; remove it, "
                "so that commands can get a private home there."
            )
    return str(home)


def _home_outside(workspace: Workspace) -> Path:
    name = hashlib.sha256(workspace.path.encode(errors="surrogateescape")).hexdigest()[:16]
    return Path("/tmp") / f"steerdeck-{os.getuid()}" / f"home-{name}"
