"""The folder a command starts in, held open from the last look until the command stands in it.

A path says where a folder was when it was looked at; whoever can write in the workspace can put a
link in its place a moment later. So it is opened once, what was opened is looked at, and that is
where the command starts.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steerdeck_agents.facts.action import RunCommand
from steerdeck_agents.facts.errors import BadArguments, SteerdeckError
from steerdeck_agents.gate.binding import bind, stand_of
from steerdeck_agents.sandbox.spawn import Spawn
from steerdeck_agents.sandbox.wires import Wires

_OPEN = os.O_DIRECTORY | os.O_CLOEXEC | (os.O_PATH if sys.platform == "linux" else os.O_RDONLY)
CHANGED = "The folder is not the one this was allowed in; nothing was run."


@contextmanager
def footing(spawn: Spawn, wires: Wires, start: str) -> Iterator[int]:
    """A descriptor of the folder `start`; closed when the command was started.

    BadArguments when it is not inside the workspace any more, SteerdeckError when anything is not
    as it was allowed; nothing must be started then.
    """
    try:
        opened = os.open(start, _OPEN)
    except OSError as problem:
        raise BadArguments(f"{start} can't be entered ({problem.strerror}).") from problem
    try:
        _check_inside(spawn.workspace.path, opened)
        _check_allowed(spawn, wires, opened)
        yield opened
    finally:
        os.close(opened)


def standing(opened: int) -> list[str]:
    """Lines of bash that end it when it doesn't stand in this folder, and let go of it."""
    if sys.platform != "linux":
        return [f"exec {opened}<&-"]
    there = f"/proc/self/fd/{opened}"
    return [f'[ . -ef {there} ] || {{ echo "{CHANGED}"; exit 126; }}', f"exec {opened}<&-"]


def _check_inside(top: str, opened: int) -> None:
    if sys.platform != "linux":
        return
    place = Path(f"/proc/self/fd/{opened}").readlink()
    if not place.is_relative_to(Path(top).resolve()):
        raise BadArguments("The folder leads outside the workspace; start inside it.")


def _check_allowed(spawn: Spawn, wires: Wires, opened: int) -> None:
    if spawn.binding is None:
        return
    action = RunCommand(
        script=spawn.script,
        folder=spawn.folder,
        keep=wires.input is not None,
        tty=bool(wires.tty),
        hosts=spawn.hosts,
    )
    now = bind(
        action,
        workspace=spawn.workspace,
        environment=spawn.environment,
        level=spawn.level,
        stand=stand_of(spawn.script, spawn.workspace, spawn.folder, opened),
    )
    if now.sha() != spawn.binding:
        raise SteerdeckError(
            "The workspace changed after this was allowed; nothing was run. Ask again if it is "
            "still wanted."
        )
