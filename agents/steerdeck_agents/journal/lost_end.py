"""Noticing that a journal ends before the last event that was committed to it.

A log that was cut off looks to SQLite like one that never held more, and the next commit is written
over what could not be read of it. So this is looked at before anything is opened for writing.
"""

import sqlite3
from pathlib import Path

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.mended import JournalMended
from steerdeck_agents.journal.database import open_for_reading
from steerdeck_agents.journal.mark import beside, marked
from steerdeck_agents.journal.swap import copied_aside


def lost_end(path: Path) -> JournalMended | None:
    """What is to be told of an end that is missing; the file is copied then, as it was found.

    Called with the journal's lock held and before this process has it open: closing a file gives
    up the locks a process has on it, SQLite's too.
    """
    if not path.exists():
        beside(path).unlink(missing_ok=True)
        return None
    mark = marked(path)
    last = None if mark is None else _last(path)
    if mark is None or last is None or mark.seq <= last:
        return None
    aside = copied_aside(path)
    return JournalMended(
        text=f"The events {last + 1} to {mark.seq} at the end of the journal were lost, or an"
        f" older copy was put in its place. The file as it was found is {aside}.",
        kept=str(aside),
    )


def _last(path: Path) -> int | None:
    """The last event there is; None where that can't be said, which whoever opens it will hear."""
    try:
        connection = open_for_reading(path)
    except JournalError:
        return None
    try:
        found = connection.execute("select coalesce(max(last_seq), 0) from batch").fetchone()
        return int(found[0])
    except sqlite3.Error:
        return None
    finally:
        connection.close()
