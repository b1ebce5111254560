"""Nothing of a server runs before the developer consented to exactly its command line."""

import subprocess
import sys

import pytest

from kit.server_stage import Play, Stage
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.settings import consent

TOUCH = {"command": "touch", "args": ("started",)}


def test_nothing_runs_before_the_consent_and_then_it_does(play: Play):
    async def scene(stage: Stage) -> None:
        stage.servers.begin()
        await stage.servers.settled()
        assert (stage.now.name, stage.now.kind) == ("asks", "server")
        assert stage.now.shown == "touch started\nwants the network: no"
        assert not (stage.folder / "started").exists()
        await stage.servers.allow("a", stage.now.asks)
        await stage.servers.settled()
        assert (stage.folder / "started").exists()

    play(scene, **TOUCH)


def test_the_library_is_not_loaded_before_a_server_is_used():
    code = (
        "import sys, steerdeck_agents.servers.servers, steerdeck_agents.tools.server_tool\n"
        "print({'mcp', 'mcp_types', 'httpx2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_consent_to_something_else_starts_nothing(play: Play):
    async def scene(stage: Stage) -> None:
        stage.servers.begin()
        await stage.servers.settled()
        with pytest.raises(OrderRefused, match="any more"):
            await stage.servers.allow("a", sha_of(b"another command line"))
        with pytest.raises(OrderRefused, match="no server"):
            await stage.servers.allow("b", stage.now.asks)
        assert stage.now.name == "asks"
        assert not (stage.folder / "started").exists()

    play(scene, **TOUCH)


def test_a_call_without_consent_says_who_is_waited_for(play: Play):
    async def scene(stage: Stage) -> None:
        stage.servers.begin()
        with pytest.raises(ServerFault, match=r"waits for your consent.*Nothing was called"):
            await stage.call("say")
        assert stage.servers.tools() == ()

    play(scene)


def test_the_next_session_starts_what_was_consented_to(play: Play):
    async def first(stage: Stage) -> None:
        await stage.start()

    async def second(stage: Stage) -> None:
        stage.said.clear()
        stage.servers.begin()
        await stage.servers.settled()
        assert [status.name for status in stage.said] == ["starting", "ready"]

    play(first)
    play(second)


def test_another_command_line_asks_again(play: Play):
    async def first(stage: Stage) -> None:
        await stage.start()

    async def second(stage: Stage) -> None:
        stage.servers.begin()
        await stage.servers.settled()
        assert stage.now.name == "asks"

    play(first)
    play(second, env=(("LOG_LEVEL", "debug"),))


def test_a_refusal_holds_until_the_developer_wants_it_again(play: Play):
    async def scene(stage: Stage) -> None:
        stage.servers.begin()
        await stage.servers.settled()
        await stage.servers.refuse("a", stage.now.asks)
        assert stage.now.name == "refused"
        with pytest.raises(ServerFault, match="You refused a"):
            await stage.call("say")
        await stage.servers.again("a")
        await stage.servers.settled()
        assert stage.now.name == "asks"
        assert consent.listed(stage.home) == ()

    play(scene)


def test_a_consent_taken_back_asks_again(play: Play):
    async def first(stage: Stage) -> None:
        await stage.start()
        assert consent.forget(stage.home, "server", stage.settings().identity)

    async def second(stage: Stage) -> None:
        stage.servers.begin()
        await stage.servers.settled()
        assert stage.now.name == "asks"

    play(first)
    play(second)
