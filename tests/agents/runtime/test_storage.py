"""The place of the journal: full for a while, or only readable. Said to every client."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from kit.filled import filled
from kit.full_disks import full, may_mount, small_disk
from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import JournalAway, OrderRefused
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.gate.secret_marks import at_work
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.models.scripted import Conversation, Reply, Say
from steerdeck_agents.runtime import wire
from steerdeck_agents.work import storage


def echo(talk: Conversation) -> Reply:
    return Reply((Say(f"You said: {talk.said[-1]}", final=True),))


def told(frames: list[object]) -> list[bool]:
    return [bool(frame.problem) for frame in frames if isinstance(frame, wire.Storage)]


def _notices(playing: Scene) -> str:
    return " ".join(notice.text for notice in playing.of(SessionId(""), e.Noticed))


def test_a_home_moved_away_under_a_runtime_is_said_and_nothing_kept_until_it_is_back(
    tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(storage, "RETRY_S", 0.05)

    async def story() -> None:
        repository = plain(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": echo}) as playing:
            session = await playing.start(repository, "m", "One.")
            await playing.status(session, "idle")
            await playing.until(lambda: not playing.state(session).workspace.borrows)
            data = playing.paths.data
            data.rename(tmp_path / "away")
            with pytest.raises(JournalAway):
                await playing.runtime.fleet.writer.append(e.Noticed(text="gone with it"), full=True)
            await playing.until(lambda: told(playing.frames) == [True])
            page = await playing.client.ask(wire.RuntimeStatus(), wire.StatusPage)
            assert "not in its place any more" in page.storage.problem
            assert "nothing that was kept is lost" not in page.storage.problem
            (tmp_path / "away").rename(data)
            await playing.until(lambda: told(playing.frames) == [True, False])
            await playing.give(o.Say, session, text="Two.")
            await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
            assert "gone with it" not in _notices(playing)
        assert JournalReader(playing.paths.journal).check() == []

    asyncio.run(story())


def test_a_full_disk_is_said_and_all_goes_on_when_there_is_room(tmp_path: Path, monkeypatch):
    if why := may_mount(tmp_path):
        pytest.skip(f"no small disk here: {why}")
    monkeypatch.setattr(storage, "RETRY_S", 0.05)

    async def story() -> None:
        repository = plain(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": echo}) as playing:
            session = await playing.start(repository, "m", "One.")
            await playing.status(session, "idle")
            with full(playing.paths.data):
                with pytest.raises(OrderRefused, match="make room"):
                    await playing.give(o.Say, session, text="Two. " * 4000)
                await playing.until(lambda: told(playing.frames) == [True])
                page = await playing.client.ask(wire.RuntimeStatus(), wire.StatusPage)
                assert "is full: make room" in page.storage.problem
                assert "Agents are paused" in page.storage.problem
            await playing.until(lambda: told(playing.frames) == [True, False])
            await playing.give(o.Say, session, text="Three.")
            await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
            await playing.until(lambda: "It can again" in _notices(playing))
        texts = JournalReader(playing.paths.journal).of_type(session, "message.sent")
        assert len(texts) == 2
        assert JournalReader(playing.paths.journal).check() == []

    with small_disk(tmp_path / "home" / "data", 16):
        asyncio.run(story())


def test_a_journal_of_a_newer_version_is_shown_and_takes_no_order(tmp_path: Path):
    path = filled(tmp_path / "home" / "data" / "journal.db", sessions=2, turns=1)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("pragma user_version = 99")
        row = '{"type":"tea.served","seq":900,"session":"ses_00","at_ms":5,"cups":2}'
        connection.execute("insert into event values (900, 'ses_00', 'tea.served', 5, ?)", (row,))
    connection.close()
    before = path.read_bytes()

    async def story() -> None:
        async with scene(tmp_path / "home", {"m": echo}) as playing:
            states = await playing.client.sessions()
            assert [state.name for state in states] == ["name-ses_00", "name-ses_01"]
            session = states[0].id
            state = await playing.client.ask(wire.StateAt(session), SessionState)
            assert state.id == session
            page = await playing.client.ask_raw(wire.Events(session, after=899))
            assert row.encode() in page
            assert isinstance(e.decode(row), e.Unknown)
            with pytest.raises(OrderRefused, match=r"schema 99.*Update Steerdeck"):
                await playing.give(o.Say, session, text="Go on.")
            status = await playing.client.ask(wire.RuntimeStatus(), wire.StatusPage)
            assert "schema 99" in status.storage.read_only
            assert not playing.runtime.fleet.busy()

    asyncio.run(story())
    assert path.read_bytes() == before
    assert at_work() is None, "it takes secrets out of nobody's texts any more"
