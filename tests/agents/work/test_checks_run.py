"""A check runs like any command, has a time of its own, and never ran is not failed."""

import asyncio
import sys
from functools import partial
from pathlib import Path

import pytest

from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox import command
from steerdeck_agents.sandbox.process import Spawn, environment
from steerdeck_agents.work import check_run
from steerdeck_agents.work.check_run import Ran, as_check, run_check
from steerdeck_agents.work.checks_found import Found

AROUND = Surroundings(path=f"{Path(sys.executable).parent}:/usr/bin:/bin")


def run(folder: Path, command: str, *, timeout_s: float = 30.0, stop_at_once: bool = False) -> Ran:
    place = Workspace(path=str(folder), repository="", branch="", base="")
    level = Level()

    async def play() -> Ran:
        stop = asyncio.Event()
        if stop_at_once:
            stop.set()
        return await run_check(
            Check("tests", command, timeout_s=timeout_s),
            workspace=place,
            level=level,
            surroundings=AROUND,
            environment=environment(AROUND, place, level),
            spool=folder / "spool",
            stop=stop,
            on_output=lambda text: None,
        )

    return asyncio.run(play())


def test_a_check_that_is_broken_off_leaves_no_output_behind(tmp_path: Path) -> None:
    place = Workspace(path=str(tmp_path), repository="", branch="", base="")
    spool = tmp_path / "spool"

    async def play() -> None:
        checking = asyncio.create_task(
            run_check(
                Check("tests", "head -c 100000 /dev/zero; sleep 60", timeout_s=30.0),
                workspace=place,
                level=Level(),
                surroundings=AROUND,
                environment=environment(AROUND, place, Level()),
                spool=spool,
                stop=asyncio.Event(),
            )
        )
        while not spool.exists():
            await asyncio.sleep(0.01)
        checking.cancel()
        await asyncio.wait({checking})

    asyncio.run(play())
    assert not spool.exists()


def test_a_check_that_exits_with_0_has_passed(tmp_path: Path) -> None:
    ran = run(tmp_path, "echo 3 passed in 0.1s")
    assert (ran.result.status, ran.result.exit_code, ran.result.passed) == ("passed", 0, 3)
    assert ran.complete == b"3 passed in 0.1s\n"
    assert ran.result.output == sha_of(ran.complete)


def test_a_real_test_run_names_what_failed(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import unittest\nclass T(unittest.TestCase):\n    def test_x(self): self.fail('no')\n"
    )
    ran = run(tmp_path, "python3 -m unittest -q test_a")
    assert ran.result.status == "failed"
    assert ran.result.failures == ("test_a.T.test_x",)
    assert "AssertionError: no" in ran.result.excerpt


def test_a_hanging_check_is_killed_and_named(tmp_path: Path) -> None:
    ran = run(tmp_path, "echo begun; sleep 60 & sleep 60", timeout_s=0.3)
    assert ran.result.status == "hung"
    assert ran.result.problem == "hung after 0.3 s, so it was killed"
    assert "begun" in ran.result.excerpt


def test_an_interrupt_stops_a_check(tmp_path: Path) -> None:
    assert run(tmp_path, "sleep 60", stop_at_once=True).result.status == "stopped"


def test_a_check_that_floods_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_run, "CAP", 200_000)
    ran = run(tmp_path, "yes")
    assert ran.result.status == "flooded"
    assert len(ran.complete) == 200_000
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-program", "not found"),
        ("python3 -m no_such_module", "No module named no_such_module"),
        ("echo \0", "holds a NUL"),
    ],
)
def test_what_can_not_be_run_did_not_fail(tmp_path: Path, command: str, said: str) -> None:
    result = run(tmp_path, command).result
    assert result.status == "unstarted"
    assert said in result.problem


def test_a_long_output_is_read_whole(tmp_path: Path) -> None:
    """The failure stands in the middle, where head and tail do not reach."""
    script = (
        "seq 1 9000; echo 'FAILED a.py::test_x - no'; seq 1 9000; echo '1 failed in 1s'; exit 1"
    )
    ran = run(tmp_path, script)
    assert ran.result.failures == ("a.py::test_x",)
    assert len(ran.complete) > 64 * 1024
    assert not (tmp_path / "spool").exists()


def test_a_proposal_below_goes_to_its_folder_first() -> None:
    found = Found("npm test", "npm test", "it's/web", "it's/web/package.json", "It has one.")
    check = as_check(found)
    assert check.command == "cd 'it'\"'\"'s/web' && npm test"
    assert as_check(found, "it's/web").command == "npm test"
    assert as_check(found, "it's/web/src").command == "cd .. && npm test"
    assert check.source == "it's/web/package.json"


def test_a_check_that_took_too_much_memory_has_failed_of_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_MEMORY_EVERY_S", 0.05)
    monkeypatch.setattr(check_run, "Spawn", partial(Spawn, memory=60_000_000))
    ran = run(
        tmp_path, "exec python3 -ISc 'x = bytearray(200_000_000); import time; time.sleep(60)'"
    )
    assert ran.result.status == "failed"
    assert ran.result.problem == "stopped because it took too much memory"
