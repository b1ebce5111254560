"""Shell sessions, end to end: what goes on between calls, asks, listens, and ends."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.by_hand import RunByHand
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import ShellId
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

Story = Callable[[Scene, Path], Awaitable[None]]
SERVER = (
    f'exec {sys.executable} -c \'import socket; s = socket.create_server(("127.0.0.1", 0)); '
    "print(s.getsockname()[1], flush=True); input()'"
)
ASKS = (
    "stty -echo; printf 'Password: '; read -r word; stty echo; "
    'echo "got ${#word} letters"; sleep 60'
)
SHELL = ShellId("sh-1")


def opener(command: str, *then: Call) -> Callable[[Conversation], Reply]:
    """Opens a shell session, does what is given, and says that it is done."""
    calls = (
        Call("shell", {"command": command, "why": ".", "keep": True, "tty": True, "wait_s": 0.3}),
        *then,
    )

    def script(talk: Conversation) -> Reply:
        number = len(talk.calls)
        if number < len(calls):
            call = calls[number]
            return Reply((Call(call.tool, call.arguments, f"call_{talk.salt}_{number}"),))
        return Reply((Say("It runs.", id=f"msg_{len(talk.said)}", final=True),))

    return script


def play(
    tmp_path: Path, story: Story, script: Callable[[Conversation], Reply], *commands: str
) -> None:
    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        allowed = dict.fromkeys(commands, repository)
        async with scene(tmp_path / "home", {"m": script}, allowed=allowed) as playing:
            await story(playing, repository)

    asyncio.run(run())


def test_a_server_an_agent_starts_is_seen_with_its_port_and_ends_with_its_session(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        await playing.until(lambda: playing.of(session, e.ShellListened))
        await playing.until(lambda: playing.state(session).turn is None)
        (shell,) = playing.state(session).shells
        assert shell.title.startswith("exec ") and len(shell.ports) == 1
        assert playing.runtime.fleet.busy()
        await playing.give(o.Archive, session)
        (ended,) = playing.of(session, e.ShellEnded)
        assert isinstance(ended, e.ShellEnded) and ended.how == "session"
        assert playing.state(session).shells == ()

    play(tmp_path, story, opener(SERVER), SERVER)


def test_what_lives_beside_a_turn_that_failed_of_itself_is_not_told_to_be_over(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        await playing.until(lambda: playing.of(session, e.ShellListened))
        await playing.until(lambda: playing.state(session).turn is None)
        await playing.give(RunByHand, session, script="until test -e go; do sleep 0.01; done")
        await playing.until(lambda: playing.of(session, e.HandStarted))
        site = playing.runtime.fleet.session(session).place.site
        assert site is not None
        site.guides = None
        await playing.give(o.Say, session, text="Go on.")
        parked = await playing.status(session, "parked")
        assert "Steerdeck itself failed" in parked.reason
        assert [shell.id for shell in parked.shells] == [SHELL] and len(parked.hands) == 1
        (Path(parked.workspace.path) / "go").touch()
        await playing.until(lambda: not playing.state(session).hands)
        await playing.give(o.EndShell, session, shell=SHELL)
        (ended,) = playing.of(session, e.ShellEnded)
        (hand,) = playing.of(session, e.HandEnded)
        assert (ended.how, hand.status) == ("developer", "done")

    play(tmp_path, story, opener(SERVER), SERVER)


def test_a_port_that_nothing_hides_is_told_with_its_address(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        await playing.until(lambda: playing.of(session, e.ShellListened))
        (port,) = playing.state(session).shells[0].ports
        with pytest.raises(OrderRefused, match=f"at http://127.0.0.1:{port} already"):
            await playing.give(o.OpenPort, session, shell=SHELL, port=port)
        with pytest.raises(OrderRefused, match="no shell session sh-9"):
            await playing.give(o.OpenPort, session, shell=ShellId("sh-9"), port=port)
        assert playing.of(session, e.PortOpened) == []

    play(tmp_path, story, opener(SERVER), SERVER)


def test_a_hidden_prompt_waits_for_the_developer_and_what_is_typed_is_not_kept(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        state = await playing.status(session, "asks")
        (shell,) = state.shells
        assert (shell.prompt, shell.hidden) == ("Password:", True)
        with pytest.raises(OrderRefused, match="no shell session"):
            await playing.give(o.TypeInto, session, shell=ShellId("sh-9"), text="x", hidden=True)
        await playing.give(o.TypeInto, session, shell=SHELL, text="hunter2\n", hidden=True)
        await playing.until(lambda: "got 7 letters" in playing.state(session).shells[0].output)
        with pytest.raises(OrderRefused, match="shows what is typed"):
            await playing.give(o.TypeInto, session, shell=SHELL, text="x", hidden=True)
        await playing.give(o.EndShell, session, shell=SHELL)
        (ended,) = playing.of(session, e.ShellEnded)
        assert isinstance(ended, e.ShellEnded) and ended.how == "developer"
        kept = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*.db*"))
        assert b"got 7 letters" in kept and b"hunter2" not in kept

    play(tmp_path, story, opener(ASKS), ASKS)


def test_an_agent_looks_at_its_shell_and_ends_it(tmp_path: Path):
    command = 'echo ready; read -r line; echo "read $line"; sleep 60'

    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        state = await playing.status(session, "needs_you")
        (asked,) = state.approvals
        assert (asked.kind, asked.what) == ("input", "go\n")
        await playing.decide(session, allow=True)
        await playing.until(lambda: playing.of(session, e.TurnEnded))
        results = [x.result for x in playing.of(session, e.CallEnded) if isinstance(x, e.CallEnded)]
        assert "ready" in results[0] and "read go" in results[1]
        assert [getattr(x, "how", "") for x in playing.of(session, e.ShellEnded)] == ["stopped"]

    look = Call("shell_session", {"id": "sh-1", "text": "go\n", "wait_s": 0.5})
    stop = Call("shell_session", {"id": "sh-1", "stop": True})
    play(tmp_path, story, opener(command, look, stop), command)
