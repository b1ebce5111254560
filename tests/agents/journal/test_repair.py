"""A damaged journal: nothing wrong without a word, every row of an intact page saved, all named."""

import errno
import os
import random
import shutil
import sqlite3

import pytest

from kit.damaging import Truth, copy_of, flip
from kit.filled import filled
from kit.released import killed_at, points, start
from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.mended import Stretch
from steerdeck_agents.journal.backup import back_up
from steerdeck_agents.journal.check import mendings
from steerdeck_agents.journal.held import held
from steerdeck_agents.journal.lost_end import missing_pages
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.repair import repair, survey
from steerdeck_agents.journal.swap import finish_swap, making, ready
from steerdeck_agents.journal.vacuum import vacuum


def quiet(what, done, of):
    """Nobody is told."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("whole") / "journal.db", archived=1)


def test_a_journal_that_is_whole_comes_over_row_by_row(whole, tmp_path):
    path = copy_of(whole, tmp_path)
    truth = Truth(path)
    report = repair(path, quiet, 1_795_000_000_000)
    assert (report.lost, report.doubtful, report.bytes_gone, report.sessions) == (0, 0, 0, ())
    assert truth.lacking(path) == []
    assert JournalReader(path).check() == []
    assert (tmp_path / "journal.db.damaged-1795000000").read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("seed", range(6))
def test_a_flipped_byte_costs_its_own_page_only_and_is_told(whole, tmp_path, seed):
    path = copy_of(whole, tmp_path)
    truth = Truth(path)
    dice = random.Random(seed)
    page = flip(path, dice)
    damaged = path.read_bytes()
    changed = truth.changed(path)
    found = told(path)
    assert found or not changed, (page, changed)
    report = repair(path, quiet, 1_795_000_000_000)
    assert truth.lacking(path, {page}) == []
    assert JournalReader(path).check() == []
    assert (tmp_path / "journal.db.damaged-1795000000").read_bytes() == damaged
    assert report.events >= truth.events - 60


def told(path):
    try:
        return JournalReader(path).check()
    except JournalError as error:
        return [str(error)]


def test_the_sessions_that_lost_something_are_named(whole, tmp_path):
    path = copy_of(whole, tmp_path)
    seqs = Truth(path).on_one_page("event", at=3)
    connection = sqlite3.connect(path)
    owners = {
        session
        for seq, session in connection.execute("select seq, session from event")
        if seq in seqs
    } - {""}
    connection.close()
    page = Truth(path).page_of("event", seqs[0])
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    report = survey(path, quiet)
    assert report.lost == len(seqs)
    assert {session.id for session in report.sessions} == owners
    repair(path, quiet, 1_795_000_000_000)
    (fact,) = JournalReader(path).ask(mendings)
    assert fact.lost == (Stretch(seqs[0], seqs[-1]),)
    assert set(fact.hurt) == owners
    assert JournalReader(path).check() == []


def test_a_second_repair_keeps_what_the_first_one_told(whole, tmp_path):
    path = copy_of(whole, tmp_path)
    for at in (2, 5):
        page = Truth(path).page_of("event", Truth(path).on_one_page("event", at)[0])
        with path.open("r+b") as file:
            file.seek((page - 1) * 4096)
            file.write(b"\0" * 4096)
        repair(path, quiet, 1_795_000_000_000)
    assert len(JournalReader(path).ask(mendings)) == 2
    assert JournalReader(path).check() == []
    assert {file.name for file in tmp_path.glob("*.damaged-*")} == {
        "journal.db.damaged-1795000000", "journal.db.damaged-1795000001",
    }  # fmt: skip


def test_a_repair_that_was_killed_while_it_swaps_is_finished_by_the_next(whole, tmp_path):
    path = copy_of(whole, tmp_path)
    log = path.with_name("journal.db-wal")
    log.write_bytes(b"the log of the damaged one")
    shutil.copy(whole, ready(path))
    making(path).write_bytes(b"half of another one")
    finish_swap(path)
    (kept,) = tmp_path.glob("*.damaged-*[0-9]")
    assert kept.with_name(f"{kept.name}-wal").read_bytes() == b"the log of the damaged one"
    assert not log.exists()
    assert not ready(path).exists()
    assert JournalReader(path).check() == []


def test_a_mended_journal_takes_its_place_where_files_have_no_links(whole, tmp_path, monkeypatch):
    def link(source, target):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    path = copy_of(whole, tmp_path)
    repair(path, quiet, 1_795_000_000_000)
    assert (tmp_path / "journal.db.damaged-1795000000").read_bytes() == whole.read_bytes()
    assert JournalReader(path).check() == []
    # As it is when that is killed while neither is in the place.
    path.replace(ready(path))
    finish_swap(path)
    assert JournalReader(path).check() == []


def test_a_backup_says_of_no_process_that_it_writes_it(whole, tmp_path):
    path = copy_of(whole, tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("insert into lease values (1, 4242, 'a boot', 'x')")
    connection.close()
    back_up(path, tmp_path / "copy.db", quiet)
    for file, pid in ((path, 4242), (tmp_path / "copy.db", 0)):
        found = JournalReader(file).ask(lambda it: it.execute("select pid from lease").fetchall())
        assert found == [(pid,)]


def test_a_backup_is_checked_and_never_put_over_anything(whole, tmp_path):
    path = copy_of(whole, tmp_path)
    last = back_up(path, tmp_path / "copy.db", quiet)
    assert JournalReader(tmp_path / "copy.db").events(None, limit=10**6)[-1].find(f'"seq":{last}')
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    with pytest.raises(JournalError, match="exists already"):
        back_up(path, tmp_path / "copy.db", quiet)
    with pytest.raises(JournalError, match="name another file"):
        back_up(path, tmp_path / "no" / "copy.db", quiet)
    with sqlite3.connect(path) as connection:
        connection.execute("update event set json = replace(json, 'part 3', 'part X')")
    connection.close()
    with pytest.raises(JournalError, match="not whole"):
        back_up(path, tmp_path / "other.db", quiet)
    assert not list(tmp_path.glob("other.db*"))


def test_vacuum_packs_gives_space_back_and_changes_no_answer(whole, tmp_path):
    path = copy_of(whole, tmp_path)
    before = JournalReader(path).events(None, limit=10**6)
    sizes = vacuum(path, quiet)
    assert sizes.sessions == 1
    assert sizes.after < sizes.before
    assert JournalReader(path).events(None, limit=10**6) == before
    assert JournalReader(path).check() == []


def shrink(path):
    vacuum(path, quiet)


def mend(path):
    repair(path, quiet, 1_795_000_000_000)


@pytest.mark.parametrize("act", [shrink, mend], ids=lambda act: act.__name__)
def test_maintenance_that_is_killed_leaves_the_journal_as_it_was_or_done(whole, tmp_path, act):
    wanted = JournalReader(whole).events(None, limit=10**6)
    count = points(copy_of(whole, tmp_path / "counted"), act)
    for part in range(1, 8):
        path = copy_of(whole, tmp_path / f"killed-{part}")
        assert killed_at(path, count * part // 8, act)
        with held(path):
            left = JournalReader(path).events(None, limit=10**6)
        assert left[: len(wanted)] == wanted
        assert JournalReader(path).check() == []


def test_a_file_that_lacks_its_last_pages_is_not_written_on(whole, tmp_path):
    path = copy_of(whole, tmp_path)
    assert missing_pages(path) == 0
    size = path.stat().st_size
    os.truncate(path, size - 3 * 4096 - 10)
    assert missing_pages(path) == 4
    with pytest.raises(JournalError, match=r"4 pages .* journal repair"):
        start(path)
    repair(path, quiet, 1_795_000_000_000)
    start(path)
    assert JournalReader(path).check() == []
