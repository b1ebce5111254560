"""Journals of every released schema come over whole, also after dying on the way."""

import asyncio

import pytest

from kit.full_disks import full, may_mount, small_disk
from kit.released import begin, journal_of, killed_at, points, released
from prove.claim import Tally
from prove.homes import on_kind
from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import Noticed
from steerdeck_agents.journal.backup import back_up
from steerdeck_agents.journal.database import SCHEMA
from steerdeck_agents.journal.reader import JournalReader


def events(path):
    return JournalReader(path).events(None, limit=10**6)


def test_a_journal_of_every_older_schema_is_kept_here():
    assert released() == list(range(1, SCHEMA))


@pytest.mark.parametrize("schema", released())
def test_an_older_journal_is_whole_after_a_kill_at_any_point_of_its_migration(schema, tmp_path):
    path = journal_of(schema, tmp_path / "counted")
    wanted = events(path)
    count = points(path)
    assert JournalReader(path).check() == []
    for at in (1, count // 2, count - 1):
        path = journal_of(schema, tmp_path / "killed")
        killed_at(path, at)
        assert events(path) == wanted
        asyncio.run(begin(path))
        assert events(path) == wanted
        assert JournalReader(path).check() == []
        copies = list(path.parent.glob(f"*.schema-{schema}"))
        assert [events(copy) for copy in copies] == [wanted]


def test_a_copy_made_while_one_writes_is_a_prefix_of_the_log(desk, make_noticed, tmp_path):
    async def act(writer):
        copied = []
        for number in range(3):
            writing = asyncio.gather(
                *(writer.append(make_noticed(f"{number} {n}"), full=True) for n in range(30))
            )
            target = tmp_path / f"{number}.db"
            await asyncio.to_thread(back_up, desk.path, target, lambda *told: None)
            await writing
            copied.append(events(target))
        return copied

    copies = desk.run(act)
    whole = events(desk.path)
    assert len(whole) == 90
    assert all(copy == whole[: len(copy)] for copy in copies)


@pytest.mark.parametrize("kind", ["nfs4", "overlay"])
def test_a_network_file_system_is_said_and_gets_no_shared_memory(tmp_path, kind):
    mounts = tmp_path / "mounts"
    (tmp_path / "there").mkdir()
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nhost:/x {tmp_path / 'there'} {kind} rw 0 0\n")
    tally = Tally()
    asyncio.run(on_kind(tmp_path / "there/journal.db", mounts, kind == "nfs4", kind, tally))
    assert tally.notes == []


def test_trouble_is_told_once_when_it_begins_and_once_when_it_is_over(desk, make_noticed, tmp_path):
    if why := may_mount(tmp_path):
        pytest.skip(f"no small disk here: {why}")
    heard = []

    async def act(writer):
        kept = [Noticed(text="before")]
        await writer.append(*kept, full=True)
        with full(desk.path.parent):
            for _ in range(3):
                with pytest.raises(JournalError, match="make room") as refused:
                    await writer.append(make_noticed("x" * 9000), full=True)
                assert refused.value.retryable
        await writer.append(make_noticed("after"), full=True)

    with small_disk(desk.path.parent, 1):
        desk.run(act, on_trouble=heard.append)
        assert len(desk.reader.events(None)) == 2
        assert desk.reader.check() == []
    begun, over = heard
    assert "is full: make room" in begun
    assert over == ""


@pytest.mark.parametrize("schema", released())
def test_a_migration_without_room_says_so_and_changes_nothing(schema, tmp_path):
    if why := may_mount(tmp_path):
        pytest.skip(f"no small disk here: {why}")
    with small_disk(tmp_path / "small", 2) as disk:
        path = journal_of(schema, disk / "home")
        wanted = events(path)
        with full(disk, leave=70_000), pytest.raises(JournalError, match=r"[Mm]ake room"):
            asyncio.run(begin(path))
        assert events(path) == wanted
        asyncio.run(begin(path))
        assert events(path) == wanted
        assert JournalReader(path).check() == []
