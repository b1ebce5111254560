"""Where no mount can hold the settings of a workspace's git, they are put back after a command.

Our own git and the developer's would follow hooks, config and alternates that an agent wrote. What
the agent's git does meanwhile happens at its own level. Nothing here follows a link: each folder is
opened by descriptor and `O_NOFOLLOW`, since a command may have put anything in its place.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.sandbox.guarded import EVEN_MISSING, GIT_FILES, GIT_FOLDERS, make_git_parts

_LARGEST = 4 * 1024 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_kept: dict[str, "tuple[Kept, int]"] = {}
"""What is kept for a workspace while commands run in it, and how many do: one that starts while
another has already written must not take that for the old state."""
_ALTERNATES = ("alternates", "http-alternates")
"""The parts of `objects/info` that lead elsewhere; the rest is git's own, and taking one away is
what a repack does."""


def keep(top: Path) -> "Kept":
    """Keep the settings as they are now, or as they were when the first of the commands began."""
    kept, count = _kept.get(str(top)) or (Kept(top), 0)
    _kept[str(top)] = kept, count + 1
    return kept


def release(top: Path, kept: "Kept") -> str:
    """One command is over: undo its changes; a sentence when there were any."""
    _, count = _kept.pop(str(top), (kept, 1))
    if count > 1:
        _kept[str(top)] = kept, count - 1
    try:
        changed = kept.put_back()
    except (OSError, SteerdeckError) as problem:
        return f"What it may have changed of .git could not be put back: {problem}."
    told = []
    if changed:
        told.append(f"It changed {', '.join(changed)}, which commands may not; that was put back.")
    if new := kept.planted():
        told.append(f"There is a new {', '.join(new)}: programs may read that unasked. Look at it.")
    return " ".join(told)


class Kept:
    """How the settings of a workspace's git were before a command."""

    def __init__(self, top: Path) -> None:
        """Raises SteerdeckError when they can't be kept."""
        make_git_parts(top)
        self._git = top / ".git"
        self._missing = [top / name for name in EVEN_MISSING if not os.path.lexists(top / name)]
        self._pointer: bytes | None = None
        self._folders: dict[str, dict[str, bytes]] = {}
        if self._git.is_file() and not self._git.is_symlink():
            self._pointer = self._git.read_bytes()
            return
        for name in ("", *GIT_FOLDERS):
            with contextlib.suppress(OSError), _opened(self._git, name) as folder:
                self._folders[name] = {
                    entry: _content(folder, entry)
                    for entry in _guarded(folder, name)
                    if _is_file(folder, entry)
                }

    def put_back(self) -> tuple[str, ...]:
        """Undo what was changed; the names of it, from the top of the workspace."""
        if self._pointer is not None:
            return self._put_pointer_back(self._pointer)
        if not self._folders:
            return ()
        if self._git.is_symlink() or self._git.is_file():
            self._git.unlink()
        if not self._git.is_dir():
            return (".git",)
        changed: list[str] = []
        for name, before in self._folders.items():
            where = ".git" + (f"/{name}" if name else "")
            if not self._is_folder(name):
                changed.append(where)
                self._make_folder(name)
            with _opened(self._git, name) as folder:
                changed += [f"{where}/{entry}" for entry in _put_back(folder, name, before)]
        return tuple(changed)

    def planted(self) -> tuple[str, ...]:
        """What is there now of what runs unasked and was not; each is told once."""
        new = [path for path in self._missing if os.path.lexists(path)]
        self._missing = [path for path in self._missing if path not in new]
        return tuple(path.name for path in new)

    def _put_pointer_back(self, pointer: bytes) -> tuple[str, ...]:
        if not self._git.is_symlink() and self._git.is_file():
            if self._git.read_bytes() == pointer:
                return ()
        elif self._git.is_dir() and not self._git.is_symlink():
            shutil.rmtree(self._git)
        self._git.unlink(missing_ok=True)
        self._git.write_bytes(pointer)
        return (".git",)

    def _is_folder(self, name: str) -> bool:
        try:
            with _opened(self._git, name):
                return True
        except OSError:
            return False

    def _make_folder(self, name: str) -> None:
        above, _, last = name.rpartition("/")
        if above and not self._is_folder(above):
            self._make_folder(above)
        with _opened(self._git, above) as folder:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(last, dir_fd=folder)
            os.mkdir(last, dir_fd=folder)


@contextlib.contextmanager
def _opened(git: Path, name: str) -> Iterator[int]:
    """A descriptor of a folder below `.git`, no part of whose path is a link."""
    folder = os.open(git, _FOLDER)
    try:
        for part in filter(None, name.split("/")):
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _guarded(folder: int, name: str) -> list[str]:
    """The files of a folder that are kept as they are."""
    present = os.listdir(folder)
    if name == "objects/info":
        return [entry for entry in present if entry in _ALTERNATES]
    return present if name else [entry for entry in present if entry in GIT_FILES]


def _content(folder: int, entry: str) -> bytes:
    try:
        descriptor = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError as problem:
        raise SteerdeckError(f"{entry} in .git can't be read ({problem.strerror}).") from problem
    with os.fdopen(descriptor, "rb") as file:
        return file.read(min(os.fstat(descriptor).st_size, _LARGEST))


def _put_back(folder: int, name: str, before: dict[str, bytes]) -> list[str]:
    changed = []
    for entry in sorted({*before, *_guarded(folder, name)}):
        wanted = before.get(entry)
        if wanted is not None and _is_file(folder, entry) and _content(folder, entry) == wanted:
            continue
        if name == "objects/info" and not _is_there(folder, entry):
            continue
        _remove(folder, entry)
        if wanted is not None:
            _write(folder, entry, wanted)
        changed.append(entry)
    return changed


def _is_file(folder: int, entry: str) -> bool:
    """Whether it is a file under this name alone: a second name would be another way to it."""
    try:
        found = os.stat(entry, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1


def _is_there(folder: int, entry: str) -> bool:
    try:
        os.stat(entry, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return True


def _remove(folder: int, entry: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        try:
            os.unlink(entry, dir_fd=folder)
        except (IsADirectoryError, PermissionError):
            shutil.rmtree(entry, dir_fd=folder)


def _write(folder: int, entry: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(entry, flags, 0o644, dir_fd=folder), "wb") as file:
        file.write(data)
