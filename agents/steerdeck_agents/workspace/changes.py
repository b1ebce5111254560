"""What the session changed against the commit it started from: committed, staged, or just written.

New files are made known to git in a copy of the index, so that one `git diff` speaks of everything
and the workspace's own index stays as the agent left it.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from steerdeck_agents.facts.places import FileChange, Workspace
from steerdeck_agents.workspace.git import LARGE, GitError, fields, git
from steerdeck_agents.workspace.within import shown


async def changed_files(workspace: Workspace) -> tuple[FileChange, ...]:
    """All changed files by path, with lines added and removed; binary and large ones have none."""
    async with _with_new_files(workspace) as env:
        out = await fields(
            workspace.path, "diff", "--raw", "--numstat", "-z", "--no-renames", workspace.base,
            env=env,
        )  # fmt: skip
    kinds: dict[str, str] = {}
    found = []
    entries = iter(out)
    for entry in entries:
        if entry.startswith(":"):
            kinds[next(entries)] = entry.rpartition(" ")[2]
            continue
        added, removed, path = entry.split("\t", 2)
        found.append(_change(workspace, path, kinds.get(path, "M"), added, removed))
    return tuple(found)


async def diff(workspace: Workspace, paths: tuple[str, ...] = ()) -> str:
    """One unified diff of everything, or of some paths, against the base.

    Binary files and files over 5 MB are named without content. Bytes that are not UTF-8 become
    replacement characters: it is for people, `patch` is for programs.
    """
    async with _with_new_files(workspace) as env:
        out = await git(workspace.path, "diff", *_PLAIN, workspace.base, "--", *paths, env=env)
    return out.decode("utf-8", "replace")


async def patch(workspace: Workspace, base: str) -> bytes:
    """Everything against a commit as `git apply` takes it, binary files included."""
    async with _with_new_files(workspace) as env:
        return await git(
            workspace.path, "diff", *_PLAIN, "--binary", "--full-index", base, env=env,
            config=("core.bigFileThreshold=512m",),
        )  # fmt: skip


_GONE = (
    "did not match any files",
    "is beyond a symbolic link",
    "unable to stat",
    "unable to index",
)
_LOOKS = 8
"""How often a list of new files is made anew in which one has gone meanwhile."""
_PLAIN = ("--no-color", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/", "--unified=3")


@asynccontextmanager
async def _with_new_files(workspace: Workspace) -> AsyncIterator[dict[str, str]]:
    """Environment of an index that also names files git doesn't track yet."""
    new = await _new(workspace)
    if not new:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="steerdeck-") as folder:
        index = Path(folder) / "index"
        own = Path(workspace.path) / ".git/index"
        if own.is_file():
            shutil.copyfile(own, index)
        env = {"GIT_INDEX_FILE": str(index)}
        for look in range(_LOOKS, -1, -1):
            try:
                await _named(workspace, new, env)
                break
            except GitError as error:
                # A file that was there a moment ago, such as one an editor or a build just used.
                if not look or not any(words in error.said for words in _GONE):
                    raise
            listed = await _new(workspace)
            new = [path for path in listed if os.path.lexists(f"{workspace.path}/{path}")]
        yield env


async def _new(workspace: Workspace) -> list[str]:
    listed = await fields(workspace.path, "ls-files", "-z", "-o", "--exclude-standard")
    return [path for path in listed if not path.endswith("/")]


async def _named(workspace: Workspace, new: list[str], env: dict[str, str]) -> None:
    """Make new files known to an index; GitError when one has gone."""
    await git(
        workspace.path, "add", "--intent-to-add", "--force", "--pathspec-from-file=-",
        "--pathspec-file-nul", env=env, data="\0".join(new).encode("utf-8", "surrogateescape"),
    )  # fmt: skip


def _change(workspace: Workspace, path: str, status: str, added: str, removed: str) -> FileChange:
    if added == "-":
        file = Path(workspace.path, path)
        large = file.is_file() and not file.is_symlink() and file.stat().st_size > LARGE
        return FileChange(path=shown(path), kind="large" if large else "binary")
    kind = {"A": "added", "D": "removed"}.get(status, "changed")
    return FileChange(
        path=shown(path),
        kind="added" if kind == "added" else "removed" if kind == "removed" else "changed",
        added=int(added),
        removed=int(removed),
    )
