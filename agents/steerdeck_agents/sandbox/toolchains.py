"""Folders outside /usr that a command needs to find the developer's own tools, read-only.

A PATH entry alone is rarely enough (a virtual environment, pyenv or nvm keep their programs beside
`bin`), but its parent may be the home folder or a repository. So the parent is taken only when it
holds nothing that looks private; else the entry alone.
"""

import sys
from pathlib import Path

from steerdeck_agents.facts.places import Surroundings, Workspace
from steerdeck_agents.gate.secrets import is_secret_path

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64")
_NEVER = frozenset(
    {"/", "/home", "/root", "/etc", "/var", "/run", "/tmp", "/proc", "/sys", "/dev", "/opt"}
    | {"/srv", "/mnt", "/media", "/boot", "/Users", "/var/tmp", "/var/lib", "/var/run"}
)
_PROGRAM_FOLDERS = frozenset({"bin", "sbin", ".bin", "shims"})
_MANAGERS = frozenset(
    {".pyenv", ".rbenv", ".nodenv", ".nvm", ".asdf", ".goenv", ".jenv", ".sdkman", ".plenv"}
)
"""Version managers that are themselves git clones."""


_COMPANIONS = {".cargo": ".rustup"}
"""Programs in the first are shims for what lies in the second, beside it."""


def toolchains(surroundings: Surroundings, workspace: Workspace) -> tuple[str, ...]:
    """Existing folders to show in the sandbox, sorted, none inside another."""
    return tuple(shown(surroundings, workspace))


def shown(surroundings: Surroundings, workspace: Workspace) -> dict[str, str]:
    """Those folders, each with the reason in words."""
    wanted = [(Path(prefix), "Steerdeck's own Python") for prefix in (sys.prefix, sys.base_prefix)]
    if surroundings.virtual_env:
        environment = Path(surroundings.virtual_env)
        wanted.append((environment, "your virtual environment"))
        wanted += [(one, "its Python") for one in _interpreter(environment)]
    for entry in search_path(surroundings):
        wanted.append((_around(Path(entry), workspace), f"{entry} is on your PATH"))
        if companion := _companion(Path(entry)):
            wanted.append((companion, f"the programs of {entry} need it"))
    allowed: dict[str, str] = {}
    for folder, why in wanted:
        if str(folder) not in allowed and _may_show(folder, workspace):
            allowed[str(folder)] = why
    return {
        folder: allowed[folder]
        for folder in sorted(allowed)
        if not any(folder != other and Path(folder).is_relative_to(other) for other in allowed)
    }


def variables(surroundings: Surroundings) -> dict[str, str]:
    """What toolchains need to be told, since the home of a command is another one."""
    for entry in search_path(surroundings):
        if (companion := _companion(Path(entry))) and companion.name == ".rustup":
            return {"RUSTUP_HOME": str(companion)}
    return {}


def _companion(entry: Path) -> Path | None:
    name = _COMPANIONS.get(entry.parent.name) if entry.name in _PROGRAM_FOLDERS else None
    return entry.parent.with_name(name) if name else None


def search_path(surroundings: Surroundings) -> tuple[str, ...]:
    """The absolute entries of the caller's PATH; a relative one would find an agent's files."""
    return tuple(entry for entry in surroundings.path.split(":") if entry.startswith("/"))


def _may_show(folder: Path, workspace: Workspace) -> bool:
    text = str(folder)
    if not folder.is_absolute() or ".." in folder.parts or text in _NEVER:
        return False
    if any(folder.is_relative_to(system) for system in _SYSTEM) or is_secret_path(text):
        return False
    private = (Path.home(), Path(workspace.path), Path(workspace.repository))
    if any(one.is_relative_to(folder) for one in private if one.is_absolute()):
        return False
    return folder.is_dir() and str(folder.resolve()) not in _NEVER | {str(Path.home())}


def _around(entry: Path, workspace: Workspace) -> Path:
    parent = entry.parent
    if entry.name not in _PROGRAM_FOLDERS or not _may_show(parent, workspace):
        return entry
    try:
        names = {child.name for child in parent.iterdir()}
    except OSError:
        return entry
    if ".git" in names and parent.name not in _MANAGERS:
        return entry
    if parent.name == ".local" or any(is_secret_path(name) for name in names):
        return entry
    return parent


def _interpreter(environment: Path) -> list[Path]:
    """Where the Python of a virtual environment is installed (`home` in pyvenv.cfg, PEP 405)."""
    try:
        lines = (environment / "pyvenv.cfg").read_text(errors="replace").splitlines()
    except OSError:
        return []
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() == "home" and Path(value.strip()).name == "bin":
            return [Path(value.strip()).parent]
    return []
