"""The warm start: a deck forked from a process that has it loaded, seen from a real terminal."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("pyte", reason="a screen is needed to look at: install pyte")

from kit.command import PROGRAM, home_of, lives, runtime_pid, steerdeck
from kit.repositories import plain
from kit.terminal import Terminal
from steerdeck.warm import papers, standing
from steerdeck_agents.runtime import lifecycle
from steerdeck_agents.settings.paths import Paths

pytestmark = pytest.mark.skipif(not papers.possible(), reason="the kernel can't hold a process")
SECRET = "not-for-anybody-else"
EDITOR = '#!/bin/sh\nread line < /dev/tty\necho "$SECRET_OF_ONE $line" > "$1"\n'
"""Needs a terminal of its own: only the job of a shell has one."""


def until(true: Callable[[], object], within_s: float = 20.0) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def forks(where: Paths) -> set[int]:
    """The living decks that were forked; proc(5), children."""
    kept = standing.found(where)
    if kept is None:
        return set()
    told = Path(f"/proc/{kept.pid}/task/{kept.pid}/children").read_text()
    return {pid for pid in map(int, told.split()) if lives(pid)}


@pytest.fixture
def kept(base: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Paths]:
    """A home whose developer wants a warm start."""
    where = home_of(base)
    (base / "config").mkdir(mode=0o700)
    where.config_file.write_text("warm_start = true\n")
    monkeypatch.setenv("SECRET_OF_ONE", SECRET)
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    yield where
    standing.end(where)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return plain(tmp_path / "repository")


def deck(repository: Path, **more: str) -> Terminal:
    environ = {**os.environ, **more}
    return Terminal([PROGRAM], columns=100, rows=30, folder=repository, environ=environ)


def close(shown: Terminal) -> None:
    # What the last deck left may be all that is there yet.
    shown.wait_for(lambda _: b"\x1b[?2004h" in shown.sent)
    shown.press("ctrl+c")
    shown.wait_for("Ctrl+C again")
    shown.press("ctrl+c")
    assert shown.wait_end() == 0
    assert shown.left_on() == []


def test_the_first_deck_leaves_a_warm_one_and_the_next_is_forked_from_it(
    kept: Paths, repository: Path, base: Path
):
    with deck(repository) as shown:
        shown.wait_for("F1 keys")
        until(lambda: standing.found(kept))
        assert forks(kept) == set()
        close(shown)
    process = standing.found(kept)
    assert process is not None and 10_000_000 < process.bytes < 60_000_000
    assert SECRET.encode() not in Path(f"/proc/{process.pid}/environ").read_bytes()
    assert f"process {process.pid}" in steerdeck("runtime", "status").out

    editor = base / "editor"
    editor.write_text(EDITOR)
    editor.chmod(0o755)
    with deck(repository, VISUAL=str(editor)) as shown:
        shown.wait_for("F1 keys")
        until(lambda: len(forks(kept)) == 1)
        shown.send("words of mine")
        shown.wait_for("words of mine")
        shown.resize(120, 20)
        shown.wait_for(lambda screen: "F1 keys" in screen.split("\n")[18])
        shown.press("ctrl+g")
        until(lambda: "alternate screen" not in shown.left_on())
        shown.send("typed by hand\r")
        shown.wait_for(f"{SECRET} typed by hand")
        assert SECRET.encode() not in memory_of(process.pid)
        shown.press("ctrl+c")
        shown.wait_gone("typed by hand")
        close(shown)
        assert "brings the deck back" in shown.screen()

    runtime = runtime_pid(kept)
    assert runtime is not None
    assert steerdeck("runtime", "stop").code == 0
    assert not lives(runtime) and not lives(process.pid)
    assert not kept.warm_socket.exists()


def memory_of(pid: int) -> bytes:
    """All that a process has written to its memory; proc(5), maps and mem."""
    found = []
    with Path(f"/proc/{pid}/mem").open("rb") as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            area, modes, *_, name = (line + " -").split()[:7]
            if modes.startswith("rw") and not name.startswith("[v"):
                begin, end = (int(part, 16) for part in area.split("-"))
                memory.seek(begin)
                found.append(memory.read(end - begin))
    return b"".join(found)


def keep(where: Paths) -> int:
    """Start a runtime and the kept process, without a deck; the latter's process."""

    async def attached() -> None:
        await (await lifecycle.ensure(where, "0", os.environ)).close()

    asyncio.run(attached())
    standing.leave(where, os.environ)
    until(lambda: standing.found(where))
    process = standing.found(where)
    assert process is not None
    return process.pid


def test_whatever_is_killed_the_other_side_leaves_and_the_terminal_is_given_back(
    kept: Paths, repository: Path
):
    process = keep(kept)
    with deck(repository) as one, deck(repository) as two, deck(repository) as three:
        for shown in (one, two, three):
            shown.wait_for("F1 keys")
        until(lambda: len(forks(kept)) == 3)
        all_forks = forks(kept)
        one.child.kill()
        one.child.wait()
        until(lambda: len(forks(kept)) == 2)

        three.hang_up()
        assert three.child.wait(20) == 129
        until(lambda: len(forks(kept)) == 1)

        (fork,) = forks(kept)
        os.kill(fork, signal.SIGKILL)
        assert two.wait_end() == 137
        assert two.left_on() == []
        until(lambda: not any(map(lives, all_forks)))
        assert lives(process)


def bash(repository: Path) -> Terminal:
    return Terminal(["bash", "--norc", "--noprofile", "-i"], folder=repository)


def begin(shell: Terminal, where: Paths, word: str) -> tuple[int, int]:
    """Open a deck as a job of the shell and type a word; the fork, and who stands in for it."""
    shell.send(f"clear; {PROGRAM}\n")
    until(lambda: forks(where))
    shell.wait_for("F1 keys")
    shell.send(word)
    shell.wait_for(word)
    (fork,), (client,) = forks(where), children(shell.child.pid)
    return fork, client


def test_a_deck_stops_with_its_job_goes_on_with_it_and_is_ended_by_its_signals(
    kept: Paths, repository: Path
):
    keep(kept)
    with bash(repository) as shell:
        fork, client = begin(shell, kept, "first")
        os.kill(client, signal.SIGTSTP)
        shell.wait_for("Stopped")
        assert given_back(shell)
        shell.send("bg\n")
        shell.send("echo $((40 + 2))\n")
        shell.wait_for("42")
        shell.send("fg; echo ended with $?\n")
        shell.wait_for("F1 keys")
        shell.send("words")
        shell.wait_for("words")
        os.kill(client, signal.SIGTERM)
        until(lambda: not lives(fork) and not children(shell.child.pid))
        until(lambda: b"ended with 143" in shell.sent)
        assert given_back(shell)

        fork, client = begin(shell, kept, "second")
        os.kill(client, signal.SIGKILL)
        until(lambda: not lives(fork) and given_back(shell))


def test_a_deck_that_stands_still_ends_with_its_job_and_with_its_terminal(
    kept: Paths, repository: Path
):
    keep(kept)
    with bash(repository) as shell:
        fork, client = begin(shell, kept, "first")
        os.kill(client, signal.SIGTSTP)
        shell.wait_for("Stopped")
        os.kill(client, signal.SIGKILL)
        until(lambda: not lives(client) and not lives(fork))

        fork, client = begin(shell, kept, "second")
        os.kill(client, signal.SIGTSTP)
        until(lambda: shell.sent.count(b"Stopped") == 2)
        shell.hang_up()
        until(lambda: not lives(client) and not lives(fork))


def given_back(shell: Terminal) -> bool:
    """Whether nothing is on that the shell itself has not switched on."""
    return set(shell.left_on()) <= {"bracketed paste"}


def children(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return list(map(int, told.split()))


def test_where_anything_is_off_the_deck_starts_by_itself(kept: Paths, repository: Path):
    process = keep(kept)
    os.kill(process, signal.SIGSTOP)
    assert standing.found(kept) is not None
    with deck(repository) as shown:
        shown.wait_for("F1 keys")
        close(shown)
    os.kill(process, signal.SIGKILL)
    until(lambda: not lives(process))
    with deck(repository) as shown:
        shown.wait_for("F1 keys")
        close(shown)
