"""Named pipes where git looks for a file: it would wait on one for ever.

An agent may make a pipe of `.gitignore` or of a file in `.git`. Looking for them before each
command would cost more than the command, and one could come in between; so only a command that
takes long has us look, and whoever waits at such a pipe is given the end of an empty file.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_READ = frozenset((".gitignore", ".gitattributes", ".gitmodules", ".mailmap"))
"""Files of a working tree that git reads by itself."""
_DEEPEST = 200
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PIPE = os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


def released(top: Path) -> list[str]:
    """The pipes below `top` at which somebody waited, who reads an empty file now.

    No link is followed. Blocks for a walk through the whole folder.
    """
    with suppress(OSError):
        return sorted(_below(os.open(top, _FOLDER), "", _DEEPEST))
    return []


def _below(folder: int, inside: str, depth: int) -> Iterator[str]:
    """Looks through an open folder, and closes it."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                path = inside + entry.name
                if entry.is_dir(follow_symlinks=False):
                    with suppress(OSError):
                        if depth:
                            below = os.open(entry.name, _FOLDER, dir_fd=folder)
                            yield from _below(below, f"{path}/", depth - 1)
                elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                    continue
                elif (entry.name in _READ or inside.startswith(".git/")) and _is_released(
                    entry.name, folder
                ):
                    yield path
    finally:
        os.close(folder)


def _is_released(name: str, folder: int) -> bool:
    try:
        if not stat.S_ISFIFO(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            return False
        os.close(os.open(name, _PIPE, dir_fd=folder))
    except OSError:
        # ENXIO: nobody has it open to read.
        return False
    return True
