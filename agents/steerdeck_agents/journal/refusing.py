"""Why the journal did not take something, in sentences with the way out."""

import sqlite3
from pathlib import Path
from typing import Final

from steerdeck_agents.facts.errors import JournalAway, JournalError

_FULL = "The disk of the journal is full: make room."
_READ_ONLY = "The place of the journal is read-only now: make it writable."
_FAILS = (
    "The journal can't be written ({error}): look whether its disk is full, over quota or failing."
)
_HELD = "Something else holds the journal locked ({error}): end that."
AWAY: Final = "The journal is not in its place any more:"
"""How it is said that the file was moved or deleted while it is written."""
_DAMAGED = (
    "The journal is damaged ({error}): end this with `steerdeck runtime stop`, then `steerdeck"
    " journal repair` saves what can be read and keeps the file."
)


def trouble(error: Exception) -> str:
    """What is the matter with the file, when that is why; empty where a fact was at fault."""
    name = getattr(error, "sqlite_errorname", "")
    match error:
        case JournalAway():
            return f"{AWAY} put its folder back, or all that is in it ends with this runtime."
        case sqlite3.IntegrityError():
            return ""
        case sqlite3.Error() if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            return _DAMAGED.format(error=error)
        case sqlite3.OperationalError() if name.startswith("SQLITE_FULL"):
            return _FULL
        case sqlite3.OperationalError() if name.startswith("SQLITE_READONLY"):
            return _READ_ONLY
        case sqlite3.OperationalError() if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return _HELD.format(error=error)
        case sqlite3.OperationalError():
            return _FAILS.format(error=error)
        case _:
            return ""


def check_place(path: Path, inode: int | None) -> None:
    """JournalAway where what is kept would be gone with this process.

    None as inode where only the name counts: not every file system over a network numbers a file
    always alike.
    """
    try:
        found = path.stat().st_ino
    except OSError:
        found = -1
    if found == -1 or inode not in (None, found):
        raise JournalAway(
            f"Nothing of this was kept: the journal {path} was moved or deleted. Put its folder"
            " back and try again.",
            retryable=True,
        )


def refusal(path: Path, error: Exception) -> JournalError:
    """What an append is told whose transaction failed."""
    match error:
        case JournalError():
            return error
        case sqlite3.IntegrityError() if "order_answer" in str(error):
            return JournalError("This order was already answered; its first answer stands.")
        case sqlite3.OperationalError():
            return JournalError(
                f"Nothing of this was kept ({error}): make room on the disk and try again. The"
                f" journal is {path}.",
                retryable=True,
            )
        case _ if why := trouble(error):
            return JournalError(why)
        case _:
            return JournalError(f"The journal can't hold this fact ({error}). It was not kept.")
