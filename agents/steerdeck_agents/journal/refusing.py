"""Why the journal did not take something, in sentences with the way out."""

import sqlite3
from pathlib import Path

from steerdeck_agents.facts.errors import JournalError

_FULL = "There is no room left where the journal {path} lies. Make room on that disk."
_READ_ONLY = "The journal {path} can't be written any more: its place is read-only now."
_FAILS = (
    "The journal {path} can't be written ({error}). The disk may be full, over quota or failing."
)
_HELD = "Something else holds the journal {path} locked ({error})."
_DAMAGED = (
    "The journal {path} is damaged ({error}). End this with `steerdeck runtime stop`, then"
    " `steerdeck journal repair` saves what can be read and keeps the file."
)


def trouble(path: Path, error: Exception) -> str:
    """What is the matter with the file, when that is why; empty where a fact was at fault."""
    name = getattr(error, "sqlite_errorname", "")
    match error:
        case sqlite3.IntegrityError():
            return ""
        case sqlite3.Error() if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            return _DAMAGED.format(path=path, error=error)
        case sqlite3.OperationalError() if name.startswith("SQLITE_FULL"):
            return _FULL.format(path=path)
        case sqlite3.OperationalError() if name.startswith("SQLITE_READONLY"):
            return _READ_ONLY.format(path=path)
        case sqlite3.OperationalError() if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return _HELD.format(path=path, error=error)
        case sqlite3.OperationalError():
            return _FAILS.format(path=path, error=error)
        case _:
            return ""


def refusal(path: Path, error: Exception) -> JournalError:
    """What an append is told whose transaction failed."""
    match error:
        case JournalError():
            return error
        case sqlite3.IntegrityError() if "order_answer" in str(error):
            return JournalError("This order was already answered; its first answer stands.")
        case sqlite3.OperationalError():
            return JournalError(
                f"The journal {path} could not be written ({error}). Nothing of this was kept;"
                " make room on the disk and try again.",
                retryable=True,
            )
        case _ if why := trouble(path, error):
            return JournalError(why)
        case _:
            return JournalError(f"The journal can't hold this fact ({error}). It was not kept.")
