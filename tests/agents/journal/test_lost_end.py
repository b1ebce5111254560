"""The end of a journal: what is missing of it is noticed, and nothing else is taken for that."""

import os
import resource
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import decode
from steerdeck_agents.journal.backup import back_up
from steerdeck_agents.journal.lost_end import lost_end, missing_pages
from steerdeck_agents.journal.mark import marked
from steerdeck_agents.journal.reader import JournalReader

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


def test_only_what_is_surely_on_the_disk_is_noted_as_the_end(desk, make_noticed):
    async def act(writer):
        await writer.append(make_noticed("sure"), full=True)
        await writer.append(make_noticed("not yet"))
        assert marked(desk.path).seq == 1
        await writer.append(make_noticed("sure with it"), full=True)
        assert marked(desk.path).seq == 3
        await writer.append(make_noticed("on the disk with the last word"))

    desk.run(act)
    assert marked(desk.path).seq == 4


def _cut_off(desk, make_noticed) -> None:
    for number in range(3):
        desk.keep(make_noticed(f"fact {number}"))
    desk.sql("delete from event where seq = 3")
    desk.sql("delete from batch where first_seq = 3")


def _beside(desk) -> list[str]:
    return sorted(file.name for file in desk.path.parent.glob("journal.db.*"))


def test_starts_that_come_to_nothing_copy_the_journal_once(desk, make_noticed):
    _cut_off(desk, make_noticed)
    first = lost_end(desk.path)
    copied = _beside(desk)
    # Even a start that fails may write: its lease comes and goes, and the log with it.
    desk.sql("insert into lease values (1, 4242, '', 'x')")
    desk.sql("delete from lease")
    assert lost_end(desk.path) == first
    assert _beside(desk) == copied
    assert Path(first.kept).name in copied


@contextmanager
def _no_room(most: int) -> Iterator[None]:
    """No file may grow past `most` bytes meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_without_room_for_the_copy_none_is_left_and_the_way_out_is_said(desk, make_noticed):
    _cut_off(desk, make_noticed)
    before = desk.path.read_bytes()
    with _no_room(40_000), pytest.raises(JournalError, match="Make room"):
        lost_end(desk.path)
    assert _beside(desk) == []
    assert desk.path.read_bytes() == before
    assert lost_end(desk.path) is not None


def test_what_is_written_during_a_check_is_no_lost_end(desk, make_noticed):
    class Interrupted(JournalReader):
        @contextmanager
        def _reading(self):
            with super()._reading() as connection:
                desk.keep(make_noticed("meanwhile"))
                yield connection

    desk.keep(make_noticed("before"))
    assert Interrupted(desk.path).check() == []
    assert marked(desk.path).seq == 2


def test_a_backup_in_the_place_of_the_journal_is_told_once(desk, make_noticed):
    desk.keep(make_noticed("in the backup"))
    back_up(desk.path, desk.path.with_name("friday.db"), lambda what, done, of: None)
    desk.keep(make_noticed("not in it"))
    desk.path.with_name("journal.mark").unlink()
    desk.path.with_name("friday.db").replace(desk.path)
    for _ in range(2):
        desk.keep(make_noticed("later"))
    told = [fact for fact in map(decode, desk.reader.events(None)) if hasattr(fact, "back")]
    assert [fact.back for fact in told] == [True] and "a backup" in told[0].text
