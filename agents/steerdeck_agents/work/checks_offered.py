"""The checks a new session in a folder could be given: those its repository asks for in its own
file, then those found in the files of its project. Nothing is run, and none counts before the
developer has given it to a session.
"""

import asyncio
import posixpath
import shlex

from msgspec.structs import replace

from steerdeck_agents.facts.checks import Check
from steerdeck_agents.settings.project import read_project
from steerdeck_agents.work.check_run import as_check
from steerdeck_agents.work.checks_found import found_at
from steerdeck_agents.work.tasking import MOST_CHECKS
from steerdeck_agents.workspace import repository
from steerdeck_agents.workspace.git import fields


async def offered(folder: str) -> tuple[Check, ...]:
    """The checks for a session that is started in `folder`, named unlike each other.

    Raises:
        SteerdeckError: there is no repository around the folder, or its file can't be read.
    """
    place = await repository.find(folder)
    project = await asyncio.to_thread(read_project, place.top)
    files = await fields(place.top, "ls-files", "-z", profile="user")
    found = await asyncio.to_thread(found_at, place.top, files, place.subfolder or ".")
    asked = [_from_top(check, place.subfolder) for check in project.checks]
    guessed = [as_check(one, place.subfolder) for one in found]
    checks: dict[str, Check] = {}
    commands: set[str] = set()
    for check in (*asked, *guessed):
        if check.name not in checks and check.command not in commands:
            checks[check.name] = check
            commands.add(check.command)
    return tuple(checks.values())[:MOST_CHECKS]


def _from_top(check: Check, subfolder: str) -> Check:
    """A check of the repository's file runs in its top folder, where that file is."""
    if not subfolder:
        return check
    way = posixpath.relpath(".", subfolder)
    return replace(check, command=f"cd {shlex.quote(way)} && {check.command}")
