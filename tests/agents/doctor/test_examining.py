"""The doctor on this machine, with homes in every state."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from steerdeck_agents.doctor import home
from steerdeck_agents.doctor.examine import examine
from steerdeck_agents.doctor.finding import Finding
from steerdeck_agents.doctor.machine import Terminal
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId, SystemClock
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.settings.paths import Paths, make_socket_folder, paths


@pytest.fixture
def where(home: Path) -> Paths:
    return paths({"STEERDECK_HOME": str(home / "steerdeck"), "HOME": str(home)})


def examined(where: Paths) -> dict[str, Finding]:
    terminal = Terminal(True, 160, 50, "utf-8")
    found = asyncio.run(examine(where, os.environ, terminal))
    return {finding.name: finding for finding in found}


def keep_a_session(where: Paths) -> None:
    async def write() -> None:
        writer = Writer(where.journal, clock=SystemClock(), on_committed=lambda _: None)
        await writer.start()
        place = Workspace("/w", "/shop", "b", "abc")
        one = SessionId("ses_1")
        await writer.append(
            e.SessionCreated(session=one, name="x", task="t", workspace=place, model="m")
        )
        await writer.stop()

    where.journal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    asyncio.run(write())


def test_an_empty_home_is_sound_and_stays_empty(where: Paths):
    found = examined(where)

    assert [name for name, finding in found.items() if finding.level == "bad"] == []
    assert found["journal"].text.startswith("none yet")
    assert not where.data.exists()


def test_a_kept_deck_is_named_with_its_age_and_size_and_nothing_is_said_where_none_is_wanted():
    kept = home.Warm(pid=7, age_s=190.0, bytes=41_000_000)
    assert [one.text for one in home.warm(True, kept)] == [
        "a loaded deck stands, process 7, for 3 min, 41 MB"
    ]
    assert "not wanted" in home.warm(False, kept)[0].text
    assert "none stands" in home.warm(True, None)[0].text
    assert home.warm(False, None) == []


def test_a_journal_is_checked_and_stray_workspaces_are_named(where: Paths):
    keep_a_session(where)
    (where.workspaces / "ses_1").mkdir(parents=True)
    (where.workspaces / "ses_gone").mkdir()

    found = examined(where)

    assert found["journal"].text.startswith("1 session,")
    assert "No session owns ses_gone in" in found["workspaces"].text


def test_a_damaged_journal_is_bad(where: Paths):
    keep_a_session(where)
    data = bytearray(where.journal.read_bytes())
    data[100:400] = b"\xff" * 300
    where.journal.write_bytes(data)

    assert examined(where)["journal"].level == "bad"


def test_a_config_that_is_wrong_and_a_socket_that_answers(where: Paths):
    where.config.mkdir(parents=True)
    where.config_file.write_text("models = 3\n")
    make_socket_folder(where)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(where.socket))
        listening.listen()
        found = examined(where)
    assert (found["config"].level, found["runtime"].level) == ("bad", "ok")
    assert "line 1" in found["config"].text

    assert "left from a runtime" in examined(where)["runtime"].text
    where.socket.unlink()
