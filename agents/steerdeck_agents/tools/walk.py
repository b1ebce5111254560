"""The one way from the top of a workspace to a file: step by step, by folder descriptor.

No path is ever opened as a whole, so a folder swapped for a link between a check and a use leads
nowhere. Reads follow links that stay inside the workspace; writes follow none.
"""

import difflib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.tools.paths import is_git, shown

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MOST_LINKS = 20
_MOST_NAMES = 2000


class Found(NamedTuple):
    """An open file or folder; `path` is where it really is, after links."""

    fd: int
    path: str
    is_folder: bool
    size: int
    linked: bool


@contextmanager
def opened(top: str, path: str) -> Iterator[Found]:
    """Opens a clean relative path for reading; raises BadArguments where that is refused."""
    walk = _Walk(top, path)
    try:
        yield walk.go()
    finally:
        walk.close()


def read_all(fd: int, limit: int) -> bytes:
    """The bytes of an open file, at most `limit` and one more (so a caller sees it grew)."""
    with os.fdopen(os.dup(fd), "rb") as file:
        return file.read(limit + 1)


class _Walk:
    """One walk; `folders` are the open descriptors from the top down to where it stands."""

    def __init__(self, top: str, path: str) -> None:
        self.top, self.path = top.rstrip("/"), path
        self.folders = [os.open(top, FOLDER)]
        self.file: int | None = None
        self.names: list[str] = []
        self.pending = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        self.links = 0

    def go(self) -> Found:
        while self.pending:
            self._step(self.pending.pop())
            if self.file is not None:
                size = os.fstat(self.file).st_size
                return Found(self.file, "/".join(self.names), False, size, self.links > 0)
        return Found(self.folders[-1], "/".join(self.names) or ".", True, 0, self.links > 0)

    def close(self) -> None:
        for fd in [*self.folders, *([] if self.file is None else [self.file])]:
            os.close(fd)

    def _step(self, name: str) -> None:
        if name in ("", "."):
            return
        if name == "..":
            if not self.names:
                raise self._leaves()
            self.names.pop()
            os.close(self.folders.pop())
            return
        if is_git(name):
            raise self._refused("leads into the data of git, which are not read as files")
        try:
            mode = os.stat(name, dir_fd=self.folders[-1], follow_symlinks=False).st_mode
        except FileNotFoundError:
            raise self._missing(name) from None
        if stat.S_ISLNK(mode):
            self._follow(name)
        elif stat.S_ISDIR(mode):
            self.folders.append(os.open(name, FOLDER, dir_fd=self.folders[-1]))
            self.names.append(name)
        elif stat.S_ISREG(mode) and not self.pending:
            self.file = os.open(name, _FILE, dir_fd=self.folders[-1])
            if not stat.S_ISREG(os.fstat(self.file).st_mode):
                raise self._refused("is not a regular file")
            self.names.append(name)
        elif stat.S_ISREG(mode):
            raise self._refused(f"does not exist: `{name}` on the way is a file, not a folder")
        else:
            raise self._refused("is not a regular file")

    def _follow(self, name: str) -> None:
        self.links += 1
        if self.links > _MOST_LINKS:
            raise self._refused("goes through too many symbolic links")
        target = os.readlink(name, dir_fd=self.folders[-1])
        if target.startswith("/"):
            if target != self.top and not target.startswith(self.top + "/"):
                raise self._leaves()
            target = target[len(self.top) + 1 :]
            while len(self.folders) > 1:
                os.close(self.folders.pop())
            self.names.clear()
        self.pending.extend(reversed(target.split("/")))

    def _missing(self, name: str) -> BadArguments:
        place = "/".join(self.names) or "."
        with os.scandir(self.folders[-1]) as entries:
            names = [entry.name for entry, _ in zip(entries, range(_MOST_NAMES), strict=False)]
        near = difflib.get_close_matches(name, sorted(names), n=3)
        hint = f" Near names in `{place}`: {', '.join(map(shown, near))}." if near else ""
        return self._refused(f"does not exist: there is no `{name}` in `{place}`", hint)

    def _leaves(self) -> BadArguments:
        return self._refused(
            "is a symbolic link that leads out of the workspace, which is not followed"
        )

    def _refused(self, reason: str, hint: str = "") -> BadArguments:
        return BadArguments(f"`{one_line(self.path, 120)}` {one_line(reason, 200)}.{hint}")
