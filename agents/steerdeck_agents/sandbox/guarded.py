"""Parts of a workspace that no command may change, since they run or instruct outside the sandbox.

The pointers and settings of git choose which programs our own git would run; editors, `direnv` and
agents read a few folders as soon as somebody opens the workspace. What is there is mounted
read-only; what is not there yet is made first, since a mount needs something to lie on: in `.git`
for good, in the tree as an empty folder (git never sees one) that goes with the last command.
Files that builds and git itself write, such as package.json, stay writable: they run in the
sandbox, or after the developer has seen and landed them.
"""

import contextlib
import os
import stat
from collections import Counter
from pathlib import Path

from steerdeck_agents.facts.errors import SteerdeckError

GIT_FOLDERS = ("hooks", "info", "objects/info")
GIT_FILES = {"config": "", "config.worktree": "", "commondir": ".\n"}
"""Each with what it says where it has to be made; an empty `config` is never made."""
EVEN_MISSING = (".envrc", ".mcp.json", ".vscode", ".idea", ".claude", ".steerdeck")
"""Read unasked by programs of the developer, so they are held before they exist."""
WHEN_THERE = (
    ".devcontainer", ".husky", ".githooks", ".codex", ".cursor", ".gemini", ".gitconfig",
)  # fmt: skip
_held: Counter[str] = Counter()
"""How many running commands lie on each empty folder that was made for them."""


class Hold:
    """What is held for one command; `release` it when the command is over."""

    def __init__(self, top: Path) -> None:
        """Raises SteerdeckError when a part of `.git` has become a link."""
        self.paths: list[str] = []
        """To be mounted onto themselves, read-only."""
        self._made: list[str] = []
        make_git_parts(top)
        for name in (*EVEN_MISSING, *WHEN_THERE):
            self._take(top / name, name in EVEN_MISSING)

    def release(self) -> str:
        """Take away the empty folders that no command needs any more; there is nothing to tell."""
        made, self._made = self._made, []
        for path in made:
            _held[path] -= 1
            if _held[path] <= 0:
                del _held[path]
                with contextlib.suppress(OSError):  # something was put into it meanwhile
                    Path(path).rmdir()
        return ""

    def _take(self, path: Path, even_missing: bool) -> None:
        kind = _kind(path)
        if not kind and even_missing:
            try:
                path.mkdir(mode=0o700)
            except OSError:
                return
            kind = "empty"
        if kind == "empty" and even_missing:
            _held[str(path)] += 1
            self._made.append(str(path))
        if kind in ("empty", "there"):
            self.paths.append(str(path))


def is_held(path: str) -> bool:
    """Whether that is an empty folder which only commands that run now lie on."""
    return path in _held


def make_git_parts(top: Path) -> None:
    """Make what an agent could otherwise make first; raises SteerdeckError for a link."""
    git = top / ".git"
    if not (git / "HEAD").exists() or git.is_symlink():
        return
    for name in ("objects", *GIT_FOLDERS, *GIT_FILES):
        if (git / name).is_symlink():
            raise became_a_link(git / name)
    for name in GIT_FOLDERS:
        (git / name).mkdir(exist_ok=True)
    for name, text in GIT_FILES.items():
        if name != "config" and not (git / name).exists():
            (git / name).write_text(text)


def became_a_link(path: Path) -> SteerdeckError:
    return SteerdeckError(
        f"{path} has become a link, so this workspace can't be confined; "
        "start a new session from its branch."
    )


def _kind(path: Path) -> str:
    """`there`, `empty` for a folder, `link` for what can't be held, nothing when it is missing."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return ""
    if stat.S_ISDIR(mode):
        with os.scandir(path) as entries:
            return "there" if any(entries) else "empty"
    return "there" if stat.S_ISREG(mode) else "link"
