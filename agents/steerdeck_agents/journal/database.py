"""Opening the database file: modes, the kind of file system, read-only ways in."""

import os
import re
import sqlite3
from pathlib import Path
from typing import Literal

from steerdeck_agents.facts.errors import JournalError, JournalReadOnly

SCHEMA = 3
"""The newest schema this version writes; the database keeps its own in `user_version`."""

MOUNTS = Path("/proc/mounts")
WAIT_S = 5.0
"""How long a connection waits for another one's lock."""

JournalMode = Literal["wal", "rollback"]

_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\w*|9p|drvfs|fuse(\..+)?|virtiofs|fakeowner|vboxsf|prl_fs|vmhgfs|afs|ceph"
    r"|lustre|gpfs|beegfs|glusterfs|ocfs2|gfs2|ncpfs|webdav|davfs"
)
_OLDEST = (3, 37, 0)
"""The first SQLite with strict tables."""
_OCTAL = re.compile(r"\\([0-7]{3})")


def private_folder(folder: Path) -> None:
    """Make a folder only its owner can enter, or close an existing one of ours to others.

    Raises JournalError when it belongs to somebody else or can't be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        if found.st_uid != os.getuid():
            raise JournalError(
                f"The folder {folder} belongs to another user, so the journal is not kept there."
                " Set STEERDECK_HOME to a folder of your own."
            )
        if found.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise JournalError(
            f"The folder {folder} can't be used for the journal ({error.strerror})."
            " Make it writable, or set STEERDECK_HOME to another folder."
        ) from error


def may_write(path: Path) -> None:
    """JournalReadOnly where there is a journal that nobody may write, as on a read-only disk."""
    if not path.exists():
        return
    for place in (path.parent, path):
        if not os.access(place, os.W_OK):
            raise only_read(path, f"{place} is read-only")


def private_file(path: Path) -> None:
    """Make sure a file exists that only its owner can read; SQLite gives its helpers its mode."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise JournalError(
            f"The file {path} can't be written ({error.strerror})."
            " Make it writable, or set STEERDECK_HOME to another folder."
        ) from error


def file_system(path: Path, mounts: Path = MOUNTS) -> str:
    """Type of the file system below `path` by the kernel's table; empty where there is none.

    Format: fstab(5), blanks in a mount point written as octal escapes.
    """
    try:
        table = mounts.read_text(errors="surrogateescape")
    except OSError:
        return ""
    target = path.resolve()
    best, kind = -1, ""
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[1]))
        # A later mount on the same point hides the earlier one.
        if len(point.parts) >= best and target.is_relative_to(point):
            best, kind = len(point.parts), fields[2]
    return kind


def open_for_writing(
    path: Path, *, mounts: Path = MOUNTS
) -> tuple[sqlite3.Connection, JournalMode]:
    """A connection that may write, and how it keeps its journal.

    WAL needs memory shared between processes, which network file systems don't give; there a
    rollback journal is used and each transaction locks the file for itself alone.
    """
    if sqlite3.sqlite_version_info < _OLDEST:
        raise JournalError(
            f"This Python brings SQLite {sqlite3.sqlite_version}, the journal needs 3.37 or newer."
            " Install Steerdeck with a newer Python."
        )
    private_file(path)
    network = _NETWORK.fullmatch(file_system(path.parent, mounts)) is not None
    connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
    try:
        wanted = "truncate" if network else "wal"
        got = connection.execute(f"pragma journal_mode = {wanted}").fetchone()[0]
        connection.execute("pragma journal_size_limit = 16777216")
        connection.execute("pragma temp_store = memory")
    except (sqlite3.Error, UnicodeDecodeError) as error:
        connection.close()
        raise broken(path, error) from error
    return connection, "wal" if got == "wal" else "rollback"


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that can't write; also on a file or a folder that is read-only."""
    if not path.exists():
        raise JournalError(
            f"There is no journal at {path}: no session has made it yet, or it was moved away."
        )
    try:
        return _connect(path, "mode=ro")
    except sqlite3.Error as error:
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise broken(path, error) from error
    # Where not even a lock file can be made nobody writes, so the file is read as it is.
    try:
        return _connect(path, "mode=ro&immutable=1")
    except sqlite3.Error as error:
        raise broken(path, error) from error


def _connect(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}", uri=True, timeout=WAIT_S, isolation_level=None
    )
    try:
        connection.execute("pragma trusted_schema = off")
        connection.execute("begin")
        # Only a first read takes the lock, and with it tells whether reading works at all.
        schema_of(connection)
        connection.execute("select count(*) from sqlite_schema").fetchone()
    except UnicodeDecodeError as error:
        # SQLite's own sentence quotes bytes of the file.
        connection.close()
        raise sqlite3.DatabaseError("its schema is damaged") from error
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def schema_of(connection: sqlite3.Connection) -> int:
    """The schema of a database; 0 when it is empty."""
    found: int = connection.execute("pragma user_version").fetchone()[0]
    return found


def broken(path: Path, error: Exception) -> JournalError:
    """What to say when the file can't be read as a database, or has no room to be opened in."""
    if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
        return JournalError(
            f"There is no room to open the journal {path}. Make room on its disk and start again;"
            " nothing in it was changed."
        )
    return JournalError(
        f"The journal {path} can't be used ({error}). `steerdeck journal check` tells more;"
        " to go on without it, move the file away or set STEERDECK_HOME to another folder."
    )


def too_new(path: Path, found: int) -> JournalReadOnly:
    """What to say to a writer of an older version."""
    return JournalReadOnly(
        f"The journal has schema {found}, this Steerdeck writes schema {SCHEMA}: it is only shown."
        " Update Steerdeck to go on with it, or set STEERDECK_HOME to another folder to start a"
        f" new one. It is {path}."
    )


def only_read(path: Path, why: str) -> JournalReadOnly:
    """What to say where the place of a journal can't be written."""
    return JournalReadOnly(
        f"This journal is only shown, since {why}. Make that writable and start the runtime anew,"
        f" or set STEERDECK_HOME to another folder. It is {path}."
    )
