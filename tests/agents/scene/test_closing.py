"""A runtime ends when it is told to, also when something in it does not."""

import asyncio
from pathlib import Path

import pytest

from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents import fleet, session
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import RandomIds, SessionId
from steerdeck_agents.journal.writer import Committed
from steerdeck_agents.loop import compact
from steerdeck_agents.models.scripted import Conversation, Reply, Say
from steerdeck_agents.workspace import watch

PATIENCE_S = 20.0
"""A close that hangs would be waited for so long, and then fail."""


def words(talk: Conversation) -> Reply:
    return Reply((Say("Done.", final=True),))


async def resting(playing: Scene, repository: Path) -> SessionId:
    begun = await playing.start(repository, "m")
    await playing.status(begun, "done", "idle")
    return begun


def test_a_runtime_closes_though_its_watcher_lost_the_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """As when git ended at the moment it was to be killed, and that error was met as another."""
    monkeypatch.setattr(fleet, "PART_S", 0.1)
    asked = asyncio.Event()

    async def loses(workspace: Path) -> frozenset[str]:
        try:
            asked.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return frozenset()
        raise AssertionError

    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with asyncio.timeout(PATIENCE_S), scene(tmp_path / "home", {"m": words}) as playing:
            await resting(playing, repository)
            monkeypatch.setattr(watch, "_ignored_folders", loses)
            playing.runtime.fleet._listeners.add(repository, print)
            await asked.wait()
            # Else the look is broken off in order, while its session is closed.
            (left,) = playing.runtime.fleet.sessions.values()
            playing.runtime.fleet.sessions.clear()
            await left.place.close("runtime")

    asyncio.run(story())


def test_an_error_in_the_place_of_a_cancellation_ends_a_session_and_parks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def woken(wake: asyncio.Event, site: object) -> None:
        try:
            await wake.wait()
        except asyncio.CancelledError:
            raise ProcessLookupError from None

    async def story() -> None:
        monkeypatch.setattr(compact, "woken", woken)
        repository = plain(tmp_path / "repository").resolve()
        async with asyncio.timeout(PATIENCE_S):
            async with scene(tmp_path / "home", {"m": words}, ids=RandomIds()) as playing:
                begun = await resting(playing, repository)
            async with scene(tmp_path / "home", {"m": words}, ids=RandomIds()) as playing:
                facts = [e.decode(f) for f in playing.runtime.fleet.reader.events(begun)]
                assert not [fact for fact in facts if isinstance(fact, e.SessionParked)]
                assert playing.state(begun).status in ("done", "idle")

    asyncio.run(story())


def test_a_session_that_does_not_stop_is_left_and_nothing_acknowledged_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    # Long enough that all but its task is closed: its connection to the model is kept otherwise.
    monkeypatch.setattr(session, "CLOSE_S", 10.0)
    monkeypatch.setattr(session, "STOP_S", 0.1)

    woken, released = compact.woken, asyncio.Event()

    async def deaf(wake: asyncio.Event, site: object) -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": words}, ids=RandomIds()) as playing:
            monkeypatch.setattr(compact, "woken", deaf)
            begun = await resting(playing, repository)
            with pytest.raises(OrderRefused, match="did not stop"):
                await playing.give(o.Archive, begun)
            # It hears nothing, but what is said to it is kept.
            await playing.give(o.Say, begun, text="Are you there?")
        monkeypatch.setattr(compact, "woken", woken)
        async with scene(tmp_path / "home", {"m": words}, ids=RandomIds()) as playing:
            await playing.until(lambda: playing.of(begun, e.MessageDelivered))
            await playing.status(begun, "done", "idle")

    async def bounded() -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await story()
        finally:
            released.set()

    asyncio.run(bounded())
    assert any("does not end and is left: session.py:" in said for said in caplog.messages)


def test_a_scene_hears_all_that_is_committed_from_its_first_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def story() -> None:
        async with scene(tmp_path / "home", {"m": words}) as playing:
            fact = e.Noticed(session=SessionId("s"), text="Now.", seq=1, at_ms=1)
            playing.runtime._publish([Committed(fact, e.encode(fact))])
            async with asyncio.timeout(5):
                await playing.until(lambda: playing.of(SessionId("s"), e.Noticed))

    asyncio.run(story())
