"""MCP servers, end to end: consent, tools in the prompt, a call through the gate, a question."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.repositories import commit, plain, write
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

Story = Callable[[Scene, Path], Awaitable[None]]
SERVER = Path(__file__).parents[2] / "kit/mcp_server.py"


def caller(talk: Conversation) -> Reply:
    """Calls the tool it is told, once for each message."""
    done = len(talk.calls)
    if done < len(talk.said) and talk.said[done].startswith("call "):
        tool = talk.said[done].split()[1]
        return Reply((Call(tool, {"text": "hi"}, f"call_{talk.salt}_{done}"),))
    return Reply((Say(f"Done {done}.", id=f"msg_{len(talk.messages)}", final=True),))


def play(tmp_path: Path, story: Story, how: str = "good", wants: str = "") -> None:
    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        write(repository, "server.py", SERVER.read_text())
        commit(repository)
        args = json.dumps(["-S", "-E", "server.py", how])
        more = f'\n[servers.a]\ncommand = "{sys.executable}"\nargs = {args}\n{wants}'
        async with scene(tmp_path / "home", {"m": caller}, more=more) as playing:
            await story(playing, repository)

    asyncio.run(run())


def offered(playing: Scene, session: SessionId) -> list[list[str]]:
    """The names of a server's tools, request by request."""
    reader = playing.runtime.fleet.reader
    found = []
    for sent in reader.requests(session):
        fields = json.loads(reader.request(sent.id).fields)
        names = [tool.get("name", "") for tool in fields["tools"]]
        found.append([name for name in names if name.startswith("a__")])
    return found


async def consented(playing: Scene, repository: Path, task: str, scope: str) -> SessionId:
    session = await playing.start(repository, "m", task="Wait.")
    state = await playing.status(session, "needs_you")
    await playing.until(lambda: playing.of(session, e.TurnEnded))
    (asked,) = state.approvals
    assert asked.kind == "server" and "server.py" in asked.what and asked.title == "a"
    await playing.decide(session, allow=True, scope=scope)
    await playing.until(lambda: [s.status for s in playing.state(session).servers] == ["ready"])
    await playing.give(o.Say, session, text="-")
    await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
    await playing.give(o.Say, session, text=task)
    return session


def test_a_server_is_asked_for_offered_called_through_the_gate_and_remembered(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await consented(playing, repository, "-", "everywhere")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 3)
        names = offered(playing, session)
        assert names[0] == [] and names[1] == sorted(names[1]) and names[1] == names[2]
        other = await playing.start(repository, "m", task="call a__say")
        state = await playing.status(other, "needs_you")
        (asked,) = state.approvals
        assert asked.kind == "tool" and asked.what.startswith("a ")
        await playing.decide(other, allow=True, scope="session")
        await playing.until(lambda: playing.of(other, e.TurnEnded))
        (ended,) = [x for x in playing.of(other, e.CallEnded) if isinstance(x, e.CallEnded)]
        assert ended.status == "done", ended.result
        # What a server asks waits in the inbox; the tool itself asks once more, the server not.
        await playing.give(o.Say, other, text="call a__ask")
        await playing.status(other, "needs_you")
        await playing.decide(other, allow=True)
        state = await playing.status(other, "asks")
        (question,) = state.questions
        assert question.asker == "a"
        await playing.give(o.Answer, other, question=question.id, text="me")
        await playing.until(lambda: len(playing.of(other, e.TurnEnded)) == 2)
        await playing.give(o.Archive, other)
        assert [s.status for s in playing.state(other).servers] in ([], ["gone"])

    play(tmp_path, story)


def test_a_server_remembered_for_all_sessions_starts_in_those_that_asked_for_it(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        other = await playing.start(repository, "m", task="Wait.")
        await playing.status(other, "needs_you")
        await consented(playing, repository, "-", "everywhere")
        await playing.until(lambda: [s.status for s in playing.state(other).servers] == ["ready"])
        assert playing.state(other).approvals == ()

    play(tmp_path, story)


def test_a_server_is_started_anew_on_order_and_only_one_that_is_there(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await consented(playing, repository, "-", "everywhere")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 3)
        with pytest.raises(OrderRefused, match="has no server 'b'; it has a"):
            await playing.give(o.RestartServer, session, server="b")
        changes = len(playing.of(session, e.ServerChanged))
        await playing.give(o.RestartServer, session, server="a")
        await playing.until(lambda: len(playing.of(session, e.ServerChanged)) == changes + 3)
        told = playing.of(session, e.ServerChanged)[changes:]
        assert [x.status for x in told if isinstance(x, e.ServerChanged)] == [
            "gone", "starting", "ready",
        ]  # fmt: skip

    play(tmp_path, story)


def test_a_refused_server_is_never_started_and_the_session_works_on(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", task="Wait.")
        await playing.until(lambda: playing.of(session, e.TurnEnded))
        await playing.decide(session, allow=False)
        await playing.until(
            lambda: [s.status for s in playing.state(session).servers] == ["refused"]
        )
        await playing.give(o.Say, session, text="-")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        assert offered(playing, session)[-1] == []

    play(tmp_path, story)


def test_a_server_whose_key_was_missing_gets_it_from_the_shell_that_resumes(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", task="Wait.")
        await playing.status(session, "needs_you")
        await playing.until(lambda: playing.of(session, e.TurnEnded))
        await playing.decide(session, allow=True)
        await playing.until(lambda: [s.status for s in playing.state(session).servers] == ["dead"])
        (told,) = playing.state(session).servers
        assert "A_KEY is not set" in told.reason and "Resume the session" in told.way_out
        await playing.give(o.Resume, session, keys={"A_KEY": "k-1"})
        await playing.give(o.RestartServer, session, server="a")
        await playing.until(lambda: [s.status for s in playing.state(session).servers] == ["ready"])

    play(tmp_path, story, wants='variables = ["A_KEY"]\n')
