"""Having a journal for oneself, as maintenance needs it: no runtime writes it meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.journal.lease import lock
from steerdeck_agents.journal.swap import finish_swap


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the journal's lock; JournalTaken names the runtime that has it."""
    if not path.parent.is_dir():
        raise JournalError(f"There is no journal at {path} yet; the first session makes it.")
    descriptor = lock(path.with_name("journal.lock"))
    try:
        finish_swap(path)
        yield
    finally:
        os.close(descriptor)
