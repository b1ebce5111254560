"""Bringing ignored files of the developer's checkout into a workspace, as files of its own.

Both sides are walked by open folders and no link is followed, so nothing is read outside the
checkout and nothing written outside the workspace. What is there already stays. A file is a clone
where the file system can share blocks until one side writes, else a plain copy; never a hard link,
through which an agent's writes would reach the developer's file. Each file and each folder appears
whole or not at all.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from posixpath import dirname, normpath
from secrets import token_hex
from typing import TypeVar

import msgspec

from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.gate.secrets import folded
from steerdeck_agents.workspace.within import parts_of

_T = TypeVar("_T")
_FICLONE = 0x40049409
"""ioctl_ficlone(2)."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 20
_DEEPEST = 64
_SAY_EVERY_S = 0.25


class LeftOut(msgspec.Struct, frozen=True):
    """A path that was not brought."""

    path: str
    why: str
    """The rest of a sentence that begins with the path."""


class Measure(msgspec.Struct, frozen=True):
    """How much a folder holds."""

    files: int
    size: int
    """Bytes, as the names of the files promise them."""
    leaving: int
    """Links that lead out of the folder."""


class Stopped(Exception):
    """The work was cancelled; what was half made is gone again."""


class Bringer:
    """Copies from one root to another, in a thread; counts what it did and can be stopped."""

    def __init__(
        self, source: str, target: str, stop: threading.Event, say: Callable[[str], object]
    ) -> None:
        self.files = 0
        self.size = 0
        """Bytes copied."""
        self.cloned = True
        """Whether every file shares its blocks with the developer's until one is written."""
        self.without_git = 0
        """Repositories below a copied folder, whose `.git` stayed behind."""
        self.outside: list[str] = []
        """Links of a copied folder that lead to absolute paths outside the repository."""
        self._source = source
        self._target = target
        self._stop = stop
        self._say = say
        self._said = 0.0
        self._named = ""
        self._can_clone = True

    def file(self, path: str, limit: int) -> None:
        """Bring one file or link; OrderRefused when it must not or need not be."""
        *folders, name = parts_of(path)
        with self._both(folders) as (source, target):
            _free(name, target)
            made = f".steerdeck-{token_hex(8)}"
            try:
                seen = os.stat(name, dir_fd=source, follow_symlinks=False)
                if stat.S_ISLNK(seen.st_mode):
                    link = os.readlink(name, dir_fd=source)
                    if link.startswith("/") or leads_out(path, link):
                        raise OrderRefused("is a link that leads out of the repository")
                    os.symlink(link, made, dir_fd=target)
                elif not stat.S_ISREG(seen.st_mode):
                    raise OrderRefused("is neither a file nor a link")
                elif seen.st_size > limit:
                    raise OrderRefused(
                        f"holds {in_words(seen.st_size)}, more than {in_words(limit)}; let the "
                        "set-up script fetch or make it"
                    )
                else:
                    self._copy(name, made, source, target)
                os.rename(made, name, src_dir_fd=target, dst_dir_fd=target)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(made, dir_fd=target)
                raise

    def folder(self, path: str, finish: Callable[[str], object]) -> None:
        """Bring a whole folder; `finish` may correct the copy before it is in its place.

        OrderRefused when it is no folder, or its place is taken.
        """
        *folders, name = parts_of(path)
        self._named = path
        with self._both(folders) as (source, target):
            _free(name, target)
            made = f".steerdeck-{token_hex(8)}"
            try:
                self._tree(name, made, source, target, path)
                finish("/".join((self._target, *folders, made)))
                os.rename(made, name, src_dir_fd=target, dst_dir_fd=target)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    shutil.rmtree(made, dir_fd=target)
                raise

    def link(self, path: str) -> str:
        """Put a link to the developer's own folder; its absolute path."""
        *folders, name = parts_of(path)
        with self._both(folders) as (source, target):
            _free(name, target)
            os.close(_opened(name, source))
            os.symlink(f"{self._source}/{path}", name, dir_fd=target)
        return f"{self._source}/{path}"

    def measure(self, path: str) -> Measure:
        """How much a folder of the source holds; OrderRefused when it is none."""
        *folders, name = parts_of(path)
        with _walked(self._source, folders) as source:
            return self._measure(name, source, "")

    def _measure(self, name: str, source: int, path: str) -> Measure:
        self._alive()
        if path.count("/") > _DEEPEST:
            raise OrderRefused(f"is nested deeper than {_DEEPEST} folders")
        files = size = leaving = 0
        here = _opened(name, source)
        try:
            for one in _names(here):
                seen = os.stat(one, dir_fd=here, follow_symlinks=False)
                if stat.S_ISDIR(seen.st_mode):
                    below = self._measure(one, here, f"{path}{one}/")
                    files, size = files + below.files, size + below.size
                    leaving += below.leaving
                    continue
                files, size = files + 1, size + seen.st_size
                if stat.S_ISLNK(seen.st_mode):
                    link = os.readlink(one, dir_fd=here)
                    leaving += link.startswith("/") or leads_out(f"{path}{one}", link)
        finally:
            os.close(here)
        return Measure(files, size, leaving)

    @contextmanager
    def _both(self, folders: list[str]) -> Iterator[tuple[int, int]]:
        self._alive()
        with (
            _walked(self._source, folders) as source,
            _walked(self._target, folders, make=True) as target,
        ):
            yield source, target

    def _alive(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _tree(self, name: str, made: str, source: int, target: int, path: str) -> None:
        self._alive()
        if path.count("/") > _DEEPEST:
            raise OrderRefused(f"is nested deeper than {_DEEPEST} folders")
        here = _opened(name, source)
        try:
            os.mkdir(made, 0o700, dir_fd=target)
            there = _opened(made, target)
            try:
                for one in _names(here):
                    self._entry(one, here, there, f"{path}/{one}")
                # Its owner must be able to remove it again.
                os.fchmod(there, os.fstat(here).st_mode & 0o777 | 0o700)
            finally:
                os.close(there)
        finally:
            os.close(here)

    def _entry(self, name: str, source: int, target: int, path: str) -> None:
        seen = os.stat(name, dir_fd=source, follow_symlinks=False)
        if folded(name) == ".git":
            self.without_git += 1
        elif stat.S_ISDIR(seen.st_mode):
            self._tree(name, name, source, target, path)
        elif stat.S_ISLNK(seen.st_mode):
            link = self._link(os.readlink(name, dir_fd=source), path)
            os.symlink(link, name, dir_fd=target)
        elif stat.S_ISREG(seen.st_mode):
            self._copy(name, name, source, target)
            self._tell()

    def _link(self, link: str, path: str) -> str:
        """Where a link of a copied folder points: never into the developer's own files."""
        if not link.startswith("/"):
            if leads_out(path, link):
                link = normpath(f"{self._source}/{dirname(path)}/{link}")
                self.outside.append(f"{path} → {link}")
            return link
        inside = normpath(link)
        if inside == self._source or inside.startswith(f"{self._source}/"):
            return self._target + inside.removeprefix(self._source)
        self.outside.append(f"{path} → {link}")
        return link

    def _copy(self, name: str, made: str, source: int, target: int) -> None:
        self._alive()
        reading = os.open(name, _READ, dir_fd=source)
        try:
            seen = os.fstat(reading)
            if not stat.S_ISREG(seen.st_mode):
                raise OrderRefused("is not a file any more")
            writing = os.open(made, _NEW, 0o600, dir_fd=target)
            try:
                self._fill(reading, writing)
                os.fchmod(writing, seen.st_mode & 0o777)
                os.utime(writing, ns=(seen.st_atime_ns, seen.st_mtime_ns))
            finally:
                os.close(writing)
        finally:
            os.close(reading)
        self.files += 1
        self.size += seen.st_size

    def _fill(self, reading: int, writing: int) -> None:
        if self._can_clone:
            try:
                fcntl.ioctl(writing, _FICLONE, reading)
                return
            except OSError as problem:
                # Another file system, or one that can't share blocks: each says it its own way.
                if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
                    raise
                self._can_clone = self.cloned = False
        while chunk := os.read(reading, _CHUNK):
            self._alive()
            view = memoryview(chunk)
            while view:
                view = view[os.write(writing, view) :]

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._said >= _SAY_EVERY_S:
            self._said = now
            self._say(f"copying {self._named}: {counted(self.files, 'file')}")


async def stoppable(
    work: Callable[[threading.Event, Callable[[str], object]], _T], progress: Callable[[str], None]
) -> _T:
    """Run work in a thread; cancelling sets its event and waits until it has cleared up.

    `progress` is called on the event loop with each line the work says.
    """
    loop = asyncio.get_running_loop()
    stop = threading.Event()

    def say(line: str) -> None:
        loop.call_soon_threadsafe(progress, line)

    task = loop.run_in_executor(None, work, stop, say)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([task])
        task.exception()  # Stopped, or what went wrong meanwhile: nobody is left to be told
        raise


def leads_out(path: str, link: str) -> bool:
    """Whether a relative link at `path` leads above the top, by its text alone."""
    there = normpath(f"{dirname(path)}/{link}".lstrip("/"))
    return there == ".." or there.startswith("../")


def in_words(size: int) -> str:
    """A number of bytes for people."""
    if size >= 1_000_000_000:
        return f"{size / 1_000_000_000:.1f} GB"
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{size:,} bytes"


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries)


def _free(name: str, folder: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        raise OrderRefused("is in the workspace already")


def _opened(name: str, folder: int) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except FileNotFoundError:
        raise OrderRefused("is not there") from None
    except OSError as problem:
        # A link opened with O_NOFOLLOW and O_DIRECTORY is "not a directory".
        if problem.errno in (errno.ELOOP, errno.ENOTDIR):
            raise OrderRefused("is or goes through a link or a file, not a folder") from None
        raise


@contextmanager
def _walked(root: str, folders: list[str], *, make: bool = False) -> Iterator[int]:
    """A descriptor of a folder below `root`."""
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in folders:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, dir_fd=here)
            below = _opened(name, here)
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)
