"""The file itself: whose it is, its schema, what it lies on, what happened to its bytes."""

import asyncio
import os
import sqlite3
import stat
import tempfile
from pathlib import Path

import pytest
from sqlite_utils import Migrations

from kit.filled import Ticks
from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.ids import SessionId, sha_of
from steerdeck_agents.journal.database import file_system
from steerdeck_agents.journal.enclosures import CheckpointBytes, NewBlob, NewItem
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.schema import m001_first, migrate
from steerdeck_agents.journal.writer import Writer


def test_only_the_owner_can_read_the_journal(desk, make_noticed):
    before = os.umask(0)
    try:
        desk.path.parent.mkdir(mode=0o755)
        desk.path.touch(mode=0o644)

        async def act(writer):
            await writer.append(make_noticed("private"), full=True)
            return {p.name: stat.S_IMODE(p.stat().st_mode) for p in desk.path.parent.iterdir()}

        modes = desk.run(act)
    finally:
        os.umask(before)
    assert stat.S_IMODE(desk.path.parent.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}
    assert {"journal.db", "journal.db-wal", "journal.lock"} <= set(modes)


def test_an_umask_that_forbids_everything_hinders_nobody(desk, make_noticed):
    before = os.umask(0o777)
    try:
        desk.keep(make_noticed("private"))
    finally:
        os.umask(before)
    assert len(desk.reader.events(None)) == 1
    assert stat.S_IMODE(desk.path.stat().st_mode) == 0o600


def test_a_home_whose_parents_are_missing_or_links_is_made_for_the_owner(tmp_path, make_noticed):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for top in ("not/there", "link/s"):
        path = tmp_path / top / "data/journal.db"
        asyncio.run(_one(path, make_noticed("kept")))
        assert len(JournalReader(path).events(None)) == 1
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_stands_in_the_way_of_a_journal_is_a_sentence(tmp_path, make_noticed):
    (tmp_path / "file").write_text("a file")
    (tmp_path / "lock/journal.lock").mkdir(parents=True)
    for top, words in (("file", "file|folder|directory"), ("lock", "lock file")):
        with pytest.raises(JournalError, match=words) as found:
            asyncio.run(_one(tmp_path / top / "journal.db", make_noticed("nowhere")))
        assert len(str(found.value).split()) >= 6


async def _one(path, fact):
    writer = Writer(path, clock=Ticks(), on_committed=lambda batch: None)
    await writer.start()
    try:
        await writer.append(fact, full=True)
    finally:
        await writer.stop()


def test_a_newer_schema_is_read_but_not_written(desk, make_created, make_noticed):
    kept = desk.keep(make_created("s1"))
    desk.sql("pragma user_version = 99")
    with pytest.raises(JournalError, match=r"schema 99.*schema 3.*Update Steerdeck"):
        desk.keep(make_noticed("from the past"))
    assert [state.id for state in desk.reader.sessions()] == ["s1"]
    assert desk.reader.state_at(SessionId("s1")).seq == kept[0].seq
    assert desk.reader.check() == []


def test_a_migration_leaves_a_copy_of_what_was_before(desk, make_noticed):
    desk.keep(make_noticed("old"))
    steps = Migrations("steerdeck")
    steps()(m001_first)

    @steps()
    def m004_colour(db):
        db.execute("alter table session add column colour text")
        db.execute("pragma user_version = 4")

    connection = sqlite3.connect(desk.path, isolation_level=None)
    migrate(connection, desk.path, steps)
    connection.close()
    assert desk.sql("pragma user_version") == [(4,)]
    copy = desk.path.with_name("journal.db.schema-3")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    old = JournalReader(copy)
    assert len(old.events(None)) == 1
    assert old.check() == []


def test_a_migration_that_fails_changes_nothing(desk, make_noticed):
    desk.keep(make_noticed("old"))
    steps = Migrations("steerdeck")
    steps()(m001_first)

    @steps()
    def m004_broken(db):
        db.execute("alter table session add column colour text")
        db.execute("alter table nowhere add column colour text")

    connection = sqlite3.connect(desk.path, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, desk.path, steps)
    connection.close()
    assert "colour" not in [row[1] for row in desk.sql("pragma table_info(session)")]
    assert desk.keep(make_noticed("goes on"))[0].seq == 2


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs"])
def test_network_file_systems_get_no_wal_and_can_be_read_while_written(desk, make_created, kind):
    mounts = desk.path.parents[1] / "mounts"
    mounts.write_text(
        "/dev/vda / ext4 rw 0 0\n"
        f"server:/home {desk.path.parents[1]} {kind} rw 0 0\n"
        "tmpfs /elsewhere tmpfs rw 0 0\n"
    )

    async def act(writer):
        await writer.append(make_created("s1"), full=True)
        await writer.append(make_created("s2"))
        assert writer.journal_mode == "rollback"
        return [state.id for state in desk.reader.sessions()]

    assert desk.run(act, mounts=mounts) == ["s1", "s2"]
    assert not desk.path.with_name("journal.db-wal").exists()
    assert desk.sql("pragma journal_mode") != [("wal",)]

    async def at_home(writer):
        return writer.journal_mode

    assert desk.run(at_home) == "wal"


def test_the_innermost_mount_decides(tmp_path):
    mounts = tmp_path / "mounts"
    inner = tmp_path / "with blank" / "deep"
    inner.mkdir(parents=True)
    escaped = str(tmp_path / "with blank").replace(" ", "\\040")
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nhost:/x {escaped} nfs rw 0 0\nbroken line\n")
    assert file_system(inner, mounts) == "nfs"
    assert file_system(tmp_path, mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "no table here") == ""


def test_what_is_no_database_is_said_and_left_alone(desk, make_noticed):
    desk.path.parent.mkdir()
    desk.path.write_bytes(b"these are the words of somebody else " * 40)
    with pytest.raises(JournalError, match="move the file away"):
        desk.keep(make_noticed("x"))
    with pytest.raises(JournalError, match="move the file away"):
        desk.reader.sessions()
    assert desk.path.read_bytes().startswith(b"these are the words")


def test_too_old_a_sqlite_is_said_before_anything_is_made(desk, make_noticed, monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(JournalError, match=r"needs 3\.37 or newer"):
        desk.keep(make_noticed("x"))
    assert not desk.path.exists()


def test_without_a_journal_a_reader_says_so_and_makes_none(desk):
    with pytest.raises(JournalError, match="no journal"):
        desk.reader.sessions()
    assert not desk.path.exists()


def test_a_journal_in_a_read_only_folder_can_be_read(desk, make_created):
    desk.keep(make_created("s1"))
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder) / "journal.db"
        there.write_bytes(desk.path.read_bytes())
        there.chmod(0o444)
        Path(folder).chmod(0o555)
        child = os.fork()
        if child == 0:
            # Root may write everywhere, so the look is taken as somebody else.
            if os.getuid() == 0:
                os.setuid(65534)
            found = [state.id for state in JournalReader(there).sessions()]
            os._exit(0 if found == ["s1"] and not os.access(folder, os.W_OK) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        Path(folder).chmod(0o700)


def _told(desk, make_created, make_noticed):
    desk.keep(make_created("s1"))
    for number in range(5):
        desk.keep(make_noticed(f"fact {number}", "s1"), make_noticed("and more", "s1"))
    assert desk.reader.check() == []


def test_the_chain_finds_an_edited_fact(desk, make_created, make_noticed):
    _told(desk, make_created, make_noticed)
    desk.sql("update event set json = replace(json, 'fact 2', 'fact X') where seq = 6")
    (finding,) = desk.reader.check()
    assert "events 6 to 7 were changed" in finding


def test_the_chain_finds_a_removed_and_an_added_fact(desk, make_created, make_noticed):
    _told(desk, make_created, make_noticed)
    desk.sql("delete from event where seq = 4")
    desk.sql("insert into event values (12, 's1', 'notice', 1, '{}')")
    first, second = desk.reader.check()
    assert "events 4 to 5 only 1" in first
    assert "from 12 on" in second


def test_cutting_off_the_end_is_found(desk, make_created, make_noticed):
    _told(desk, make_created, make_noticed)
    desk.sql("delete from event where seq >= 10")
    desk.sql("delete from batch where first_seq >= 10")
    end, finding, state = desk.reader.check()
    assert "ends with event 9, but event 11 was written" in end
    assert "s1 are missing" in finding
    assert "state of session s1 does not follow" in state


def test_a_lost_end_is_kept_as_it_was_found_and_told(desk, make_created, make_noticed):
    _told(desk, make_created, make_noticed)
    desk.sql("delete from event where seq >= 10")
    desk.sql("delete from batch where first_seq >= 10")
    desk.keep(make_noticed("goes on"))
    (aside,) = desk.path.parent.glob("journal.db.cut-9-????????")
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    assert len(JournalReader(aside).events(None)) == 9
    assert "at the end of the journal were lost" in desk.reader.events(None)[9]


def test_a_new_journal_ends_nowhere_yet(desk, make_noticed):
    desk.keep(make_noticed("old"), make_noticed("older"))
    for file in desk.path.parent.glob("journal.db*"):
        file.unlink()
    desk.keep(make_noticed("new"))
    assert desk.reader.check() == []
    assert not list(desk.path.parent.glob("*.cut-*"))


def test_a_fact_filed_under_another_session_is_found(desk, make_created, make_noticed):
    _told(desk, make_created, make_noticed)
    desk.sql("update event set session = 's2' where seq = 3")
    assert "Event 3 is filed" in desk.reader.check()[0]


def test_a_long_prompt_item_is_packed_and_missed_when_it_is_gone(desk, make_noticed):
    text = '"long' + " words" * 200 + '"'
    desk.keep(make_noticed("x"), enclosed=[NewItem(sha_of(text.encode()), text, "world")])
    ((size, packed),) = desk.sql("select size, length(bytes) from blob")
    assert size == len(text) > 10 * packed
    assert desk.sql("select text from prompt_item") == [("",)]
    assert desk.reader.check() == []
    desk.sql("delete from blob")
    (gone,) = desk.reader.check()
    assert "are gone" in gone


def test_changed_bytes_are_found(desk, make_noticed):
    enclosed = [
        NewBlob(sha=sha_of(b"long " * 99), data=b"long " * 99),
        CheckpointBytes(sha=sha_of(b"file"), data=b"file"),
        NewItem(sha=sha_of(b"{}"), text="{}", origin="world"),
    ]
    desk.keep(make_noticed("x"), enclosed=enclosed)
    assert desk.reader.check() == []
    desk.sql("update blob set bytes = x'00'")
    desk.sql("update checkpoint_bytes set bytes = x'00'")
    desk.sql("update prompt_item set text = '[]'")
    unpackable, changed, item = desk.reader.check()
    assert "can't be unpacked" in unpackable
    assert "in checkpoint_bytes are not those" in changed
    assert "prompt item" in item
