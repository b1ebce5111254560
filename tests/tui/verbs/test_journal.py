"""`journal` and `clean` on a journal the writer made, in this process."""

import json
import os
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kit.damaging import Truth
from kit.filled import filled
from steerdeck.verbs.ending import Ending
from steerdeck.verbs.group import group
from steerdeck_agents.facts.errors import JournalTaken
from steerdeck_agents.journal.held import held
from steerdeck_agents.settings.paths import Paths


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STEERDECK_HOME", str(tmp_path / "s"))
    return filled(tmp_path / "s" / "data" / "journal.db", sessions=2, turns=2, archived=1)


def verb(*words: str) -> Result:
    done = CliRunner().invoke(group, words, standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done


def damage(journal: Path) -> None:
    truth = Truth(journal)
    page = truth.page_of("event", truth.on_one_page("event", 1)[0])
    with journal.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)


def test_alone_it_says_how_large_the_journal_is(journal):
    lines = verb("journal").stdout
    assert f"{journal.stat().st_size:,} bytes, 2 sessions" in lines
    assert "1 closed session left" in lines
    told = json.loads(verb("journal", "--json").stdout)
    assert (told["sessions"], told["unpacked"], told["copies"]) == (2, 1, {})


def test_every_verb_counts_the_log_to_the_size(journal):
    connection = sqlite3.connect(journal)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma wal_autocheckpoint = 0")
    connection.execute("pragma user_version")
    connection.execute("insert into blob values ('1', 1, 'plain', zeroblob(100000))")
    connection.execute("delete from blob where sha = '1'")
    connection.commit()
    log = journal.with_name("journal.db-wal").stat().st_size
    told = f"{journal.stat().st_size + log:,} bytes"
    assert log > 0 and told in verb("journal").stdout
    assert told in verb("journal", "check").stdout
    connection.close()


def test_a_journal_of_a_newer_version_is_said_to_be_one(journal):
    connection = sqlite3.connect(journal)
    connection.execute("pragma user_version = 99")
    connection.close()
    whole = verb("journal", "check")
    assert whole.return_value == 0
    assert "all is as it was written" in whole.stdout
    assert "has schema 99" in whole.stdout and "Update Steerdeck" in whole.stdout
    assert "has schema 99" in json.loads(verb("journal", "check", "--json").stdout)["newer"]
    assert "has schema 99" in verb("journal", "repair").stdout


def test_a_word_that_is_missing_in_the_search_index_is_told_and_a_repair_brings_it_back(journal):
    connection = sqlite3.connect(journal)
    connection.execute("insert into search (search) values ('delete-all')")
    connection.commit()
    connection.close()
    hurt = verb("journal", "check")
    assert hurt.return_value == 1
    assert "The search index does not hold the words of the events." in hurt.stdout
    assert "No session is hurt" in hurt.stdout
    verb("journal", "repair")
    assert verb("journal", "check").return_value == 0


def test_check_names_what_is_hurt_and_repair_saves_the_rest(journal):
    whole = verb("journal", "check")
    assert whole.return_value == 0
    assert "all is as it was written" in whole.stdout
    assert "Nothing was changed" in verb("journal", "repair").stdout
    damage(journal)
    hurt = verb("journal", "check")
    assert hurt.return_value == 1
    assert "Hurt: name-ses_00 (ses_00): " in hurt.stdout
    assert "journal repair` saves" in hurt.stderr
    told = json.loads(verb("journal", "check", "--json").stdout)
    assert told["findings"] and told["hurt"]["lost"] > 0
    with pytest.raises(Ending, match="journal repair` first"):
        verb("journal", "vacuum")
    saved = verb("journal", "repair").stdout
    assert f"{told['hurt']['lost']} lost" in saved
    kept = saved.rpartition("kept: ")[2].strip()
    assert Path(kept).exists()
    after = verb("journal", "check")
    assert after.return_value == 0
    assert "Known since" in after.stdout


def test_backup_and_vacuum_say_what_they_did(journal, tmp_path):
    target = tmp_path / "copy.db"
    assert "everything up to event" in verb("journal", "backup", str(target)).stdout
    assert target.exists()
    assert "1 closed session packed" in verb("journal", "vacuum").stdout
    assert json.loads(verb("journal", "vacuum", "--json").stdout)["sessions"] == 0


def test_what_needs_the_journal_for_itself_names_who_has_it(journal):
    for name in ("repair", "vacuum"):
        with held(journal), pytest.raises(JournalTaken, match=f"process {os.getpid()}"):
            verb("journal", name)


def test_clean_lists_first_and_removes_when_told(journal, monkeypatch):
    nowhere = journal.parents[1] / "sockets" / "0" / "runtime.sock"
    monkeypatch.setattr(Paths, "socket", property(lambda self: nowhere))
    cache = journal.parents[1] / "cache"
    cache.mkdir()
    (cache / "deck.json").write_text("[]")
    (cache / "drafts.json").write_text("words")
    listed = verb("clean")
    assert "deck.json" in listed.stdout and "drafts.json" not in listed.stdout
    assert "Nothing was removed" in listed.stderr
    told = json.loads(verb("clean", "--json").stdout)
    assert str(cache / "deck.json") in [one["path"] for one in told["removable"]]
    assert told["removed"] == []
    assert (cache / "deck.json").exists()
    removed = verb("clean", "--yes")
    assert removed.return_value == 0
    assert "removed" in removed.stdout
    assert [entry.name for entry in cache.iterdir()] == ["drafts.json"]
    assert journal.exists()
