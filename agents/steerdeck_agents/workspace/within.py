"""Files of one folder, reached without ever leaving it.

An agent may turn any folder of its workspace into a link between our look and our write. So a path
is walked from the root, one open folder after the other, and no link is followed: what we read,
write or remove is inside the root or nothing at all. `.git`, in every spelling some file system
takes for it, is out of reach.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.gate.secrets import folded

LINK = stat.S_IFLNK
"""Mode of a symbolic link, as git writes it too (octal 120000)."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class FileState(msgspec.Struct, frozen=True):
    """One path as it is: permission bits and bytes, or LINK and where it points."""

    mode: int
    data: bytes = b""
    link: str | None = None


def parts_of(path: str) -> tuple[str, ...]:
    """The parts of a relative path; OrderRefused when it could leave the folder or reach .git."""
    parts = tuple(path.split("/"))
    if "\0" in path or any(part in ("", ".", "..") for part in parts):
        raise OrderRefused(f"{path!r} is not a plain path inside the workspace.")
    if any(_is_git(part) for part in parts):
        raise OrderRefused(f"{path!r} belongs to git itself and is not touched.")
    return parts


def read_file(root: Path | str, path: str, limit: int) -> FileState | None:
    """The file or link at `path`; None when there is none, or a folder, or only behind a link.

    OrderRefused when it is a pipe or the like, or holds more than `limit` bytes.
    """
    *folders, name = parts_of(path)
    try:
        with _opened(root, folders) as folder:
            seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISLNK(seen.st_mode):
                return FileState(mode=LINK, link=os.readlink(name, dir_fd=folder))
            if stat.S_ISDIR(seen.st_mode):
                return None
            if not stat.S_ISREG(seen.st_mode):
                raise OrderRefused(f"{path!r} is not a file.")
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with os.fdopen(os.open(name, flags, dir_fd=folder), "rb") as file:
                data = file.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if len(data) > limit:
        raise OrderRefused(f"{path!r} holds more than {limit} bytes.")
    return FileState(mode=stat.S_IMODE(seen.st_mode), data=data)


def write_file(root: Path | str, path: str, state: FileState) -> None:
    """Put a file or link at `path`, whole or not at all; missing folders are made.

    A link that stands there is replaced, never followed. OrderRefused when a folder on the way is a
    link or the place is taken by a folder that holds something.
    """
    *folders, name = parts_of(path)
    with _opened(root, folders, make=True) as folder:
        made = f".steerdeck-{secrets.token_hex(8)}"
        try:
            if state.link is not None:
                os.symlink(state.link, made, dir_fd=folder)
            else:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                with os.fdopen(os.open(made, flags, 0o600, dir_fd=folder), "wb") as file:
                    file.write(state.data)
                    os.fchmod(file.fileno(), stat.S_IMODE(state.mode))
            _free(folder, name, path)
            os.rename(made, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with _no_matter():
                os.unlink(made, dir_fd=folder)
            raise


def remove_file(root: Path | str, path: str) -> None:
    """Remove a file or link, and the folders this leaves empty; nothing there is fine."""
    *folders, name = parts_of(path)
    try:
        with _opened(root, folders) as folder:
            os.unlink(name, dir_fd=folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    except IsADirectoryError:
        raise OrderRefused(f"{path!r} is a folder, so it is not removed as a file.") from None
    while folders:
        *folders, last = folders
        try:
            with _opened(root, folders) as folder:
                os.rmdir(last, dir_fd=folder)
        except OSError:
            return


@contextmanager
def _opened(root: Path | str, folders: list[str], make: bool = False) -> Iterator[int]:
    """A descriptor of the folder below `root`; walks without following links."""
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in folders:
            try:
                below = os.open(name, _FOLDER, dir_fd=here)
            except FileNotFoundError:
                if not make:
                    raise
                os.mkdir(name, dir_fd=here)
                below = os.open(name, _FOLDER, dir_fd=here)
            except OSError as error:
                # A link opened with O_NOFOLLOW and O_DIRECTORY is "not a directory".
                if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                    raise
                if not make:
                    raise NotADirectoryError(error.errno, error.strerror, name) from None
                raise OrderRefused(
                    f"{'/'.join(folders)!r} goes through {name!r}, which is a link or a file; "
                    "remove that first."
                ) from None
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)


def _free(folder: int, name: str, path: str) -> None:
    """Take away an empty folder where a file goes; a rename replaces everything else."""
    try:
        os.rmdir(name, dir_fd=folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        if error.errno == errno.ENOTEMPTY:
            raise OrderRefused(f"{path!r} is a folder that holds other files.") from None
        raise


@contextmanager
def _no_matter() -> Iterator[None]:
    try:
        yield
    except OSError:
        return


def shown(path: str) -> str:
    """A path as text: bytes that are not UTF-8 become visible marks."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _is_git(part: str) -> bool:
    return folded(part).split(":")[0].rstrip(" .") in (".git", "git~1")
