"""A workspace in one line, for tests that need one and are about something else."""

import asyncio
from pathlib import Path

from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.workspace.clone import create
from steerdeck_agents.workspace.repository import find


async def made(repository: Path, folder: Path, name: str = "task", base: str = "") -> Workspace:
    """A workspace of a repository, at `folder`."""
    return await create(
        await find(repository), folder, name=name, base=base, progress=lambda line: None
    )


def workspace_of(repository: Path, folder: Path, name: str = "task", base: str = "") -> Workspace:
    """The same for tests outside an event loop."""
    return asyncio.run(made(repository, folder, name, base))
