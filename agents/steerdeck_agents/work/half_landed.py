"""A landing that broke off in the middle, for want of room say: what it wrote is taken back.

Before it began none of its files was changed by the developer, and it was refused where one was. So
one that differs now and holds the beginning of what was to be written comes from the landing; and
where there is such a one, those that are gone or empty do, too. All else stays, and is named.
"""

import asyncio
import contextlib
import os
from pathlib import Path

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.workspace.git import GitError, fields, git
from steerdeck_agents.workspace.within import read_file, remove_file


async def begun(top: Path, before: str, result: str) -> list[str]:
    """Files of the landing that are not as the branch has them; none was when it began."""
    try:
        touched = await fields(
            top, "diff", "--name-only", "--no-renames", "-z", before, result, profile="user"
        )  # fmt: skip
    except GitError:
        return []
    report = await fields(
        top, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames",
        profile="user",
    )  # fmt: skip
    return sorted({line[3:] for line in report} & set(touched))


async def taken_back(top: Path, before: str, result: str) -> list[str]:
    """Put the files back as they were; those that still are not."""
    half = await begun(top, before, result)
    with contextlib.suppress(GitError, OrderRefused, OSError):
        found = {path: await _written(top, path, result) for path in half}
        # Where git wrote nothing it refused to begin: what is gone then, the developer removed.
        ours = [path for path in half if found[path] is not None] if any(found.values()) else []
        tree = await fields(top, "ls-tree", "-r", "-z", "--name-only", before, profile="user")
        old = set(tree).intersection(ours)
        # New ones go first: they may have taken the room the others need.
        for path in ours:
            if path not in old:
                await asyncio.to_thread(remove_file, top, path)
        if old:
            await git(
                top, "checkout", "--quiet", before, "--pathspec-from-file=-",
                "--pathspec-file-nul", profile="user", data=os.fsencode("\0".join(sorted(old))),
            )  # fmt: skip
    return await begun(top, before, result) if half else []


async def _written(top: Path, path: str, result: str) -> int | None:
    """Bytes that are there of what the landing writes; None where it is something else."""
    if not await asyncio.to_thread(os.path.lexists, top / path):
        return 0
    try:
        wanted = await git(top, "cat-file", "--filters", f"{result}:{path}", profile="user")
        there = await asyncio.to_thread(read_file, top, path, len(wanted))
    except (GitError, OrderRefused):
        return None  # It was to be removed, or holds more.
    if there is None:
        return None
    found = there.data if there.link is None else os.fsencode(there.link)
    return len(found) if wanted.startswith(found) else None
