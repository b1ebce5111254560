"""Servers on pipes: what they answer, and every way they fail as a state with a name."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

import steerdeck_agents.servers
from kit.server_stage import Play, Stage
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.ids import SystemClock
from steerdeck_agents.sandbox.probe import probe
from steerdeck_agents.servers.calling import Stopped
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.result import DataPart, TextPart

HI = '{"text":"hi"}'


def test_a_tool_is_called_and_answers(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        assert stage.now.name == "ready"
        assert await stage.text("say", HI) == "hi"

    play(scene)


def test_tools_have_one_order_and_one_hash_whatever_the_server_does(play: Play):
    async def scene(stage: Stage) -> tuple[object, ...]:
        await stage.start()
        return stage.servers.tools()

    plain, shuffled = play(scene), play(scene, "shuffled")
    assert plain == shuffled
    names = [tool.name for tool in plain]
    assert names == sorted(names)
    assert "a__b_c" in names
    assert len(names) == 19


def test_only_the_tools_that_were_chosen_are_offered(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        assert [tool.name for tool in stage.servers.tools()] == ["a__say"]
        assert "nothing" in stage.now.reason
        with pytest.raises(ServerFault, match="no such tool"):
            await stage.call("env")

    play(scene, tools=("nothing", "say"))


def test_every_kind_of_content_arrives(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        result = await stage.call("many")
        assert result.parts == (
            TextPart("one"),
            DataPart("image/png", b"\x89PNG\r\n\x1a\n"),
            TextPart("link: a <file:///a>"),
            TextPart("file:///b:\ninside"),
            TextPart('{"n":1}'),
        )
        assert (await stage.text("big")) == "a,b\n" * 100_000

    play(scene)


def test_a_tool_that_fails_leaves_its_server_as_it_is(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        assert (await stage.call("fail")).failed
        with pytest.raises(ServerFault, match="boom"):
            await stage.call("error")
        with pytest.raises(BadArguments, match="no JSON object"):
            await stage.call("say", "[1]")
        assert stage.now.name == "ready"

    play(scene)


def test_a_server_that_dies_says_how_and_is_started_again(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        with pytest.raises(ServerFault, match=r"exit code 7: a last word\. Whether the call"):
            await stage.call("die")
        assert stage.now.name == "dead"
        assert await stage.text("say", HI) == "hi"
        assert stage.now.name == "ready"

    play(scene)


def test_a_server_that_cannot_start_is_not_started_for_ever(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        for _ in range(4):
            with pytest.raises(ServerFault, match="exit code 3: Traceback: no module named x"):
                await stage.call("say")
        with pytest.raises(ServerFault, match=r"5 times in a row\. Only the developer"):
            await stage.call("say")
        assert [status.name for status in stage.said].count("starting") == 5
        await stage.servers.again("a")
        await stage.servers.settled()
        assert [status.name for status in stage.said].count("starting") == 6

    play(scene, "dies")


def test_a_program_that_is_not_there_is_named(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        assert stage.now.name == "dead"
        assert "exit code 127" in stage.now.reason
        assert "no-such-program" in stage.now.reason
        assert "Correct its command" in stage.now.way_out

    play(scene, command="no-such-program")


@pytest.mark.parametrize(
    ("tool", "words"),
    [("line", "more than 4 MB"), ("parts", "50,000 parts")],
)
def test_a_flood_ends_its_server_and_has_a_name(play: Play, tool: str, words: str):
    async def scene(stage: Stage) -> None:
        await stage.start()
        with pytest.raises(ServerFault, match=words):
            await stage.call(tool)
        assert stage.now.name == "flooding"
        with pytest.raises(ServerFault, match="Nothing was called"):
            await stage.call("say", HI)

    play(scene)


class StillClock(SystemClock):
    """No time passes, so that a slow machine is flooded as well."""

    def monotonic(self) -> float:
        return 0.0


def test_too_many_messages_are_a_flood(play: Play, stage: Stage):
    stage.clock = StillClock()

    async def scene(stage: Stage) -> None:
        await stage.start()
        with pytest.raises(ServerFault, match="2,000 messages a second"):
            await stage.call("flood")
        assert stage.now.name == "flooding"

    play(scene)


def test_a_list_of_tools_without_an_end_is_a_flood(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        assert stage.now.name == "flooding"
        assert "without an end" in stage.now.reason

    play(scene, "endless")


def test_a_late_answer_is_cancelled_and_the_next_one_counts(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        with pytest.raises(ServerFault, match=r"did not answer late within 0\.1 s"):
            await stage.call("late", timeout_s=0.1)
        assert stage.now.name == "late"
        assert await stage.text("cancelled") == "1"
        assert stage.now.name == "ready"

    play(scene)


def test_a_server_that_never_begins_is_late_and_ended(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        assert stage.now.name == "late"
        assert "not ready within 0.2 s" in stage.now.reason

    play(scene, "silent", timeout_s=0.2)


def test_progress_is_passed_on_and_keeps_a_call_alive(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        (part,) = (await stage.call("slow", timeout_s=0.6)).parts
        assert part.text == "at last"
        assert stage.heard == [f"{step} of 5 on it" for step in range(6)]

    play(scene)


def test_the_developer_stops_a_call(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        asyncio.get_running_loop().call_later(0.02, stage.stop.set)
        with pytest.raises(Stopped, match="effect is not known"):
            await stage.call("late")
        stage.stop = asyncio.Event()
        assert await stage.text("cancelled") == "1"

    play(scene)


def test_words_that_are_no_protocol_are_passed_over(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        assert await stage.text("say", HI) == "hi"

    play(scene, "greets")


def test_keys_and_variables_reach_the_server_alone(play: Play, stage: Stage):
    stage.keys = {"GITHUB_TOKEN": "ghp_'secret'\n", "OTHER_KEY": "no"}

    async def scene(stage: Stage) -> None:
        await stage.start()
        given = json.loads(await stage.text("env"))
        assert given["GITHUB_TOKEN"] == "ghp_'secret'\n"
        assert given["LEVEL"] == "a b"
        assert "OTHER_KEY" not in given
        pid = int(await stage.text("pid"))
        told = Path(f"/proc/{pid}/status").read_text().partition("PPid:")[2]
        shell = int(told.split()[0])
        files = (f"{pid}/cmdline", f"{shell}/cmdline", f"{shell}/environ")
        seen = b"".join(Path("/proc", file).read_bytes() for file in files)
        assert b"secret" not in seen

    play(scene, variables=("GITHUB_TOKEN",), env=(("LEVEL", "a b"),))


def test_a_missing_variable_is_named_and_nothing_starts(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        assert stage.now.name == "dead"
        assert stage.now.reason == "GITHUB_TOKEN is not set for this session."

    play(scene, variables=("GITHUB_TOKEN",))


def test_nothing_of_a_server_is_left_when_its_session_ends(play: Play):
    async def scene(stage: Stage) -> int:
        await stage.start()
        return int(await stage.text("pid"))

    pid = play(scene)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_server_runs_in_the_sandbox_of_the_sessions_commands(play: Play, stage: Stage):
    stage.level = asyncio.run(probe())
    if stage.level.name != "bubblewrap":
        pytest.skip(stage.level.why)

    async def scene(stage: Stage) -> None:
        await stage.start()
        assert json.loads(await stage.text("env"))["HOME"] == "/home/agent"
        assert int(await stage.text("pid")) < 20
        with pytest.raises(ServerFault, match="exit code 7: a last word"):
            await stage.call("die")

    play(scene)


def test_sampling_is_refused_and_the_workspace_is_the_only_root(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        assert "not supported" in await stage.text("sample")
        (root,) = json.loads(await stage.text("roots"))["roots"]
        assert root["uri"] == stage.folder.as_uri()

    play(scene)


def test_without_the_library_the_way_out_is_said(play: Play, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(steerdeck_agents.servers, "link", raising=False)
    monkeypatch.setitem(sys.modules, "steerdeck_agents.servers.link", None)

    async def scene(stage: Stage) -> None:
        await stage.start()
        assert stage.now.name == "dead"
        assert 'pip install "steerdeck[mcp]"' in stage.now.way_out

    play(scene)
