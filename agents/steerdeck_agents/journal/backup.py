"""A copy of the journal while it is being written: one moment of it, whole."""

import os
import sqlite3
from pathlib import Path

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.journal.check import findings
from steerdeck_agents.journal.database import open_for_reading
from steerdeck_agents.journal.lease import BACKUP
from steerdeck_agents.journal.salvage import Progress

_STEP = 256
"""Pages copied between two words of progress."""


def back_up(path: Path, target: Path, told: Progress) -> int:
    """Copy the journal to a new file and check the copy; the last event in it.

    The copy has its name only when it is whole. Raises JournalError; then there is none.
    """
    if target.exists() or target.is_symlink():
        raise JournalError(f"{target} exists already; name a file that doesn't.")
    part = target.with_name(f"{target.name}.part")
    source = open_for_reading(path)
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        last = _copied(source, part, told)
        descriptor = os.open(part, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        part.replace(target)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise JournalError(
            f"The journal can't be copied to {target} ({getattr(error, 'strerror', '') or error});"
            " name another file."
        ) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        source.close()
    return last


def _copied(source: sqlite3.Connection, part: Path, told: Progress) -> int:
    # `open_for_reading` has begun to read: the copy is of that moment, whatever is written since.
    copy = sqlite3.connect(part, isolation_level=None)
    try:
        source.backup(
            copy,
            pages=_STEP,
            progress=lambda _, left, of: told("copying", of - left, of),
        )
        # A file of its own, with no log beside it.
        copy.execute("pragma journal_mode = delete")
        # Whoever writes the journal does not write the copy, and would keep a runtime off it; who
        # puts it in the journal's place is told that it is one.
        copy.execute(
            "insert or replace into lease (id, pid, boot, started) values (1, ?, ?, ?)",
            (BACKUP.pid, BACKUP.boot, BACKUP.started),
        )
        told("checking the copy", 0, 0)
        if problems := findings(copy):
            raise JournalError(
                f"The copy is not whole, so it was not kept: {problems[0]} `steerdeck journal"
                " check` tells more."
            )
        found = copy.execute("select coalesce(max(last_seq), 0) from batch").fetchone()
        return int(found[0])
    finally:
        copy.close()
