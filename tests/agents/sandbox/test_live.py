"""Commands that go on between calls: read, written to, asked about, and ended whole."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from steerdeck_agents.facts.errors import BadArguments, SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox import descendants
from steerdeck_agents.sandbox.live import MOST_WAITING, Live, Prompt, start_live
from steerdeck_agents.sandbox.output import HEAD_TAIL
from steerdeck_agents.sandbox.process import Spawn, environment

AROUND = Surroundings(path=f"{Path(sys.executable).parent}:/usr/bin:/bin")
Starter = Callable[..., Live]


@pytest.fixture
def begin(workspace: Workspace, level: Level, tmp_path: Path) -> Starter:
    def start(script: str, *, tty: bool = False, heard: list[str] | None = None,
              cap: int = 1 << 27) -> Live:  # fmt: skip
        spawn = Spawn(
            script=script,
            workspace=workspace,
            level=level,
            environment=environment(AROUND, workspace, level),
            surroundings=AROUND,
        )
        hear = (heard if heard is not None else []).append
        return start_live(spawn, tty=tty, on_output=hear, spool=tmp_path / "spool", cap=cap)

    return start


def open_files() -> list[str]:
    return sorted(entry.name for entry in Path("/proc/self/fd").iterdir())


def play(scene: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(), 30))


async def until(live: Live, text: str) -> str:
    seen = ""
    while text not in seen:
        seen += live.read_new()
        assert not live.done.is_set() or text in seen, seen
        await asyncio.sleep(0.01)
    return seen


async def prompt_of(live: Live) -> Prompt:
    while (prompt := live.prompt()) is None:
        assert not live.done.is_set()
        await asyncio.sleep(0.02)
    return prompt


@pytest.mark.parametrize("tty", [False, True])
def test_what_is_written_is_read_and_answered(begin: Starter, tty: bool) -> None:
    async def scene() -> None:
        live = begin("while read -r line; do echo got:$line; done; exit 3", tty=tty)
        live.write("a b\n")
        await until(live, "got:a b\n")
        live.write("c\n")
        assert "a b" not in await until(live, "got:c\n")
        live.write("\x04" if tty else "")
        await (live.done.wait() if tty else live.stop())
        assert live.finished is not None
        assert live.finished.exit_code == 3 if tty else live.finished.interrupted

    play(scene)


def test_a_terminal_is_one_for_the_command(begin: Starter) -> None:
    async def scene() -> None:
        live = begin("test -t 0 && test -t 1 && stty size && echo x >/dev/tty", tty=True)
        await live.done.wait()
        assert live.read_new() == "30 100\nx\n"
        assert live.finished is not None and live.finished.exit_code == 0

    play(scene)


def test_control_c_reaches_the_command_and_not_its_sandbox(begin: Starter) -> None:
    async def scene() -> None:
        live = begin("trap 'echo caught; exit 5' INT; echo up; while :; do sleep 0.05; done",
                     tty=True)  # fmt: skip
        await until(live, "up\n")
        live.write("\x03")
        await live.done.wait()
        assert "caught\n" in live.read_new()
        assert live.finished is not None and live.finished.exit_code == 5

    play(scene)


def test_a_terminal_is_read_as_plain_text_and_kept_exactly(begin: Starter) -> None:
    async def scene() -> None:
        heard: list[str] = []
        live = begin(r"printf '\e[31mred\e[0m\n10%%\r90%%\r\e[Kdone\n\xff'", tty=True, heard=heard)
        await live.done.wait()
        assert live.read_new() == "red\ndone\n⟨FF⟩" == "".join(heard)
        assert live.finished is not None and live.finished.spool is not None
        assert live.finished.spool.read_bytes().startswith(b"\x1b[31mred")

    play(scene)


def test_a_look_is_bounded_and_the_whole_is_kept(begin: Starter) -> None:
    async def scene() -> None:
        live = begin("seq 1 200000; echo end; sleep 600")
        while not live.finished and "end" not in (seen := live.read_new()):
            await asyncio.sleep(0.05)
            assert len(seen.encode()) <= HEAD_TAIL
        await live.stop()
        assert live.read_new() == ""
        assert live.finished is not None and live.finished.spool is not None
        assert live.finished.total == live.finished.spool.stat().st_size == 1288899

    play(scene)


def test_characters_and_sequences_split_between_looks_stay_whole(begin: Starter) -> None:
    async def scene() -> None:
        script = "stty -echo; "
        script += r"printf 'a\xc3'; read -r x; printf '\xa9\e[3'; read -r x; printf '1mb\n'; read x"
        live = begin(script, tty=True)
        seen = await until(live, "a")
        live.write("\n")
        seen += await until(live, "é")
        live.write("\n")
        seen += await until(live, "b\n")
        assert seen.replace("\n", "") == "aéb"
        await live.stop()

    play(scene)


@pytest.mark.parametrize(
    ("script", "tty", "prompt"),
    [
        ("read -rp 'Name: ' x", True, Prompt("Name:", hidden=False)),
        ("printf 'Go on? '; read -r x", False, Prompt("Go on?", hidden=False)),
        ("read -rsp 'Password: ' x", True, Prompt("Password:", hidden=True)),
        ("python3 -ISc 'import getpass; getpass.getpass()'", True, Prompt("Password:", True)),
        ("python3 -ISc 'input(\"sure [y/N] \")'", True, Prompt("sure [y/N]", hidden=False)),
    ],
)
def test_what_waits_for_an_answer_is_found(
    begin: Starter, script: str, tty: bool, prompt: Prompt
) -> None:
    async def scene() -> None:
        live = begin(f"echo before; {script}; echo after; sleep 600", tty=tty)
        assert await prompt_of(live) == prompt
        live.write("secret\n")
        seen = await until(live, "after\n")
        assert ("secret" in seen) == (tty and not prompt.hidden)
        await asyncio.sleep(0.3)
        assert live.prompt() is None
        await live.stop()

    play(scene)


@pytest.mark.parametrize("script", ["printf 'working: '; sleep 600", "echo up; cat", "cat"])
def test_what_only_works_or_has_said_nothing_asks_nothing(begin: Starter, script: str) -> None:
    async def scene() -> None:
        live = begin(script, tty=True)
        await asyncio.sleep(0.5)
        assert live.prompt() is None
        await live.stop()

    play(scene)


def test_the_port_of_a_server_is_found(begin: Starter) -> None:
    async def scene() -> None:
        code = 'import socket, time; s = socket.create_server(("127.0.0.1", 0));'
        code += " print(s.getsockname()[1], flush=True); time.sleep(600)"
        live = begin(f"python3 -ISc '{code}' & wait")
        port = int(await until(live, "\n"))
        assert live.ports() == (port,)
        await live.stop()
        assert live.ports() == ()

    play(scene)


@pytest.mark.parametrize("tty", [False, True])
def test_a_stop_ends_everybody_and_gives_everything_back(
    begin: Starter, workspace: Workspace, tty: bool
) -> None:
    async def scene() -> None:
        live = begin("true", tty=tty)
        await live.done.wait()
        before = open_files()
        children = descendants.children(os.getpid())
        wild = "trap '' TERM HUP; (setsid sleep 600 &); nohup sleep 600 & echo up; sleep 600"
        live = begin(wild, tty=tty)
        await until(live, "up\n")
        await live.stop()
        assert live.finished is not None and live.finished.interrupted
        with pytest.raises(BadArguments, match="has ended"):
            live.write("x")
        assert descendants.children(os.getpid()) == children
        assert open_files() == before

    play(scene)


def test_who_reads_nothing_is_not_written_to_for_ever(begin: Starter) -> None:
    async def scene() -> None:
        live = begin("sleep 600")
        live.write("x" * 200_000)
        with pytest.raises(BadArguments, match="not read"):
            live.write("x" * MOST_WAITING)
        await live.stop()
        live = begin("exec <&-; echo closed; sleep 600")
        await until(live, "closed\n")
        live.write("x" * 200_000)
        await live.stop()

    play(scene)


def test_one_that_prints_for_ever_is_ended_at_the_cap(begin: Starter) -> None:
    async def scene() -> None:
        live = begin("yes", tty=True, cap=1_000_000)
        await live.done.wait()
        assert live.finished is not None and live.finished.capped
        assert live.finished.total == 1_000_000

    play(scene)


def test_a_signal_shows_in_how_it_ended(begin: Starter, level: Level) -> None:
    async def scene() -> None:
        live = begin("kill -KILL $$")
        await live.done.wait()
        assert live.finished is not None
        signalled = (128 + signal.SIGKILL, None)
        want = signalled if level.name == "bubblewrap" else (None, signal.SIGKILL)
        assert (live.finished.exit_code, live.finished.signal) == want

    play(scene)


def test_a_sandbox_that_can_not_be_set_up_is_an_error(
    confined: Level, workspace: Workspace, tmp_path: Path
) -> None:
    async def scene() -> None:
        spawn = Spawn(script="true", workspace=workspace, level=confined, environment={})
        live = start_live(
            spawn, tty=False, on_output=print, spool=tmp_path / "x", program="/bin/false"
        )
        await live.done.wait()
        assert isinstance(live.error, SteerdeckError) and "nothing ran" in str(live.error)

    play(scene)
