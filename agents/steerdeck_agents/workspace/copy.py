"""Making a new workspace stand where another one stands: its commits, and any files on top.

Only objects come from the other workspace, in one fetch into the new one, which borrows nothing
from it afterwards. Nothing is written there.
"""

import asyncio
from collections.abc import Callable, Iterable

from steerdeck_agents.facts.errors import OrderRefused, RepositoryError
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.journal.enclosures import CheckpointFile
from steerdeck_agents.workspace.checkpoint import restore
from steerdeck_agents.workspace.git import git


async def stand_at(workspace: Workspace, source: str, head: str) -> None:
    """Move the workspace's own branch to `head`, a commit of the workspace at `source`.

    Files stay as they are. RepositoryError when the commit can't be had.
    """
    if head == workspace.base:
        return
    await git(
        workspace.path, "fetch", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
        "--quiet", "--no-recurse-submodules", "--", source, head, profile="workspace",
        config=("fetch.fsckObjects=true", "protocol.version=2", "fetch.writeCommitGraph=false"),
    )  # fmt: skip
    await git(workspace.path, "reset", "--mixed", "--quiet", head, profile="workspace")


async def put(
    workspace: Workspace, files: Iterable[CheckpointFile], data: Callable[[Sha], bytes]
) -> None:
    """Make files what a checkpoint knew; RepositoryError when one can't be.

    `data` reads stored bytes and is called in a thread.
    """
    await asyncio.to_thread(_put, workspace, files, data)


def _put(
    workspace: Workspace, files: Iterable[CheckpointFile], data: Callable[[Sha], bytes]
) -> None:
    # Removals come first, so that a file can stand where a folder was.
    for file in sorted(files, key=lambda one: one.sha is not None or one.link is not None):
        try:
            restore(workspace, file, None if file.sha is None else data(file.sha))
        except (OSError, OrderRefused) as error:
            raise RepositoryError(f"A file of the workspace can't be written: {error}") from error
