"""The end of a journal: what is missing of it is noticed, and nothing else is taken for that."""

import os
import struct
from pathlib import Path

from steerdeck_agents.journal.lost_end import missing_pages

LARGE = 65536
"""Bytes of the largest page; a file of a gibibyte has few of them, and takes no room here."""
LOCKED = 2**30 // LARGE + 1


def _said_to_have(path: Path, pages: int, there: int) -> None:
    head = bytearray(100)
    head[16:18] = b"\0\1"
    head[28:32] = struct.pack(">I", pages)
    path.write_bytes(head)
    os.truncate(path, there * LARGE)


def _logged(path: Path, *pages: int) -> None:
    """A log of whole pages, each of them committed."""
    log = path.with_name(f"{path.name}-wal")
    log.write_bytes(struct.pack(">IIIIIIII", 0x377F0682, 3007000, LARGE, 0, 1, 2, 0, 0))
    with log.open("ab") as file:
        for page in pages:
            file.write(struct.pack(">IIIIII", page, max(pages), 1, 2, 0, 0) + bytes(LARGE))


def test_the_page_at_one_gibibyte_is_never_written_and_not_missed(tmp_path):
    path = tmp_path / "journal.db"
    _said_to_have(path, LOCKED - 1, there=LOCKED - 1)
    _logged(path, LOCKED + 1, LOCKED + 2)
    assert missing_pages(path) == 0
    _logged(path, LOCKED + 2)
    assert missing_pages(path) == 1
    _said_to_have(path, LOCKED, there=LOCKED - 2)
    _logged(path)
    assert missing_pages(path) == 1


def test_a_count_of_pages_that_is_damaged_is_no_long_work(tmp_path):
    path = tmp_path / "journal.db"
    _said_to_have(path, 2**32 - 1, there=2)
    assert missing_pages(path) == 2**32 - 1 - 2 - 1
