"""The shells of a session: what the agent is told, what the developer is, and how they end."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Collection, Iterator
from pathlib import Path

import pytest

from steerdeck_agents.facts import shells as facts
from steerdeck_agents.facts.action import RunCommand, UseShell
from steerdeck_agents.facts.errors import BadArguments, OrderRefused, SteerdeckError
from steerdeck_agents.facts.ids import CallId, SessionId, ShellId, TurnId
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox import command, descendants, listening
from steerdeck_agents.sandbox.environment import environment
from steerdeck_agents.sandbox.probe import probe
from steerdeck_agents.sandbox.process import Spawn
from steerdeck_agents.tools.outcome import Outcome
from steerdeck_agents.tools.shell_keeper import MOST, Opener, Shells
from steerdeck_agents.tools.shell_session import ShellSession

ONE = ShellId("sh-1")
BARE = Level()


class Desk:
    """A keeper, its facts, and the agent's two tools."""

    def __init__(self, workspace: Workspace, folder: Path, level: Level = BARE) -> None:
        self.told: list[facts.ShellFact] = []
        self.complete: list[bytes] = []
        self.folder = folder
        self.memory = 0
        self.stop = asyncio.Event()
        self.shells = Shells(SessionId("s"), folder, self._tell)
        self._spawn = {
            "workspace": workspace,
            "level": level,
            "environment": environment(Surroundings(), workspace, level),
        }

    def _tell(self, fact: facts.ShellFact, complete: bytes) -> None:
        self.told.append(fact)
        self.complete += [complete] if isinstance(fact, facts.ShellEnded) else []

    async def open(self, script: str, wait_s: float = 10, *, tty: bool = False) -> Outcome:
        action = RunCommand(script, keep=True, tty=tty, wait_s=wait_s)
        spawn = Spawn(script=script, memory=self.memory, **self._spawn)
        by = Opener(TurnId("t"), CallId("c"))
        return await self.shells.open(action, spawn, by, self.stop)

    async def use(self, text: str = "", wait_s: float = 10, *, stop: bool = False,
                  shell: ShellId = ONE) -> Outcome:  # fmt: skip
        return await self.shells.use(UseShell(shell, text, wait_s, stop), self.stop)

    def of(self, kind: type[facts.ShellFact]) -> list[facts.ShellFact]:
        return [fact for fact in self.told if isinstance(fact, kind)]

    async def until(self, kind: type[facts.ShellFact], count: int = 1) -> facts.ShellFact:
        while len(self.of(kind)) < count:
            await asyncio.sleep(0.01)
        return self.of(kind)[count - 1]


Scene = Callable[[Desk], Awaitable[None]]


@pytest.fixture
def play(workspace: Workspace, tmp_path: Path) -> Iterator[Callable[[Scene, Level], None]]:
    def start(scene: Scene, level: Level = BARE) -> None:
        async def main() -> None:
            desk = Desk(workspace, tmp_path / "spool", level)
            try:
                await scene(desk)
            finally:
                await desk.shells.close("session")
            assert not desk.shells.living
            assert len(desk.of(facts.ShellEnded)) == len(desk.of(facts.ShellOpened))
            assert not list(desk.folder.glob("*"))

        before = descendants.children(os.getpid())
        asyncio.run(asyncio.wait_for(main(), 30))
        assert descendants.children(os.getpid()) == before

    yield start
    shutil.rmtree(environment(Surroundings(), workspace, BARE)["HOME"], ignore_errors=True)


def test_one_that_can_not_be_looked_at_for_a_while_is_not_let_out_of_sight(
    play: Callable[[Scene], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    ports = listening.ports

    def crowded(pids: Collection[int]) -> tuple[int, ...]:
        looks.append(len(looks))
        if len(looks) < 3:
            raise RuntimeError("can't start new thread")
        return ports(pids)

    async def scene(desk: Desk) -> None:
        monkeypatch.setattr(listening, "ports", crowded)
        await desk.open("cat", wait_s=0)
        while len(looks) < 3:
            await asyncio.sleep(0.01)
        assert desk.shells.living == (ONE,)
        assert (await desk.use("hello\n", wait_s=0.3)).text == "sh-1: running\n\nhello\n"

    play(scene)


def test_a_shell_is_opened_talked_to_and_stopped(play: Callable[[Scene], None]) -> None:
    async def scene(desk: Desk) -> None:
        opened = await desk.open("echo up; read -r x; echo got $x; cat", wait_s=0.3)
        assert opened.text == "sh-1: running\n\nup\n" and opened.status == "done"
        answer = await desk.use("hello\n", wait_s=0.3)
        assert answer.text == "sh-1: running\n\ngot hello\n"
        assert (await desk.use(wait_s=0)).text == "sh-1: running\n\n(nothing new)"
        end = await desk.use(stop=True)
        assert end.text.startswith("sh-1: stopped; nothing of it is running any more\n")
        assert (end.status, end.summary) == ("done", "stopped")
        with pytest.raises(BadArguments, match="no shell 'sh-1'; these live: none"):
            await desk.use()
        first, *_, last = desk.told
        assert first == facts.ShellOpened(
            session=SessionId("s"), turn=TurnId("t"), call=CallId("c"), shell=ONE,
            title="echo up; read -r x; echo got $x; cat",
        )  # fmt: skip
        assert isinstance(last, facts.ShellEnded) and last.how == "stopped"
        assert "".join(f.text for f in desk.of(facts.ShellPrinted)) == "up\ngot hello\n"
        assert desk.complete == [b"up\ngot hello\n"]

    play(scene)


def test_one_that_ends_at_once_says_how(play: Callable[[Scene], None]) -> None:
    async def scene(desk: Desk) -> None:
        done = await desk.open("echo out; exit 3")
        assert done.text.startswith("sh-1: ended with exit code 3; nothing of it")
        assert done.text.endswith("\n\nout\n")
        assert (done.status, done.exit_code, done.summary) == ("failed", 3, "exit 3")
        assert not desk.shells.living

    play(scene)


def test_an_end_nobody_looked_at_is_told_with_the_next_result(
    play: Callable[[Scene], None],
) -> None:
    async def scene(desk: Desk) -> None:
        await desk.open("read -r x; echo bye; exit 4", wait_s=0)
        await desk.open("sleep 600", wait_s=0)
        first = await desk.use("\n", wait_s=0)
        await desk.until(facts.ShellEnded)
        seen = await desk.use(shell=ShellId("sh-2"), wait_s=0)
        assert "sh-1: ended with exit code 4" in seen.text
        assert "sh-1" not in (await desk.use(shell=ShellId("sh-2"), wait_s=0)).text
        # It may have been quick enough for the look that came with the typing.
        last = await desk.use()
        assert "bye\n" in first.text + last.text

    play(scene)


def test_the_developer_is_asked_for_a_secret_and_the_agent_can_not_type_it(
    play: Callable[[Scene], None],
) -> None:
    async def scene(desk: Desk) -> None:
        ask = "read -rsp 'Password: ' x; echo; test \"$x\" = sesame && echo open; sleep 600"
        opened = await desk.open(ask, tty=True)
        assert "waits for the developer, who was asked to type a secret" in opened.text
        prompted = facts.ShellPrompted(
            session=SessionId("s"), shell=ONE, text="Password:", hidden=True
        )
        assert desk.of(facts.ShellPrompted) == [prompted]
        with pytest.raises(BadArguments, match="the developer's to type"):
            await desk.use("guess\n")
        typed = desk.shells.typing(ONE, "sesame\n")
        assert typed.hidden and not typed.text and typed.actor == "developer"
        desk.shells.type(typed, "sesame\n")
        assert (await desk.use(wait_s=0.5)).text.endswith("open\n")
        assert "sesame" not in str(desk.told[1:]) + str(desk.complete)
        with pytest.raises(OrderRefused, match="something else by now"):
            desk.shells.type(typed, "sesame\n")

    play(scene)


def test_a_visible_question_is_told_and_taken_down_when_answered(
    play: Callable[[Scene], None],
) -> None:
    async def scene(desk: Desk) -> None:
        opened = await desk.open("read -rp 'Name: ' x; sleep 600", tty=True)
        assert "waits for input: Name:" in opened.text
        assert desk.shells.typing(ONE, "me\n").text == "me\n"
        await desk.use("me\n", wait_s=0)
        texts = [fact.text for fact in desk.of(facts.ShellPrompted)]
        assert texts == ["Name:", ""]

    play(scene)


def test_only_so_many_live_and_the_developer_may_end_one(play: Callable[[Scene], None]) -> None:
    async def scene(desk: Desk) -> None:
        await asyncio.gather(*(desk.open("sleep 600", wait_s=0) for _ in range(MOST)))
        with pytest.raises(BadArguments, match="16 shells live already"):
            await desk.open("sleep 600", wait_s=0)
        assert len(desk.shells.living) == MOST == len(desk.of(facts.ShellOpened))
        await desk.shells.end(ONE)
        assert (await desk.use()).text.startswith("sh-1: stopped by the developer; ")
        with pytest.raises(OrderRefused, match="has ended"):
            await desk.shells.end(ONE)
        with pytest.raises(OrderRefused, match="has ended"):
            desk.shells.typing(ONE, "x")

    play(scene)


def test_an_interrupt_ends_the_look_and_not_the_shell(play: Callable[[Scene], None]) -> None:
    async def scene(desk: Desk) -> None:
        asyncio.get_running_loop().call_later(0.05, desk.stop.set)
        assert (await desk.open("sleep 600", wait_s=30)).text.startswith("sh-1: running")

    play(scene)


def test_nothing_is_opened_in_a_session_that_ended(play: Callable[[Scene], None]) -> None:
    async def scene(desk: Desk) -> None:
        await desk.open("sleep 600", wait_s=0)
        await desk.shells.close("session")
        ended = await desk.until(facts.ShellEnded)
        assert isinstance(ended, facts.ShellEnded) and ended.how == "session"
        with pytest.raises(SteerdeckError, match="session is ending"):
            await desk.open("echo ran > ran")

    play(scene)


async def page(port: int) -> bytes:
    """The first line of what a server on this machine answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    try:
        return await reader.readline()
    finally:
        writer.close()


def test_a_server_is_shown_with_its_port_and_reached_by_other_shells_and_the_developer(
    play: Callable[[Scene, Level], None],
) -> None:
    level = asyncio.run(probe())
    if level.name != "bubblewrap":
        pytest.skip(level.why)

    async def scene(desk: Desk) -> None:
        server = "exec /usr/bin/env python3 -ISm http.server --bind 127.0.0.1 8000"
        await desk.open(server, wait_s=0)
        listened = await desk.until(facts.ShellListened)
        assert isinstance(listened, facts.ShellListened) and listened.ports == (8000,)
        assert "listens on: 8000" in (await desk.use(wait_s=0)).text
        assert desk.shells.loopback is not None
        client = (
            "exec 3<>/dev/tcp/127.0.0.1/8000; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; head -1 <&3"
        )
        assert "200 OK" in (await desk.open(client)).text

        with pytest.raises(OrderRefused, match="listens on 8000; nothing was opened"):
            await desk.shells.reach(ONE, 8001)
        at = await desk.shells.reach(ONE, 8000)
        assert await desk.shells.reach(ONE, 8000) == at
        assert await page(at) == b"HTTP/1.0 200 OK\r\n"
        await desk.shells.end(ONE)
        with pytest.raises(ConnectionRefusedError):
            await page(at)
        with pytest.raises(OrderRefused, match="has ended"):
            await desk.shells.reach(ONE, 8000)

    play(scene, level)


def test_a_shell_that_takes_too_much_memory_is_ended_and_said_to(
    play: Callable[[Scene], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_MEMORY_EVERY_S", 0.05)

    async def scene(desk: Desk) -> None:
        desk.memory = 60_000_000
        hungry = "exec python3 -ISc 'x = bytearray(200_000_000); import time; time.sleep(60)'"
        outcome = await desk.open(hungry, wait_s=20)
        assert outcome.text.startswith("sh-1: stopped because it took too much memory; nothing of")
        assert (outcome.status, outcome.summary) == ("failed", "too much memory")
        ended = await desk.until(facts.ShellEnded)
        assert isinstance(ended, facts.ShellEnded) and ended.how == "memory"

    play(scene)


def test_a_shell_is_titled_by_what_is_done_to_it(workspace: Workspace) -> None:
    tool = ShellSession()
    for arguments, title in (
        ('{"id": "sh-1", "text": "y\\n"}', "sh-1 ← y"),
        ('{"id": " sh-1 ", "stop": true}', "stop sh-1"),
        ('{"id": "sh-1", "wait_s": 300}', "look at sh-1"),
    ):
        assert tool.title(tool.read(arguments, workspace)).startswith(title)
    for wrong in ('{"id": "sh-1", "wait_s": 301}', '{"id": "a", "text": "x", "stop": true}', "{}"):
        with pytest.raises(BadArguments):
            tool.read(wrong, workspace)
