"""A runtime over weeks: its log stays small, its program may vanish, its place may be taken."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from kit.command import lives
from kit.scene import home_at, order_id, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import JournalError, WireError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.runtime import logfile, wire
from steerdeck_agents.runtime.lifecycle import attach, ensure
from steerdeck_agents.runtime.program import OFTEN_S, Program

WRITES = """
import os, sys
from pathlib import Path
from steerdeck_agents.runtime import logfile
log = Path(sys.argv[1])
for number in range(200):
    print("line", number, flush=True)
    os.write(2, b"error %d\\n" % number)
    assert logfile.written_by(log, (1, 2))
    logfile.turn_over(log, (1, 2), 2000)
"""


def test_a_log_is_turned_over_under_whoever_writes_it(tmp_path: Path):
    log = tmp_path / "runtime.log"
    with log.open("ab") as file:
        subprocess.run([sys.executable, "-c", WRITES, log], stdout=file, stderr=file, check=True)
    kept = [log, logfile.older(log)]
    assert all(one.stat().st_size <= 2100 for one in kept)
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    told = logfile.last_lines(log, 60)
    assert told[-2:] == ["line 199", "error 199"]
    assert told == [f"{what} {n}" for n in range(170, 200) for what in ("line", "error")]


def test_a_log_of_somebody_else_is_not_ours_to_turn_over(tmp_path: Path):
    log = tmp_path / "runtime.log"
    assert not logfile.turn_over(log)
    log.write_text("x" * 50)
    assert not logfile.written_by(log, (1, 2))
    assert not logfile.turn_over(log, largest=50)
    assert logfile.turn_over(log, largest=49)
    assert log.read_text() == ""
    assert logfile.older(log).read_text() == "x" * 50


def test_a_program_that_was_removed_is_said_once(tmp_path: Path):
    file = tmp_path / "__init__.py"
    file.touch()
    program = Program(package=file)
    assert not program.look(0.0)
    file.unlink()
    assert not program.look(1.0), "it looks now and then"
    assert program.look(OFTEN_S + 1)
    assert f"{file} is gone" in program.wrong and "Install Steerdeck again" in program.wrong
    assert not program.look(2 * OFTEN_S + 2)
    file.touch()
    program.look(3 * OFTEN_S + 3)
    assert program.wrong == ""


def test_decks_and_the_journal_hear_that_the_program_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("steerdeck_agents.runtime.server.LOOK_S", 0.01)

    async def run() -> None:
        async with scene(tmp_path / "home", {}) as playing:
            playing.runtime._program = Program(package=tmp_path / "gone.py")
            telling = asyncio.create_task(playing.runtime.until_told())
            await playing.until(lambda: playing.of(SessionId(""), e.Noticed))
            (said,) = playing.of(SessionId(""), e.Noticed)
            assert (said.level, "gone.py is gone" in said.text) == ("error", True)
            page = await playing.client.ask(wire.RuntimeStatus(), wire.StatusPage)
            assert page.program == said.text
            telling.cancel()

    asyncio.run(run())


def test_without_its_python_no_runtime_is_started_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(WireError, match=r"No such file or directory.*install Steerdeck again"):
        asyncio.run(ensure(home_at(tmp_path / "home", {}, {}), "0", os.environ))


def test_a_runtime_whose_journal_was_taken_over_ends_and_leaves_what_is_anothers(tmp_path: Path):
    async def run() -> None:
        async with scene(tmp_path / "home", {}) as playing:
            await playing.runtime.listen()
            with sqlite3.connect(playing.paths.journal) as other:
                other.execute("update lease set pid = 4242, started = 'x'")
            other.close()
            playing.paths.socket.unlink()
            playing.paths.socket.touch()
            with pytest.raises(JournalError, match="process 4242"):
                await playing.runtime.fleet.writer.append(
                    e.Noticed(session=SessionId(""), text="late"), full=True
                )
            reason = await playing.runtime.until_told()
            assert "already written by process 4242" in reason
            await playing.runtime.close(reason)
            assert playing.paths.socket.exists()
            playing.paths.socket.unlink()

    asyncio.run(run())


def test_a_suspended_runtime_is_named_and_fenced_when_it_wakes(short_folder: Path):
    asyncio.run(suspended(short_folder))


async def suspended(home: Path) -> None:
    where = home_at(home, {}, {})
    first = await ensure(where, "0", os.environ)
    pid = first.hello.pid
    await first.close()
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(WireError, match=rf"process {pid}\) is suspended.*kill -CONT {pid}"):
            await attach(where, "0")
        # As from a machine whose locks don't reach here: its lock is gone, its boot another.
        where.journal.with_name("journal.lock").unlink()
        with sqlite3.connect(where.journal) as other:
            other.execute("update lease set boot = 'another machine'")
        other.close()
        where.socket.unlink()
        second = await ensure(where, "0", os.environ)
        assert second.hello.pid != pid
        os.kill(pid, signal.SIGCONT)
        # The old one writes when it is told to end, and is fenced then at the latest.
        os.kill(pid, signal.SIGTERM)
        async with asyncio.timeout(30):
            while lives(pid):
                await asyncio.sleep(0.01)
        page = await second.ask(wire.RuntimeStatus(), wire.StatusPage)
        assert page.pid == second.hello.pid
        await second.close()
        still = await attach(where, "0")
        assert still is not None, "the socket of the second was left to it"
        facts = await still.ask_raw(wire.Events(SessionId(""), limit=100))
        assert facts.count(b'"runtime.started"') == 2
        assert b'"runtime.ended"' not in facts
        await still.give(o.StopRuntime(id=order_id()))
        await still.close()
    finally:
        if lives(pid):
            os.kill(pid, signal.SIGCONT)
            os.kill(pid, signal.SIGKILL)
