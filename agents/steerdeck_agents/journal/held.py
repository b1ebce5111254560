"""Having a journal for oneself, as maintenance needs it: no runtime writes it meanwhile."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.journal.database import open_for_reading
from steerdeck_agents.journal.lease import Holder, holder_of, lives, lock, taken, this_process
from steerdeck_agents.journal.swap import finish_swap


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the journal's lock; JournalTaken names the runtime that has it."""
    if not path.parent.is_dir():
        raise JournalError(f"There is no journal at {path} yet; the first session makes it.")
    mine = lock(path.with_name("journal.lock"))
    try:
        # Where locks don't work the row alone tells of a runtime, whose file must not be swapped.
        found = None if mine.copied else _named(path)
        if found is not None and found != this_process() and lives(found):
            raise taken(path.parent, str(found.pid))
        finish_swap(path)
        yield
    finally:
        os.close(mine.descriptor)


def _named(path: Path) -> Holder | None:
    """Who stands in the lease row; None where it can't be read, as repairs must go on."""
    try:
        connection = open_for_reading(path)
    except JournalError:
        return None
    try:
        return holder_of(connection)
    except (sqlite3.Error, UnicodeDecodeError):
        return None
    finally:
        connection.close()
