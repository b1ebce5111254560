"""The files a patch meets on disk, reached by folder descriptor and through no link at all."""

import difflib
import errno
import os
import re
import stat
import unicodedata
from typing import NamedTuple

from steerdeck_agents.facts.errors import PatchError
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.gate.secrets import folded
from steerdeck_agents.tools.walk import FOLDER, read_all

LARGEST = 8 * 1024 * 1024
"""Bytes of the largest file a patch may touch."""
_DRIVE = re.compile(r"[A-Za-z]:(/|$)")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[1-9]|lpt[1-9])", re.IGNORECASE)
_JOINERS = "\u200c\u200d"
"""Used within words and emoji."""
_MOST_NAMES = 2000
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class OnDisk(NamedTuple):
    """A regular file as it is."""

    data: bytes
    mode: int

    @property
    def executable(self) -> bool:
        return bool(self.mode & stat.S_IXUSR)


def open_top(top: str) -> int:
    """The workspace itself; the caller closes it."""
    return os.open(top, FOLDER)


def step(folder: int, name: str, path: str) -> int | None:
    """The folder `name` in `folder`, to be closed by the caller; None when there is none."""
    try:
        return os.open(name, FOLDER, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as problem:
        if problem.errno not in (errno.ELOOP, errno.ENOTDIR):
            raise
        raise refused(path, f"`{one_line(name, 80)}` on the way is a link or a file") from None


def load(folder: int, name: str, path: str) -> OnDisk | None:
    """The file `name` in `folder`; None when there is none.

    Raises PatchError for links, folders, devices and files too large to be patched.
    """
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(mode):
        raise refused(path, "it is a symbolic link, which a patch does not write through")
    if not stat.S_ISREG(mode):
        raise refused(path, "it is a folder" if stat.S_ISDIR(mode) else "it is no regular file")
    fd = os.open(name, _FILE, dir_fd=folder)
    try:
        seen = os.fstat(fd)
        if not stat.S_ISREG(seen.st_mode):
            raise refused(path, "it is no regular file")
        data = read_all(fd, LARGEST)
    finally:
        os.close(fd)
    if len(data) > LARGEST:
        raise refused(path, f"it is larger than {LARGEST // 1024 // 1024} MB; use the shell")
    return OnDisk(data, stat.S_IMODE(seen.st_mode))


def look_up(top: str, path: str) -> OnDisk | None:
    """The file at a clean relative path; None when there is none, PatchError as in `load`."""
    *folders, name = path.split("/")
    here = open_top(top)
    try:
        for part in folders:
            below = step(here, part, path)
            if below is None:
                return None
            os.close(here)
            here = below
        return load(here, name, path)
    finally:
        os.close(here)


def check_new(top: str, path: str) -> None:
    """Raises PatchError for a new name that is another one, or none, on some system or screen.

    Devices and drives of Windows, characters that turn the direction of a line or can't be seen,
    and what differs from a name on disk only in case or Unicode form.
    """
    if _DRIVE.match(path) or any(_DEVICE.fullmatch(part) for part in path.split("/")):
        raise refused(path, "on some systems that is a device or a drive")
    if any(unicodedata.category(sign) == "Cf" and sign not in _JOINERS for sign in path):
        raise refused(path, "the name holds a character that can't be seen")
    check_case(top, path)


def check_case(top: str, path: str) -> None:
    """Raises PatchError when a new path differs from one on disk only in case or Unicode form."""
    here = open_top(top)
    try:
        for part in path.split("/"):
            key = folded(part)
            with os.scandir(here) as entries:
                alike = [entry.name for entry in entries if folded(entry.name) == key]
            if alike and part not in alike:
                other = one_line(alike[0], 80)
                raise refused(path, f"`{other}` is there and is the same name on some systems")
            below = step(here, part, path) if alike else None
            if below is None:
                return
            os.close(here)
            here = below
    finally:
        os.close(here)


def near_path(top: str, path: str) -> str:
    """The path on disk that is nearest to one that is not there; empty where none is like it."""
    here, way = open_top(top), ""
    try:
        for part in path.split("/"):
            below = step(here, part, path)
            if below is None:
                with os.scandir(here) as entries:
                    names = [
                        entry.name for entry, _ in zip(entries, range(_MOST_NAMES), strict=False)
                    ]
                near = difflib.get_close_matches(part, sorted(names), n=1)
                return f"{way}{near[0]}" if near else ""
            os.close(here)
            here, way = below, f"{way}{part}/"
    except PatchError:
        return ""
    finally:
        os.close(here)
    return ""


def refused(path: str, reason: str) -> PatchError:
    return PatchError(f"`{one_line(path, 200)}` can't be patched: {reason}. Nothing was changed.")
