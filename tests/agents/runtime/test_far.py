"""The line to another machine: its greeting, whose keys count, and that a dead one is found."""

import asyncio
import socket

import msgspec
import pytest

from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.ids import OrderId, SessionId
from steerdeck_agents.facts.places import Surroundings
from steerdeck_agents.runtime import near, wire
from steerdeck_agents.runtime.far import BEAT, Greeting, Own, with_own
from steerdeck_agents.runtime.near import client_over, greeted

OWN = Own({"OPENAI_API_KEY": "theirs"}, Surroundings(path="/far/bin"), "/home/kim", "0.1.0")
HELLO = wire.line(wire.Hello(wire.PROTOCOL, 1, "0.1.0", 7))


def _down(frame: wire.Down) -> wire.Down:
    return wire.read_down(with_own(wire.order_line(frame), OWN))


def test_what_starts_over_there_gets_the_keys_and_the_surroundings_of_that_machine():
    mine = {"OPENAI_API_KEY": "mine"}
    start = o.Start(id=OrderId("o"), task="t", folder="/x", keys=mine)
    frame = _down(wire.Give(start))
    assert isinstance(frame, wire.Give) and isinstance(frame.order, o.Start)
    assert (frame.order.keys, frame.order.surroundings) == (OWN.keys, OWN.surroundings)
    resume = _down(wire.Give(o.Resume(id=OrderId("o"), session=SessionId("s"), keys=mine)))
    look = _down(wire.Ask(1, wire.Look("/x", mine)))
    assert "mine" not in repr((resume, look)) and repr((resume, look)).count("theirs") == 2


def test_a_runtime_over_there_makes_no_way_for_the_version_of_a_deck_that_is_elsewhere():
    frame = _down(wire.Hello(wire.PROTOCOL, 99, "9.9.9", 1))
    assert isinstance(frame, wire.Hello)
    assert frame.version == OWN.version and frame.schema != 99


def test_what_the_far_program_does_not_know_is_passed_on_as_it_is():
    for line in (b'{"frame":"of tomorrow"}\n', b"not even JSON\n", b'{"frame":"\xff"}\n'):
        assert with_own(line, OWN) == line


def _greeted(data: bytes) -> Greeting | None:
    async def play() -> Greeting | None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(data)
            theirs.shutdown(socket.SHUT_WR)
            return await greeted(ours, "0.1.0", "build")

    return asyncio.run(play())


def test_what_a_login_shell_prints_before_the_greeting_is_left_out():
    greeting = Greeting(wire.PROTOCOL, "0.1.0", "/home/kim")
    line = msgspec.json.encode(greeting) + b"\n"
    banner = b'Welcome!\n\n{"a": 1}\n{not json\n{"\xff": 1}\n' + b'{"a":' * 2_000 + b"\n"
    assert _greeted(banner + line + HELLO) == greeting
    assert _greeted(b"command not found\n") is None


@pytest.mark.parametrize(("theirs", "older"), [(wire.PROTOCOL + 1, "here"), (0, "on build")])
def test_another_protocol_is_named_with_the_side_that_is_older(theirs: int, older: str):
    line = msgspec.json.encode(Greeting(theirs, "7.0", "/")) + b"\n"
    with pytest.raises(WireError, match=f"which is the one {older}"):
        _greeted(line)


def test_a_shell_that_never_stops_talking_is_not_listened_to_for_ever(monkeypatch):
    monkeypatch.setattr(near, "NOISE", 200)
    with pytest.raises(WireError, match="login shell on build"):
        _greeted(b"blah " * 100)


def test_a_line_that_says_nothing_any_more_is_ended_and_one_that_answers_is_not(monkeypatch):
    monkeypatch.setattr(near, "BEAT_S", 0.02)
    monkeypatch.setattr(near, "SILENT_S", 0.4)
    monkeypatch.setattr(near, "LOOK_S", 0.01)

    async def play() -> None:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=theirs)
        writer.write(HELLO)
        client = await client_over(ours, "0.1.0")
        ended = asyncio.create_task(anext(client.incoming()))
        await reader.readline()
        for _ in range(30):
            assert await reader.readline() == BEAT
            writer.write(BEAT)
        assert not ended.done()
        async with asyncio.timeout(10):
            assert isinstance(await ended, wire.Bye)
        await client.close()
        writer.close()

    asyncio.run(play())
