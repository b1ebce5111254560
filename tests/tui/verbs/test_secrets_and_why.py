"""`secrets check` and `why` as they are called: what they print, and their exit codes."""

import json
import os
from pathlib import Path

import pytest

from kit.canaries import canaries
from kit.command import steerdeck
from kit.repositories import commit, plain, write


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "STEERDECK_HOME": str(tmp_path / "s")}


def test_secrets_are_named_by_kind_and_place_and_not_printed(tmp_path, environ):
    planted = canaries(5)
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text("\n\n" + "\n".join(one.line for one in planted[:5]))
    (folder / "b.txt").write_text("nothing here\n")

    told = steerdeck("secrets", "check", str(folder), environ=environ)
    as_json = steerdeck("secrets", "check", "-", "--json", environ=environ, data=planted[1].line)

    assert (told.code, as_json.code) == (1, 1)
    assert "github token" in told.out and "a.txt" in told.out and "b.txt" not in told.out
    assert not any(one.secret in told.said + as_json.said for one in planted)
    (found,) = json.loads(as_json.out)["findings"]
    assert (found["kind"], found["line"]) == ("github token", 1)


def test_a_home_and_a_file_without_a_secret_end_with_0(tmp_path, environ):
    (tmp_path / "plain.txt").write_text("d41d8cd98f00b204e9800998ecf8427e\n")

    everything = steerdeck("secrets", "check", environ=environ)
    assert (everything.code, everything.err) == (0, "No secrets in 0 texts.\n")
    assert steerdeck("secrets", "check", str(tmp_path / "plain.txt"), environ=environ).code == 0
    missing = steerdeck("secrets", "check", "./nowhere", environ=environ)
    assert missing.code == 1 and "is not there" in missing.err


def test_why_says_in_a_sentence_what_it_can_not_tell(tmp_path, environ):
    repository = plain(tmp_path / "repository")
    write(repository, "poem.txt", "one\n")
    commit(repository, "poem")

    empty = steerdeck("why", "poem.txt:1", folder=repository, environ=environ)
    missing = steerdeck("why", "no.txt", folder=repository, environ=environ)
    outside = steerdeck("why", str(_file(tmp_path)), environ=environ)
    first = steerdeck("why", "poem.txt:0", folder=repository, environ=environ)

    assert (empty.code, "Nothing is recorded" in empty.err) == (1, True)
    assert (missing.code, "is not a file" in missing.err) == (1, True)
    assert (outside.code, "in no repository" in outside.err) == (1, True)
    assert (first.code, "counted from 1" in first.err) == (2, True)


def _file(folder: Path) -> Path:
    file = folder / "alone.txt"
    file.write_text("x\n")
    return file
