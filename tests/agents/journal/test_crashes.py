"""Killed, out of space, held by another: nothing acknowledged is lost and nobody writes beside us.

STEERDECK_KILLS sets how often the writing process is killed.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from steerdeck_agents.facts.errors import JournalError, JournalTaken
from steerdeck_agents.facts.events import decode
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.journal.held import held
from steerdeck_agents.journal.lease import this_process
from steerdeck_agents.journal.swap import ready

# Read here, since tests run without the variables of whoever started them.
KILLS = int(os.environ.get("STEERDECK_KILLS", "10"))
WRITING = Path(__file__).with_name("writing_process.py")


@contextmanager
def _started(*arguments: object) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, str(WRITING), *(str(argument) for argument in arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            # A claim that fails must not wait for a process that waits for its end.
            process.kill()


def _killed_after(path: Path, lines: int) -> list[int]:
    """Seqs that were acknowledged by a writer killed at some moment after `lines` of them."""
    with _started("write", path) as process:
        assert process.stdout is not None
        heard = [int(process.stdout.readline()) for _ in range(lines)]
        process.kill()
        heard += [int(line) for line in process.stdout.read().splitlines(keepends=True)[:-1]]
    return heard


def test_a_killed_writer_loses_nothing_it_acknowledged(desk):
    chance = random.Random(20)
    acknowledged: set[int] = set()
    for _ in range(KILLS):
        acknowledged.update(_killed_after(desk.path, chance.randrange(1, 120)))
        events = [decode(text) for text in desk.reader.events(None, limit=10**6)]
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert acknowledged <= {event.seq for event in events}
        assert desk.reader.check() == []
        for state in desk.reader.sessions():
            assert state == fold(event for event in events if event.session == state.id)
    # What an item enclosed came with it.
    for number, state in enumerate(desk.reader.sessions()):
        data = f"s{number} 0".encode() * 50
        assert desk.reader.blob(sha_of(data)) == data
        assert state.id == f"s{number}"
    assert len(acknowledged) > 100


def test_a_full_disk_is_said_and_what_was_kept_stays(desk):
    with _started("fill", desk.path, 1_000_000) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.read())
        assert process.wait() == 0
    assert told["kept"] > 10
    assert told["refused"] > 0
    assert "make room on the disk" in told["sentence"]
    # One for the session itself; what was refused took no number and was not folded.
    assert told["folded"] == told["kept"] + 1
    assert told["after"] == told["kept"] + 2
    assert len(desk.reader.events(None)) == told["kept"] + 2
    assert desk.reader.check() == []


def test_a_second_writer_is_refused_and_told_by_whom(desk, make_noticed):
    with _started("hold", desk.path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        with pytest.raises(JournalError, match=f"process {process.pid}"):
            desk.keep(make_noticed("me too"))
    # Its lease row is still there, and known to be stale.
    assert desk.sql("select pid from lease") == [(process.pid,)]
    assert desk.keep(make_noticed("now it is free"))[0].seq == 1
    assert desk.sql("select pid from lease") == []


def test_two_writers_of_one_process_are_one_too_many(desk):
    async def second(writer):
        other = desk.writer()
        with pytest.raises(JournalError, match=f"process {os.getpid()}"):
            await other.start()
        await other.stop()

    desk.run(second)


def test_a_reused_pid_does_not_hold_the_journal(desk, make_noticed):
    desk.keep(make_noticed("one"))
    me = this_process()
    desk.sql("insert into lease values (1, ?, ?, ?)", me.pid, me.boot, "12")
    desk.keep(make_noticed("two"))
    desk.sql("insert into lease values (1, ?, ?, ?)", me.pid, "another boot", me.started)
    assert desk.keep(make_noticed("three"))[0].seq == 3


@contextmanager
def _named_holder(desk) -> "Iterator[subprocess.Popen[bytes]]":
    """A process that lives and stands in the lease row, without the lock."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        stat = Path(f"/proc/{process.pid}/stat").read_text()
        started = stat.rpartition(")")[2].split()[19]
        boot = this_process().boot
        desk.sql("insert into lease values (1, ?, ?, ?)", process.pid, boot, started)
        yield process
        process.kill()


def test_where_locks_do_not_work_a_living_holder_is_believed(desk, make_noticed):
    desk.keep(make_noticed("one"))
    with (
        _named_holder(desk) as process,
        pytest.raises(JournalError, match=f"process {process.pid}"),
    ):
        desk.keep(make_noticed("two"))
    assert desk.keep(make_noticed("two"))[0].seq == 2


def test_where_locks_do_not_work_maintenance_leaves_a_living_holder_its_file(desk, make_noticed):
    desk.keep(make_noticed("one"))
    with _named_holder(desk) as process:
        ready(desk.path).write_bytes(b"a swap that was broken off")
        with pytest.raises(JournalTaken, match=f"process {process.pid}"), held(desk.path):
            pass
        ready(desk.path).unlink()
    with held(desk.path):
        assert desk.sql("select pid from lease") == [(process.pid,)]


def test_a_copied_journal_is_free_while_its_original_is_written(desk, make_noticed, tmp_path: Path):
    desk.keep(make_noticed("before the copy"))
    copy = type(desk)(tmp_path / "other")
    with _started("hold", desk.path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        shutil.copytree(desk.path.parent, copy.path.parent)
        assert copy.sql("select pid from lease") == [(process.pid,)]
        for _ in range(2):
            with held(copy.path):
                pass
        assert copy.keep(make_noticed("in the copy"))[0].seq == 2
        with pytest.raises(JournalTaken, match=f"process {process.pid}"):
            desk.keep(make_noticed("in the original"))


def test_a_copy_stays_one_until_something_is_kept_in_it(desk, make_noticed, tmp_path: Path):
    desk.keep(make_noticed("one"))
    copy = type(desk)(tmp_path / "other")
    shutil.copytree(desk.path.parent, copy.path.parent)

    async def look(writer):
        return writer.copied

    # As a start that finds no room for its first word.
    assert [copy.run(look) for _ in range(2)] == [True, True]
    copy.keep(make_noticed("two"))
    assert not copy.run(look)


def test_a_copy_that_was_once_written_is_a_journal_like_any_other(desk, make_noticed, tmp_path):
    desk.keep(make_noticed("one"))
    copy = type(desk)(tmp_path / "other")
    shutil.copytree(desk.path.parent, copy.path.parent)
    copy.keep(make_noticed("two"))
    with _named_holder(copy) as process, pytest.raises(JournalError, match=str(process.pid)):
        copy.keep(make_noticed("three"))


def test_a_writer_whose_place_was_taken_writes_nothing_more(desk, make_noticed):
    async def act(writer):
        await writer.append(make_noticed("mine"), full=True)
        desk.sql("update lease set pid = 4242, started = 'x'")
        with pytest.raises(JournalError, match="process 4242"):
            await writer.append(make_noticed("not mine"), full=True)

    desk.run(act)
    assert len(desk.reader.events(None)) == 1
    assert desk.sql("select pid from lease") == [(4242,)]
