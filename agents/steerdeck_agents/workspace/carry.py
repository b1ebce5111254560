"""Taking the developer's uncommitted work along into a new workspace, copied file by file.

Copied from their checkout as it stands, so neither their index nor their stash is touched. What is
staged and what is not makes no difference: the file on disk is the truth.
"""

import asyncio
import os

from steerdeck_agents.facts.errors import OrderRefused, RepositoryError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.workspace.git import fields
from steerdeck_agents.workspace.repository import Repository
from steerdeck_agents.workspace.within import parts_of, read_file, remove_file, write_file

_LIMIT = 2_000_000_000


async def carry(repository: Repository, workspace: Workspace) -> tuple[str, ...]:
    """Bring changed, new and deleted files of the developer's checkout; their paths.

    Ignored files, untracked files that look like secrets, and repositories inside the repository
    stay where they are. RepositoryError when the workspace doesn't start at the developer's HEAD,
    or when a file can't be read; then nothing of it should be trusted.
    """
    if workspace.base != repository.head:
        raise RepositoryError(
            "Uncommitted work can only be carried to a session that starts at HEAD; start there, "
            "or leave it out."
        )
    report = await fields(
        repository.top, "status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames",
        profile="user",
    )  # fmt: skip
    paths = []
    for line in report:
        kind, _, rest = line.partition(" ")
        if kind == "?" and not rest.endswith("/") and not is_secret_path(rest):
            paths.append(rest)
        elif kind == "1" and not rest.split(" ")[1].startswith("S"):
            paths.append(rest.split(" ", 7)[7])
        elif kind == "u":
            paths.append(rest.split(" ", 9)[9])
    await asyncio.to_thread(_copy, repository.top, workspace.path, paths)
    return tuple(paths)


def _copy(source: str, target: str, paths: list[str]) -> None:
    """Deletions first, so that a file may take the place of a folder."""
    try:
        there = []
        for path in paths:
            parts_of(path)
            if os.path.lexists(f"{source}/{path}"):
                there.append(path)
            else:
                remove_file(target, path)
        for path in there:
            state = read_file(source, path, _LIMIT)
            if state is None:
                remove_file(target, path)
            else:
                write_file(target, path, state)
    except (OSError, OrderRefused) as error:
        raise RepositoryError(
            f"Uncommitted work can't be carried over: {error} Leave it out, or commit it first."
        ) from error
