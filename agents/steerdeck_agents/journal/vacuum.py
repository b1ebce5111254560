"""Making the journal small: streamed text of closed sessions packed, free pages given back."""

import os
import shutil
import sqlite3
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.journal.database import (
    MOUNTS,
    SCHEMA,
    broken,
    open_for_writing,
    schema_of,
    too_new,
)
from steerdeck_agents.journal.salvage import Progress
from steerdeck_agents.journal.segments import due, pack


class Sizes(msgspec.Struct, frozen=True):
    """Bytes of the journal with its log, before and after."""

    before: int
    after: int
    sessions: int
    """Sessions whose text was packed."""


def size(path: Path) -> int:
    """Bytes of the journal and of its log."""
    files = (path.with_name(f"{path.name}{end}") for end in ("", "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def vacuum(path: Path, told: Progress, mounts: Path = MOUNTS) -> Sizes:
    """Pack and write the file anew; called with the journal's lock held.

    All or nothing, also when it is killed. Raises JournalError with the way out.
    """
    before = size(path)
    free = shutil.disk_usage(path.parent).free
    if free < 2 * before:
        raise JournalError(
            f"Writing the journal anew needs {2 * before:,} bytes of room and the disk has"
            f" {free:,}. Make room first; `steerdeck clean` lists what can go."
        )
    connection, _ = open_for_writing(path, mounts=mounts)
    try:
        _same_schema(connection, path)
        sessions = due(connection)
        for done, session in enumerate(sessions):
            told("packing closed sessions", done, len(sessions))
            while _packed(connection, session):
                pass
        _rewrite(connection, path, told)
    except sqlite3.Error as error:
        raise broken(path, error) from error
    finally:
        connection.close()
    return Sizes(before, size(path), len(sessions))


def _same_schema(connection: sqlite3.Connection, path: Path) -> None:
    found = schema_of(connection)
    if found > SCHEMA:
        raise too_new(path, found)
    if found < SCHEMA:
        from steerdeck_agents.journal.schema import migrate

        migrate(connection, path)


def _packed(connection: sqlite3.Connection, session: str) -> bool:
    connection.execute("begin immediate")
    try:
        more = pack(connection, session)
        connection.execute("commit")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")
    return more


def _rewrite(connection: sqlite3.Connection, path: Path, told: Progress) -> None:
    # The new pages wait in a file beside the journal, not in memory and not on another disk.
    os.environ["SQLITE_TMPDIR"] = str(path.parent)
    connection.execute("pragma temp_store = file")
    connection.set_progress_handler(lambda: told("writing it anew", 0, 0), 200_000)
    connection.execute("vacuum")
    connection.set_progress_handler(None, 0)
    connection.execute("pragma wal_checkpoint(truncate)")
