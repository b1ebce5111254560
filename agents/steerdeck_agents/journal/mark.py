"""Where the journal ends, noted beside it, so that a lost end is noticed.

A log that was cut short looks to SQLite like one that never held more. This note is written after
each commit that is on the disk and only by the writer; it costs a write of one block to the kernel
and no wait.
"""

import contextlib
import os
from pathlib import Path
from typing import NamedTuple

WIDTH = 20


class Mark(NamedTuple):
    """The last event that was surely on the disk, as the writer noted it."""

    seq: int


class MarkFile:
    """The note of one journal, held open by its writer."""

    def __init__(self, journal: Path) -> None:
        """Without a note, on a full disk say, the journal works all the same."""
        self._file: int | None = None
        with contextlib.suppress(OSError):
            self._file = os.open(
                beside(journal), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
            )

    def write(self, seq: int) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.pwrite(self._file, b"%*d\n" % (WIDTH, seq), 0)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def beside(journal: Path) -> Path:
    return journal.with_name("journal.mark")


def marked(journal: Path) -> Mark | None:
    """The note of a journal; None when there is none that can be read."""
    if journal.name != "journal.db":
        # Copies lie in the same folder; the note is about the journal itself.
        return None
    try:
        return Mark(int(beside(journal).read_text("ascii")))
    except (OSError, ValueError):
        return None
