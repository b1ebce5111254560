"""A few of the floods and of the ways to hide; all of them, many times, are in `make prove`."""

import asyncio
from collections.abc import Callable

import pytest

from prove.claim import Tally
from prove.floods import escaped, flooded, gone
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.sandbox import command, descendants
from steerdeck_agents.sandbox.process import Finished

Runner = Callable[..., Finished]


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
