"""What an agent left running is typed into and ended from the command line."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kit.command import PROGRAM
from kit.repositories import plain
from kit.scene import Scene, scene
from kit.terminal import Terminal
from steerdeck.verbs.ending import Ending
from steerdeck.verbs.group import group
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.sandbox.probe import probe

ASKS = (
    "printf 'Name: '; read -r name; stty -echo; printf 'Password: '; read -r word; stty echo; "
    'echo "$name has ${#word} letters"; sleep 60'
)

SERVES = """exec python3 -ISc '
import socket
server = socket.create_server(("127.0.0.1", 8000))
while True: server.accept()[0].send(b"hello\\n")
'"""


def asker(talk: Conversation) -> Reply:
    """Starts a program that asks for a name and a password, and leaves it running."""
    if talk.calls:
        return Reply((Say("It asks.", final=True),))
    words = {"command": ASKS, "why": ".", "keep": True, "tty": True, "wait_s": 0.1}
    return Reply((Call("shell", words),))


@pytest.fixture
def play(
    short_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Scene, SessionId], Awaitable[None]]], None]:
    """A session with that program, beside a runtime on the socket of STEERDECK_HOME."""
    monkeypatch.setenv("STEERDECK_HOME", str(short_folder))

    def playing(story: Callable[[Scene, SessionId], Awaitable[None]]) -> None:
        async def run() -> None:
            repository = plain(tmp_path / "repository").resolve()
            allowed = {ASKS: repository}
            async with scene(short_folder, {"m": asker}, allowed=allowed) as scened:
                await scened.runtime.listen()
                session = await scened.start(repository, "m", name="one")
                await scened.until(lambda: prompt(scened, session) == "Name:")
                await story(scened, session)

        asyncio.run(run())

    return playing


def prompt(playing: Scene, session: SessionId) -> str:
    shells = playing.state(session).shells
    return shells[0].prompt if shells else ""


async def verb(*words: str, into: str = "") -> Result:
    def run() -> Result:
        done = CliRunner().invoke(group, words, input=into, standalone_mode=False)
        if done.exception is not None:
            raise done.exception
        return done

    return await asyncio.to_thread(run)


def test_a_line_and_a_secret_are_typed_and_the_secret_is_kept_nowhere(
    play: Callable[..., None], short_folder: Path
):
    async def story(playing: Scene, session: SessionId) -> None:
        (listed,) = json.loads((await verb("shells", "--json")).stdout)
        assert (listed["shell"], listed["state"], listed["hidden"]) == ("sh-1", "asks", False)
        with pytest.raises(OrderRefused, match="shows what is typed"):
            await verb("type", "one", "sh-1", "--hidden", into="hunter2")
        told = await verb("type", "one", "sh-1", "kim")
        assert told.stdout == "Typed into sh-1 of one.\n"
        await playing.until(lambda: prompt(playing, session) == "Password:")
        await verb("type", "one", "sh", "--hidden", into="hunter2\n")
        await playing.until(lambda: "kim has 7 letters" in playing.state(session).shells[0].output)

        await verb("shells", "one", "--end", "sh-1")
        await playing.until(lambda: playing.of(session, e.ShellEnded))
        kept = b"".join(path.read_bytes() for path in short_folder.rglob("*.db*"))
        assert b"kim has 7 letters" in kept and b"hunter2" not in kept

    play(story)


def test_a_secret_is_asked_for_on_the_terminal_without_its_echo(play: Callable[..., None]):
    async def story(playing: Scene, session: SessionId) -> None:
        await verb("type", "one", "sh-1", into="kim\n")
        await playing.until(lambda: prompt(playing, session) == "Password:")

        def typing() -> tuple[int, bytes]:
            with Terminal([PROGRAM, "type", "one", "sh-1"]) as terminal:
                terminal.wait_for("Password:")
                terminal.send("hunter2\r")
                return terminal.wait_end(), terminal.sent

        code, shown = await asyncio.to_thread(typing)
        assert code == 0 and b"Typed into sh-1" in shown and b"hunter2" not in shown
        await playing.until(lambda: "kim has 7 letters" in playing.state(session).shells[0].output)

    play(story)


def test_a_port_behind_the_sandbox_is_opened_and_its_address_printed(
    short_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    level = asyncio.run(probe())
    if level.name != "bubblewrap":
        pytest.skip(level.why)
    monkeypatch.setenv("STEERDECK_HOME", str(short_folder))

    def serving(talk: Conversation) -> Reply:
        if talk.calls:
            return Reply((Say("It serves.", final=True),))
        return Reply((Call("shell", {"command": SERVES, "why": ".", "keep": True, "wait_s": 0}),))

    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        allowed = {SERVES: repository}
        async with scene(short_folder, {"m": serving}, allowed=allowed, level=level) as playing:
            await playing.runtime.listen()
            session = await playing.start(repository, "m", name="one")
            await playing.until(lambda: playing.of(session, e.ShellListened))
            with pytest.raises(Ending, match="one listens on 8000"):
                await verb("shells", "one", "--open", "8001")
            address = (await verb("shells", "one", "--open", "8000")).stdout.strip()
            port = int(address.removeprefix("http://127.0.0.1:"))
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await reader.readline() == b"hello\n"
            writer.close()
            (listed,) = json.loads((await verb("shells", "--json")).stdout)
            assert listed["opened"] == [[8000, port]]
            assert f"8000 ({address})" in (await verb("shells")).stdout

    asyncio.run(run())
