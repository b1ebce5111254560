"""Folders that live as long as one piece of work: all in one private place, which is swept.

Whoever makes one holds a lock on it, which the kernel drops with the process; so a folder whose
lock can be had was left by a process that was killed, whatever its pid means by now, and may go.
The place is beside the sockets in /tmp: removing that folder removes everything.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from steerdeck_agents.settings.paths import private_folder

_OFTEN = 8
"""How often one is made anew that a sweep took before its lock was had."""


def place(uid: int) -> Path:
    """Where the folders of a user lie; it need not be there."""
    return Path("/tmp") / f"steerdeck-{uid}" / "scratch"


class ScratchFolder:
    """An empty folder that only its owner can enter; gone when it is left, or else with a sweep."""

    def __init__(self, within: Path | None = None) -> None:
        """`within` is the place of the user unless given.

        Raises SettingsError where that can't be used, OSError where nothing can be made in it.
        """
        top = private_folder(within or place(os.getuid()))
        for _ in range(_OFTEN):
            made = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=top))
            if (descriptor := _lock(made)) is not None:
                self.path, self._descriptor = made, descriptor
                return
        raise OSError(f"A folder in {top} is taken away again and again.")

    def remove(self) -> None:
        """Take it away with all in it; what can't be is left to a sweep."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._descriptor)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()


def left(within: Path) -> list[Path]:
    """Those in a place whose makers were killed. Blocks a little."""
    return [folder for folder in _folders(within) if not _held(folder)]


def sweep(within: Path) -> int:
    """Remove those whose makers were killed; how many. Blocks."""
    swept = 0
    for folder in _folders(within):
        if (descriptor := _lock(folder)) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)
            swept += not folder.exists()
    return swept


def _folders(within: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        found = within.lstat()
        if not within.is_symlink() and found.st_uid == os.getuid():
            yield from sorted(within.iterdir())


def _held(folder: Path) -> bool:
    descriptor = _lock(folder)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None


def _lock(folder: Path) -> int | None:
    """The locked folder; None when somebody has it, or it is not there or no folder."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A sweep may have had it first: then what is locked has no name any more.
        if os.path.samestat(os.fstat(descriptor), folder.lstat()):
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None
