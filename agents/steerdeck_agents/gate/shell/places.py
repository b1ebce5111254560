"""Where the paths of a command lead: through links, into the secret list, or out of the workspace.

The judge asks for this through `Ground`, so that it can be tried on a tree of names alone, and so
that the runtime may answer from what it knows already. `Disk` looks at the files themselves.
"""

import os
import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from steerdeck_agents.gate.secrets import is_secret_path

MOST_ENTRIES = 50_000
"""Files looked through for secrets below a folder before giving up, which asks."""
MOST_NAMES = 2_000
"""Names one pattern may stand for."""


class Ground(Protocol):
    """The files around a command; all paths are absolute."""

    @property
    def root(self) -> str:
        """The real path of the workspace."""

    def real(self, path: str) -> str:
        """The path with every link followed; missing parts stay as they are."""

    def names(self, folder: str) -> tuple[str, ...]:
        """The names in a folder; none when there is no such folder."""

    def has(self, path: str) -> bool:
        """Whether something is there."""

    def secret_below(self, folder: str, hidden: bool) -> str:
        """A file on the secret list in or below a folder, without `.git`; empty when none is.

        `hidden` counts files and folders that start with a dot. When there are too many files to
        look through, a sentence part that says so.
        """

    def link_below(self, folder: str) -> bool:
        """Whether a link lies below a folder, or too many files to be sure that none does."""


class Disk:
    """The files as they are now; remembers what it saw, so make a new one for a new question."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._secrets: dict[tuple[str, bool], str] = {}
        self._links: dict[str, bool] = {}
        self._names: dict[str, tuple[str, ...]] = {}

    def real(self, path: str) -> str:
        return os.path.realpath(path)

    def names(self, folder: str) -> tuple[str, ...]:
        if folder not in self._names:
            self._names[folder] = tuple(sorted(entry.name for entry in _entries(folder)))
        return self._names[folder]

    def has(self, path: str) -> bool:
        return os.path.lexists(path)

    def secret_below(self, folder: str, hidden: bool) -> str:
        key = (folder, hidden)
        if key not in self._secrets:
            self._secrets[key] = self._look(folder, hidden)
        return self._secrets[key]

    def link_below(self, folder: str) -> bool:
        if folder not in self._links:
            self._links[folder] = self._has_link(folder)
        return self._links[folder]

    def _has_link(self, folder: str) -> bool:
        left = MOST_ENTRIES
        waiting = [folder]
        while waiting:
            for entry in _entries(waiting.pop()):
                left -= 1
                if left < 0 or entry.is_symlink():
                    return True
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
        return False

    def _look(self, folder: str, hidden: bool) -> str:
        left = MOST_ENTRIES
        waiting = [folder]
        while waiting:
            for entry in _entries(waiting.pop()):
                left -= 1
                if left < 0:
                    return "more files than can be looked through"
                if entry.name == ".git" or (not hidden and entry.name.startswith(".")):
                    continue
                if _is_secret_name(entry.name):
                    return os.path.relpath(entry.path, self.root)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
        return ""


def _entries(folder: str) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


@lru_cache(maxsize=8192)
def _is_secret_name(name: str) -> bool:
    return is_secret_path(name)


def trouble(ground: Ground, folder: str, path: str) -> str:
    """Why a file must not be read unasked, as the end of a sentence; empty when it may.

    `folder` is the absolute folder the command stands in.
    """
    if path == "/dev/null":
        return ""
    if not path or "\0" in path:
        return "an empty name"
    lexical = os.path.normpath(posixpath.join(folder, path))
    real = ground.real(posixpath.join(folder, path))
    if not _within(real, ground.root):
        return f"{path} is outside the workspace"
    for place in (path, _below(lexical, ground.root), _below(real, ground.root)):
        if is_secret_path(place):
            return f"{path} is on the secret list"
    return ""


def expand(ground: Ground, folder: str, pattern: str) -> tuple[str, ...] | None:
    """The words a pattern stands for, at least those (a bracket counts as any character).

    The pattern itself when nothing matches, as bash leaves it; None when it names hidden files,
    leads outside, or stands for too many.
    """
    parts = pattern.split("/")
    if pattern.startswith("/") or ".." in parts:
        return None
    found: list[str] = [""]
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if not _GLOB.search(part):
            found = [f"{one}{part}{'' if last else '/'}" for one in found]
            continue
        if part.startswith(".") or _GLOB_REST.search(_BRACKET.sub("", part)):
            return None
        rule = _rule(part)
        longer: list[str] = []
        for one in found:
            here = ground.real(posixpath.join(folder, one))
            if not _within(here, ground.root):
                return None
            for name in ground.names(here):
                if not name.startswith(".") and rule.fullmatch(name):
                    longer.append(f"{one}{name}{'' if last else '/'}")
            if len(longer) > MOST_NAMES:
                return None
        found = longer
    return tuple(one for one in found if one) or (pattern,)


def foreign_repository(ground: Ground, folder: str) -> str:
    """A repository other than the workspace's that git would find from this folder, or empty."""
    place = folder
    while place != ground.root and _within(place, ground.root):
        if ground.has(f"{place}/.git") or {"HEAD", "objects"} <= set(ground.names(place)):
            return _below(place, ground.root)
        place = str(Path(place).parent)
    return ""


def above(ground: Ground, folder: str) -> Iterator[str]:
    """The folder and those above it, up to the workspace's top."""
    place = folder
    while _within(place, ground.root):
        yield place
        if place == ground.root:
            return
        place = str(Path(place).parent)


def _within(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")


def _below(path: str, root: str) -> str:
    return os.path.relpath(path, root) if _within(path, root) else path


_GLOB = re.compile(r"[*?\[]")
_BRACKET = re.compile(r"\[[A-Za-z0-9_][A-Za-z0-9_-]*\]")
_GLOB_REST = re.compile(r"[\[\]]")


@lru_cache(maxsize=256)
def _rule(part: str) -> re.Pattern[str]:
    pieces = re.split(r"(\*+|\?|\[[^\]]+\])", part)  # a bracket is any character: never too few
    rule = ""
    for piece in pieces:
        if piece.startswith("*"):
            rule += ".*"
        elif piece == "?" or _BRACKET.fullmatch(piece):
            rule += "."
        else:
            rule += re.escape(piece)
    return re.compile(rule, re.DOTALL)
