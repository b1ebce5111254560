"""Clients that are slow, of another version, or not who they seem: the runtime goes on."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.scene import Scene, home_at, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import SettingsError, WireError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.runtime import outbox, wire
from steerdeck_agents.runtime.client import PageError, shake_hands
from steerdeck_agents.runtime.lifecycle import attach
from steerdeck_agents.runtime.pages import Pages


def play(tmp_path: Path, story: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        async with scene(tmp_path / "home", {}) as playing:
            await story(playing)

    asyncio.run(run())


def test_a_client_that_never_reads_is_let_go_and_the_others_hear_on(tmp_path, monkeypatch):
    monkeypatch.setattr(outbox, "HARD_LIMIT", 1024 * 1024)

    async def story(playing: Scene) -> None:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=theirs, limit=wire.ORDER_LIMIT)
        serving = asyncio.create_task(playing.runtime.attach(reader, writer))
        hello = wire.order_line(wire.Hello(wire.PROTOCOL, 0, "0", 0))
        watch = wire.order_line(wire.Watch(SessionId(""), "full"))
        ours.sendall(hello + watch)
        heard = 0
        async with asyncio.timeout(20):
            while not serving.done():
                heard += 1
                notice = e.Noticed(session=SessionId("s"), text="x" * 50_000)
                await playing.runtime.fleet.writer.append(notice)
        ours.close()
        await playing.until(lambda: len(playing.of(SessionId("s"), e.Noticed)) == heard)

    play(tmp_path, story)


def test_a_client_of_another_protocol_hears_who_the_runtime_is(tmp_path):
    async def story(playing: Scene) -> None:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=theirs, limit=wire.ORDER_LIMIT)
        serving = asyncio.create_task(playing.runtime.attach(reader, writer))
        mine, speaking = await asyncio.open_connection(sock=ours, limit=wire.FRAME_LIMIT)
        ours.sendall(wire.order_line(wire.Hello(99, 0, "9.9", 0)))
        answer = wire.read_up(await mine.readline())
        assert isinstance(answer, wire.Hello)
        assert answer.protocol == wire.PROTOCOL
        assert await mine.read() == b""
        await serving
        speaking.close()

    play(tmp_path, story)


def test_an_order_is_refused_in_words_also_when_a_path_in_them_is_no_text(tmp_path, monkeypatch):
    class Odd(Pages):
        async def page(self, query: wire.Query) -> str:
            if isinstance(query, wire.Sessions):
                raise WireError("The file /tmp/\udcff is odd.")
            return await super().page(query)

    monkeypatch.setattr("steerdeck_agents.runtime.server.Pages", Odd)

    async def story(playing: Scene) -> None:
        async with asyncio.timeout(10):
            with pytest.raises(Exception, match="is odd"):
                await playing.client.sessions()

    play(tmp_path, story)


def test_nothing_is_told_to_a_socket_in_a_folder_that_is_not_ours(short_folder, monkeypatch):
    where = home_at(short_folder, {}, {})
    monkeypatch.setattr(type(where), "socket", short_folder / "user" / "home" / "runtime.sock")
    elsewhere = short_folder / "elsewhere"
    elsewhere.mkdir()
    (short_folder / "user").symlink_to(elsewhere)
    with pytest.raises(SettingsError, match="not a folder of yours"):
        asyncio.run(attach(where, "0"))
    (short_folder / "user").unlink()
    (short_folder / "user" / "home").mkdir(parents=True)
    assert asyncio.run(attach(where, "0")) is None
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    with pytest.raises(SettingsError, match="not a folder of yours"):
        asyncio.run(attach(where, "0"))


def test_what_no_version_of_this_one_would_answer_is_said_in_a_sentence(tmp_path, monkeypatch):
    class Newer(Pages):
        async def page(self, query: wire.Query) -> str:
            return '[{"id": 1}]' if isinstance(query, wire.Sessions) else await super().page(query)

    monkeypatch.setattr("steerdeck_agents.runtime.server.Pages", Newer)

    async def story(playing: Scene) -> None:
        with pytest.raises(PageError, match="Bring the older side up to date"):
            await playing.client.sessions()

    play(tmp_path, story)


def test_something_else_that_answers_at_the_socket_is_said_in_a_sentence():
    async def story() -> None:
        ours, theirs = socket.socketpair()
        theirs.sendall(b'{"frame":"\xff"}\n')
        reader, writer = await asyncio.open_connection(sock=ours)
        with pytest.raises(WireError, match="no hello that can be read"):
            await shake_hands(reader, writer, wire.Hello(wire.PROTOCOL, 0, "0", 0))
        writer.close()
        theirs.close()

    asyncio.run(story())
