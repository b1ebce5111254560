"""Who may write: one process at a time, known by a lock the kernel drops and a row that names it.

The lock ends with its process, so a crash leaves nothing to clean. The row survives the crash; it
tells a live holder from one whose pid now belongs to somebody else, where locks don't work, and
stops a writer whose place was taken. The lock file notes which file it is: in a copied home it
names another one, so the row beside it speaks of the original's writer and holds nothing up.
"""

import contextlib
import errno
import fcntl
import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

import msgspec

from steerdeck_agents.facts.errors import JournalError, JournalTaken


class Holder(msgspec.Struct, frozen=True):
    """A process that can't be confused with a later one of the same pid."""

    pid: int
    boot: str
    started: str
    """Clock ticks after boot, as in proc(5); empty where there is no /proc."""


BACKUP = Holder(pid=0, boot="backup", started="")
"""Who stands in the lease row of a backup, until somebody writes it: nobody who could live."""


class Lock(NamedTuple):
    """A lock file that is ours."""

    descriptor: int
    """Closing it lets go."""
    copied: bool
    """Whether it came here as a copy, so that a lease row beside it is of the original."""


def this_process() -> Holder:
    """The holder we are."""
    return Holder(pid=os.getpid(), boot=_boot(), started=_started(os.getpid()))


def lives(holder: Holder) -> bool:
    """Whether exactly that process still runs on this machine."""
    if holder.boot != _boot():
        return False
    if holder.started:
        return _started(holder.pid) == holder.started
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def lock(path: Path) -> Lock:
    """Take the lock file; raises JournalError naming the process that has it.

    Its text is the pid of its holder, and the file system and inode it lies at, a line each.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise JournalError(
            f"The lock file {path} can't be opened ({error.strerror})."
            " Make it a writable file, or set STEERDECK_HOME to another folder."
        ) from error
    os.fchmod(descriptor, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES):
            pid = _noted(descriptor)[0] or "unknown"
            os.close(descriptor)
            raise taken(path.parent, pid) from None
        # Some network file systems have no locks; there the lease row alone decides.
    there, here = _noted(descriptor)[1], _place(descriptor)
    _note(descriptor, there or here)
    return Lock(descriptor, copied=there not in ("", here))


def _place(descriptor: int) -> str:
    # A device is numbered anew at each mount of btrfs and NFS; that must not look like a copy.
    return f"{os.fstatvfs(descriptor).f_fsid}:{os.fstat(descriptor).st_ino}"


def _note(descriptor: int, place: str) -> None:
    # On a full disk the lock still holds; only its note of who holds it is missing.
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n{place}\n".encode(), 0)


def _noted(descriptor: int) -> tuple[str, str]:
    """The two lines of a lock file; empty ones where it has none."""
    lines = os.pread(descriptor, 128, 0).decode("ascii", "replace").split("\n")
    return lines[0].strip(), lines[1].strip() if len(lines) > 1 else ""


def take(connection: sqlite3.Connection, folder: Path, holder: Holder, mine: Lock) -> None:
    """Write our name into the lease row unless a living process stands there.

    In a copied home whoever stands there holds the original.
    """
    connection.execute("begin immediate")
    try:
        found = None if mine.copied else holder_of(connection)
        if found is not None and found != holder and lives(found):
            raise taken(folder, str(found.pid))
        connection.execute(
            "insert or replace into lease (id, pid, boot, started) values (1, ?, ?, ?)",
            (holder.pid, holder.boot, holder.started),
        )
        connection.execute("commit")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


def settle(mine: Lock) -> None:
    """Note that this is no copy any more: it is told of and has been written here."""
    _note(mine.descriptor, _place(mine.descriptor))


def holder_of(connection: sqlite3.Connection) -> Holder | None:
    """Who stands in the lease row."""
    row = connection.execute("select pid, boot, started from lease").fetchone()
    return None if row is None else Holder(*row)


def taken(folder: Path, pid: str) -> JournalTaken:
    """What to say to a second writer."""
    return JournalTaken(
        f"The journal in {folder} is already written by process {pid}. Work with that one, or"
        " end it with `steerdeck runtime stop`."
    )


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _started(pid: int) -> str:
    try:
        # The name in brackets may hold anything; the fields after it are state, then numbers.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
