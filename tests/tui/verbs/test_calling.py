"""`calls` and the keys of `search`: what they print, and why they refuse."""

import asyncio
import json
import os

import click
import pytest

from kit.paged import paged
from steerdeck.verbs.calling import calls
from steerdeck.verbs.ending import Ending
from steerdeck.verbs.history import search
from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.ids import SystemClock
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.settings.paths import paths


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("STEERDECK_HOME", str(tmp_path / "s"))

    async def keep() -> None:
        writer = Writer(paths(os.environ).journal, clock=SystemClock(), on_committed=len)
        await writer.start()
        await writer.append(*paged().events, full=True)
        await writer.stop()

    asyncio.run(keep())


def told(capsys, command: click.Command, *words: str) -> tuple[str, str]:
    """What a verb prints on both outputs."""
    command.main(list(words), prog_name="steerdeck", standalone_mode=False)
    return capsys.readouterr()


def test_calls_are_listed_with_what_they_add_up_to(capsys):
    out, err = told(capsys, calls, "fix-login", "is:failed")
    assert "pytest tests/test_login.py" in out and out.count("\n") == 1
    assert err == "1 of 4 calls, 1 failed, 1.2 s: 1 shell.\n"

    every = ("--all", "tool:shell", "--sort", "slowest", "--json")
    page = json.loads(told(capsys, calls, *every)[0])
    assert [line["title"] for line in page["lines"]][:2] == ["make docs", "pytest -q"]
    assert page["matched"] == 4


def test_one_call_is_told_with_its_whole_output(capsys):
    out, _ = told(capsys, calls, "docs", "--call", "c_long")
    assert "allowed   developer" in out and "sandbox   bubblewrap" in out
    assert "line 1\n" in out and "line 1200\n" in out


@pytest.mark.parametrize(
    ("command", "words", "reason"),
    [
        (calls, "docs is:x", "There is no is:x"),
        (calls, "", "--all"),
        (calls, "--all --call c1", "name the session"),
        (calls, "docs --call c9", "There is no call c9"),
        (search, "role:x options", "There is no role:x"),
        (search, "role:you", "Write a word"),
    ],
)
def test_what_can_not_be_followed_is_said(capsys, command, words, reason):
    with pytest.raises((Ending, JournalError), match=reason):
        told(capsys, command, *words.split())


def test_a_search_is_narrowed_by_keys(capsys):
    (hit,) = json.loads(told(capsys, search, "session:docs", "role:call", "make", "--json")[0])
    assert (hit["session"], hit["role"], hit["marks"]) == ("docs", "call", [[0, 4]])
