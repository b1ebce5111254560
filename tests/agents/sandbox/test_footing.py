"""A command starts in the folder that was looked at, whatever its name leads to by then."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.repositories import commit, plain, write
from steerdeck_agents.facts.action import RunCommand
from steerdeck_agents.facts.errors import BadArguments, SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.gate.binding import bind, stand_of
from steerdeck_agents.sandbox.process import Finished, Spawn, environment, run

CONFINED = Level("bubblewrap", files=True, network=True, processes=True)
LEVELS = [Level(), Level("landlock", files=True, network=True), CONFINED]
_at_spawn: list[Callable[[], object]] = []
"""What happens when a process is started; audit hooks can't be removed, so this is emptied."""


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _at_spawn and event == "subprocess.Popen" and "cat mark" in str(arguments[1]):
        _at_spawn.pop()()


sys.addaudithook(_hook)


@pytest.fixture
def ours(tmp_path: Path) -> Workspace:
    top = plain(tmp_path / "top").resolve()
    write(top, "sub/mark", "one\n")
    write(top, "other/mark", "two\n")
    commit(top)
    return Workspace(path=str(top), repository=str(top), branch="main", base="HEAD")


def spawn(ours: Workspace, level: Level, folder: str = "sub") -> Spawn:
    action = RunCommand("cat mark", folder=folder)
    variables = environment(Surroundings(), ours, level)
    bound = bind(
        action,
        workspace=ours,
        environment=variables,
        level=level,
        stand=stand_of(action.script, ours, folder),
    )
    return Spawn(
        script=action.script,
        workspace=ours,
        environment=variables,
        level=level,
        folder=folder,
        binding=bound.sha(),
    )


def perform(one: Spawn, tmp_path: Path) -> Finished:
    async def live() -> Finished:
        return await run(one, on_output=print, stop=asyncio.Event(), spool=tmp_path / "spool")

    return asyncio.run(live())


def relink(ours: Workspace, target: str) -> None:
    top = Path(ours.path)
    (top / "sub").rename(top / "aside")
    (top / "sub").symlink_to(target)


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_a_folder_swapped_at_the_very_last_moment_does_not_matter(
    ours: Workspace, tmp_path: Path, level: Level
):
    one = spawn(ours, level)
    _at_spawn.append(lambda: relink(ours, "other"))
    finished = perform(one, tmp_path)
    assert not _at_spawn
    if level.name == "bubblewrap":
        assert "nothing was run" in finished.head_tail
        assert finished.exit_code == 126
    else:
        assert finished.head_tail == "one\n"


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_what_is_not_as_it_was_allowed_is_not_started(
    ours: Workspace, tmp_path: Path, level: Level
):
    one = spawn(ours, level)
    assert perform(one, tmp_path).head_tail == "one\n"
    relink(ours, "other")
    with pytest.raises(SteerdeckError, match="changed after this was allowed"):
        perform(one, tmp_path)


def test_a_link_out_of_the_workspace_is_no_folder_to_start_in(ours: Workspace, tmp_path: Path):
    relink(ours, str(tmp_path))
    with pytest.raises(BadArguments, match="outside"):
        perform(spawn(ours, CONFINED), tmp_path)


def test_a_confined_command_holds_no_folder_of_the_outside_open(ours: Workspace, tmp_path: Path):
    one = spawn(ours, CONFINED)
    looks = Spawn(
        script="ls -l /proc/self/fd; ls /proc/self/fd/../../.. >/dev/null",
        workspace=ours,
        environment=one.environment,
        level=CONFINED,
    )
    shown = perform(looks, tmp_path).head_tail
    assert ours.path not in shown
    assert len(shown.splitlines()) == 5  # total, three ends, and the folder ls itself looks at
