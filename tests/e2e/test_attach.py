"""`steerdeck attach` as somebody types it; a stand-in for `ssh` runs the far side here."""

import asyncio
import os
import signal
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from kit.command import PROGRAM, end_runtimes, facts, lives, of_kind, steerdeck
from kit.far_hosts import FarHost, far_host, login_environ, path_with
from kit.playing import playing
from kit.repositories import plain
from kit.scene import SURROUNDINGS, home_at, order_id
from kit.terminal import Terminal
from steerdeck.hosts.calling import Calling, HostAt
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.lifecycle import ensure


def asking(talk: Conversation) -> Reply:
    if talk.calls:
        return Reply((Say("It is made.", final=True),))
    return Reply((Call("shell", {"command": "touch made", "why": "Make it."}),))


@pytest.fixture
def hosts(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for hosts whose `ssh` is the one on PATH; no runtime of theirs is left behind."""
    place = short_folder / "m"
    place.mkdir()
    monkeypatch.setenv("PATH", path_with(place))
    monkeypatch.setenv("STEERDECK_HOME", str(short_folder / "mine"))
    yield place
    for home in place.glob("*/s"):
        end_runtimes(home)


def _calling(name: str) -> Calling:
    return Calling(HostAt(name, name), version("steerdeck"))


def test_a_line_is_made_again_and_nothing_of_the_last_one_is_left(hosts: Path):
    host = far_host(hosts, "build", "echo 'Welcome to build'", 'echo \'{"not": "a greeting"}\'')

    async def play() -> None:
        call = _calling("build")
        told: list[str] = []
        await call.greet(told.append)
        assert call.stands and call.folder == ""
        first = await call.connect()
        page = await first.ask_raw(wire.RuntimeStatus())
        ended = host.line
        os.kill(ended, signal.SIGKILL)
        assert [frame async for frame in first.incoming()] == [
            wire.Bye("The runtime closed the connection.")
        ]
        await first.close()
        assert await call.hang_up() == ""
        second = await call.connect()
        assert isinstance(first, Client) and isinstance(second, Client)
        assert first.hello.pid == second.hello.pid and page
        again = host.line
        await second.close()
        await call.hang_up()
        async with asyncio.timeout(20):
            while lives(again):
                await asyncio.sleep(0.01)
        assert not lives(ended) and not told

    asyncio.run(play())


@pytest.mark.parametrize(
    ("host", "why"),
    [
        (HostAt("nowhere", "nowhere"), "could not reach nowhere: Could not resolve hostname"),
        (HostAt("build", "b", program="not-there"), "attach build --program PATH"),
        (HostAt("build", "b", folder="/not/there"), "On build: /not/there can't be entered"),
    ],
)
def test_why_there_is_no_line_is_a_sentence(hosts: Path, host: HostAt, why: str):
    far_host(hosts, "build")

    async def play() -> None:
        with pytest.raises(WireError, match=why):
            await Calling(host, "0").connect()

    asyncio.run(play())


def test_a_host_that_asks_for_a_password_says_how_to_come_back_to_it(hosts: Path):
    host = far_host(hosts, "build")
    (host.home / "locked").touch()

    async def play() -> None:
        with pytest.raises(WireError, match=r"without asking.*Close the deck and attach again"):
            await _calling("build").connect()

    asyncio.run(play())


def test_another_protocol_over_there_is_named_with_the_way_out(hosts: Path):
    host = far_host(hosts, "build")
    old = '{"frame":"greeting","protocol":0,"version":"0.0.9","folder":"/"}'
    (host.home / ".profile").write_text(f"echo '{old}'\ncat\n")

    async def play() -> None:
        with pytest.raises(WireError, match=r"build is 0\.0\.9 \(protocol 0\).*the one on build"):
            await _calling("build").connect()

    asyncio.run(play())


def test_the_far_side_speaks_with_nobody_but_a_deck(hosts: Path):
    ended = steerdeck("runtime", "stdio")
    assert (ended.code, "steerdeck attach" in ended.err, ended.out) == (2, True, "")


def test_attach_refuses_what_is_no_host_and_says_that_it_needs_a_terminal(hosts: Path):
    ended = steerdeck("attach", "build")
    assert (ended.code, "needs a terminal" in ended.err) == (2, True)
    with Terminal([PROGRAM, "attach", "--", "-oProxyCommand=touch x"], columns=80, rows=24) as term:
        assert term.wait_end() == 2
        assert "is no host" in term.screen()
    assert not (hosts / "asked").exists()


def test_this_machine_and_another_in_one_view_and_one_inbox(
    hosts: Path, monkeypatch: pytest.MonkeyPatch
):
    machines = [FarHost("here", hosts / "here"), far_host(hosts, "build")]
    monkeypatch.setenv("STEERDECK_HOME", str(machines[0].home / "s"))

    async def begin(host: FarHost, url: str) -> None:
        home_at(host.home / "s", {"asking": url}, {})
        repository = plain(host.home / "shop")
        client = await ensure(host.where, version("steerdeck"), login_environ(host.home))
        order = o.Start(
            id=order_id(), task="Make it.", folder=str(repository), name="make",
            surroundings=SURROUNDINGS,
        )  # fmt: skip
        await client.give(order)
        await client.close()

    def decided(host: FarHost) -> int:
        return len(of_kind(facts(host.where), e.ApprovalDecided))

    with playing({"asking": asking}) as url:
        for host in machines:
            asyncio.run(begin(host, url))
        with Terminal([PROGRAM, "attach", "build", "--here"], columns=120, rows=36) as deck:
            deck.wait_for(lambda screen: "2 needs you" in screen or "2 need you" in screen)
            assert "build:make" in deck.screen() and "here:make" in deck.screen()
            (hosts / "down").touch()
            os.kill(machines[1].line, signal.SIGKILL)
            deck.wait_for("✗ build")
            (hosts / "down").unlink()
            deck.wait_gone("✗ build")
            deck.press("alt+.")
            deck.wait_for("Y  once, all 2")
            assert [decided(host) for host in machines] == [0, 0]
            deck.press("Y")
            deck.wait_for(lambda screen: "2 done" in screen or "to review" in screen)
            assert [decided(host) for host in machines] == [1, 1]
            line = machines[1].line
            deck.press("escape", "ctrl+c")
            deck.wait_for("Ctrl+C again")
            deck.press("ctrl+c")
            assert deck.wait_end() == 0 and deck.left_on() == []
    assert not lives(line)
