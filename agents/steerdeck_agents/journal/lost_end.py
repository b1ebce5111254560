"""Noticing that a journal ends before the last event that was committed to it.

A log that was cut off looks to SQLite like one that never held more, and the next commit is written
over what could not be read of it. So this is looked at before anything is opened for writing.
"""

import sqlite3
from pathlib import Path
from typing import Final

from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.mended import JournalMended
from steerdeck_agents.journal.database import open_for_reading
from steerdeck_agents.journal.mark import beside, marked
from steerdeck_agents.journal.pages import HEADER, logged_pages
from steerdeck_agents.journal.swap import copied_aside

_LOCKED: Final = 1 << 30
"""The byte at which SQLite locks a file: the page that holds it is never written."""


def lost_end(path: Path) -> JournalMended | None:
    """What is to be told of an end that is missing; the file is copied then, as it was found.

    Called with the journal's lock held and before this process has it open: closing a file gives
    up the locks a process has on it, SQLite's too. Raises JournalError when pages are gone, or
    where there is no room for the copy.
    """
    if not path.exists():
        beside(path).unlink(missing_ok=True)
        return None
    if pages := missing_pages(path):
        raise JournalError(
            f"The journal {path} is cut off: {counted(pages, 'page')} at its end are gone."
            " `steerdeck journal repair` saves the rest and keeps the file."
        )
    mark = marked(path)
    end = None if mark is None else _end(path)
    if mark is None or end is None or mark.seq <= end[0]:
        return None
    last, digest = end
    aside = copied_aside(path, f"{last}-{digest[:8]}" if digest else str(last))
    return JournalMended(
        text=f"The events {last + 1} to {mark.seq} at the end of the journal were lost, or an"
        f" older copy was put in its place. The file as it was found is {aside}.",
        kept=str(aside),
        back=True,
    )


def brought_back() -> JournalMended:
    """What is to be told of a backup that was put in the journal's place."""
    return JournalMended(
        text="This journal is a backup that was put in its place: what was done since it was made"
        " is not in it.",
        back=True,
    )


def missing_pages(path: Path) -> int:
    """How many pages the file should have that are neither in it nor in its log.

    SQLite notices that only when it comes to read one of them.
    """
    undo = path.with_name(f"{path.name}-journal")
    if undo.exists() and undo.stat().st_size:
        # A commit without a log was broken off: SQLite puts the file right when it opens it.
        return 0
    with path.open("rb") as file:
        head = file.read(HEADER)
    if len(head) < HEADER or head[24:28] != head[92:96]:
        return 0
    size = int.from_bytes(head[16:18], "big")
    size = 65536 if size == 1 else size
    if size < 512:
        return 0
    logged, count = logged_pages(path.with_name(f"{path.name}-wal"))
    there = path.stat().st_size // size
    wanted = count or int.from_bytes(head[28:32], "big")
    elsewhere = logged | {_LOCKED // size + 1}
    return max(0, wanted - there) - sum(there < page <= wanted for page in elsewhere)


def _end(path: Path) -> tuple[int, str] | None:
    """The last event there is and the hash of the chain up to it.

    None where that can't be said, which whoever opens it will hear.
    """
    try:
        connection = open_for_reading(path)
    except JournalError:
        return None
    try:
        found = connection.execute(
            "select last_seq, hash from batch order by last_seq desc limit 1"
        ).fetchone()
        return (0, "") if found is None else (int(found[0]), str(found[1]))
    except (sqlite3.Error, ValueError):
        return None
    finally:
        connection.close()
