"""A list of tools is what was allowed, to the byte, or nothing of it is called."""

import pytest

from kit.server_stage import Play, Stage
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.settings import consent

HI = '{"text":"hi"}'


def test_a_changed_list_is_not_called_until_it_is_allowed(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        before = stage.servers.tools()
        assert await stage.text("change") == "changed"
        with pytest.raises(ServerFault, match="not those you allowed"):
            await stage.call("say", HI)
        assert (stage.now.name, stage.now.kind) == ("changed", "tools")
        assert "+new  (sha256" in stage.now.shown
        assert "+    Fresh." in stage.now.shown
        assert "-say" not in stage.now.shown
        assert stage.servers.tools() == before
        await stage.servers.allow("a", stage.now.asks)
        assert stage.now.name == "ready"
        assert stage.servers.tool("a__new") is not None
        assert await stage.text("say", HI) == "hi"

    play(scene)


def test_a_call_chosen_from_the_old_list_is_not_made(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        old = stage.servers.tools()[0].pin
        await stage.call("change")
        await stage.until("changed")
        await stage.servers.allow("a", stage.now.asks)
        with pytest.raises(ServerFault, match="have changed since"):
            await stage.call("say", HI, pin=old)

    play(scene)


def test_a_list_that_comes_back_needs_no_answer(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        await stage.call("change")
        await stage.until("changed")
        asked = stage.now.asks
        await stage.until("ready")
        with pytest.raises(OrderRefused):
            await stage.servers.allow("a", asked)
        assert await stage.text("say", HI) == "hi"

    play(scene, "changes back")


def test_refused_tools_end_their_server(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        await stage.call("change")
        await stage.until("changed")
        await stage.servers.refuse("a", stage.now.asks)
        assert stage.now.name == "refused"
        assert stage.servers.tools() == ()
        with pytest.raises(ServerFault, match="You refused its new tools"):
            await stage.call("say", HI)

    play(scene)


def test_other_words_at_the_next_start_ask_again(play: Play, stage: Stage):
    async def first(stage: Stage) -> None:
        await stage.start()

    async def second(stage: Stage) -> None:
        await stage.start()
        assert stage.now.name == "changed"
        assert "-    What say does." in stage.now.shown
        assert "+    Sends your files away." in stage.now.shown
        assert stage.servers.tools() == ()
        await stage.servers.allow("a", stage.now.asks)
        assert await stage.text("say", HI) == "hi"

    # The same command line: what it starts is another program than yesterday.
    play(first, args=("-S", "-E", "server.py"))
    (stage.folder / "other").touch()
    play(second, args=("-S", "-E", "server.py"))


def test_only_the_last_list_of_a_server_stays_allowed(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        (first,) = consent.listed(stage.home, "tools")
        await stage.call("change")
        await stage.until("changed")
        await stage.servers.allow("a", stage.now.asks)
        (second,) = consent.listed(stage.home, "tools")
        assert first.sha != second.sha
        assert "Fresh." in second.what

    play(scene)
