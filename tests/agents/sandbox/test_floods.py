"""A few of the floods and of the ways to hide; all of them, many times, are in `make prove`."""

import asyncio
from collections.abc import Callable

import pytest

from prove.claim import Tally
from prove.floods import escaped, flooded, gone, overlook
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.sandbox import command, descendants, process
from steerdeck_agents.sandbox.process import Finished

Runner = Callable[..., Finished]


@pytest.fixture(autouse=True)
def nobody_else() -> None:
    overlook()


def test_a_flood_is_ended_while_the_runtime_stays_small_and_awake(level: Level) -> None:
    tally = Tally()
    asyncio.run(flooded("one endless line", level, tally))
    unhurried = [note for note in tally.notes if "late" not in note]
    assert not unhurried and tally.wanted


@pytest.mark.parametrize("hide", ["", "setsid "])
def test_one_that_multiplies_is_ended(
    hide: str, level: Level, go: Runner, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "MOST_TASKS", 64)
    done = go(f"for i in {{1..200}}; do {hide}sleep 600 & done; wait", level)
    assert done.crowded and not done.timed_out
    assert asyncio.run(gone(workspace))


def test_processes_of_others_are_not_held_against_a_command(
    level: Level, go: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "MOST_TASKS", 64)
    monkeypatch.setattr(descendants, "tasks_of_all", iter(range(1000, 10**6, 1000)).__next__)
    done = go("sleep 0.4; sleep 0.1 & wait; echo end", level)
    assert (done.exit_code, done.head_tail) == (0, "end\n")


@pytest.mark.parametrize("name", ["zombie", "stopped child", "ignored SIGTERM"])
def test_nobody_is_left_of_a_shell_that_was_stopped(name: str, level: Level) -> None:
    tally = Tally()
    asyncio.run(escaped(name, level, tally, live=True))
    unhurried = [note for note in tally.notes if "returned" not in note]
    assert not unhurried and tally.wanted


def test_one_that_takes_too_much_memory_is_ended(
    level: Level, go: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_MEMORY_EVERY_S", 0.05)
    script = "python -c 'x = bytearray(400_000_000); import time; time.sleep(60)' & wait"
    done = go(script, level, memory=200_000_000, timeout_s=30)
    assert done.memory and not done.timed_out


def test_memory_that_forked_processes_have_in_common_counts_once(
    level: Level, go: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_MEMORY_EVERY_S", 0.05)
    script = (
        "python -c 'import os, time; x = bytearray(60_000_000)\n"
        "for _ in range(3): os.fork()\ntime.sleep(0.4)'"
    )
    done = go(script, level, memory=400_000_000)
    assert not done.memory


def test_temporary_files_take_no_more_than_they_may(go: Runner, confined: Level) -> None:
    script = "for f in /tmp/x ~/x /dev/shm/x; do head -c 20000000 /dev/zero > $f; done"
    done = go(script, confined, memory=40_000_000)
    assert done.head_tail.count("No space left") == 3


def test_a_file_without_end_is_ended(
    level: Level, go: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = [limit.replace("8388608", "1000") for limit in process._LIMITS_INSIDE]
    monkeypatch.setattr(process, "_LIMITS_INSIDE", tuple(limits))
    monkeypatch.setattr(process, "_LIMITS", tuple(limits[:-1]))
    done = go("yes > endless; echo $?; stat -c %s endless", level, timeout_s=30)
    assert done.head_tail.split()[-2:] == ["153", "1024000"]
