"""What the session changed against the commit it started from: committed, staged, or just written.

New files are made known to git in a copy of the index, so that one `git diff` speaks of everything
and the workspace's own index stays as the agent left it.
"""

import asyncio
import os
import shutil
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from steerdeck_agents.facts.places import FileChange, Workspace
from steerdeck_agents.settings.scratch import ScratchFolder
from steerdeck_agents.workspace.git import LARGE, GitError, fields, git
from steerdeck_agents.workspace.within import shown


async def changed_files(workspace: Workspace) -> tuple[FileChange, ...]:
    """All changed files by path, with lines added and removed; binary and large ones have none."""
    out = await _diffed(workspace, "--raw", "--numstat", "-z", "--no-renames", workspace.base)
    kinds: dict[str, str] = {}
    found = []
    entries = iter(os.fsdecode(out).split("\0")[:-1])
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
    out = await _diffed(workspace, *_PLAIN, workspace.base, paths=paths)
    return out.decode("utf-8", "replace")


async def patch(workspace: Workspace, base: str) -> bytes:
    """Everything against a commit as `git apply` takes it, binary files included."""
    large = ("core.bigFileThreshold=512m",)
    return await _diffed(workspace, *_PLAIN, "--binary", "--full-index", base, config=large)


_GONE = (
    "did not match any files",
    "is beyond a symbolic link",
    "unable to stat",
    "unable to index",
)
_NO_FILE = "unsupported file type"
_LOOKS = 8
"""How often a list of new files is made anew in which one has gone meanwhile."""
_PLAIN = ("--no-color", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/", "--unified=3")


async def _diffed(
    workspace: Workspace, *args: str, config: tuple[str, ...] = (), paths: Sequence[str] = ()
) -> bytes:
    """`git diff ARGS -- PATHS` with new files.

    Where a pipe or the like took a file's place, it is gone.
    """
    args = ("diff", *args, "--", *paths)
    try:
        async with _with_new_files(workspace, paths) as env:
            return await git(workspace.path, *args, env=env, config=config)
    except GitError as error:
        if _NO_FILE not in error.said:
            raise
    listed = await fields(workspace.path, "ls-files", "-z", "-c", "--", *paths)
    gone = await asyncio.to_thread(lambda: [p for p in listed if _is_odd(f"{workspace.path}/{p}")])
    async with _with_new_files(workspace, paths, gone) as env:
        return await git(workspace.path, *args, env=env, config=config)


def _is_odd(path: str) -> bool:
    """Whether something stands there that git can't keep."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode))


@asynccontextmanager
async def _with_new_files(
    workspace: Workspace, paths: Sequence[str], gone: Sequence[str] = ()
) -> AsyncIterator[dict[str, str]]:
    """Environment of an index that also names files git doesn't track yet, without `gone`.

    Of these only what is at or below `paths` where some are given: to look for others takes git
    longer than one file's diff.
    """
    new = await _new(workspace, paths)
    if not new and not gone:
        yield {}
        return
    with ScratchFolder() as folder:
        index = folder / "index"
        own = Path(workspace.path) / ".git/index"
        if own.is_file():
            shutil.copyfile(own, index)
        env = {"GIT_INDEX_FILE": str(index)}
        if gone:
            forget = ("update-index", "--force-remove", "-z", "--stdin")
            await git(workspace.path, *forget, env=env, data=_lines(gone))
        for look in range(_LOOKS, -1, -1):
            try:
                await _named(workspace, new, env)
                break
            except GitError as error:
                # A file that was there a moment ago, such as one an editor or a build just used.
                if not look or not any(words in error.said for words in _GONE):
                    raise
            listed = await _new(workspace, paths)
            new = [path for path in listed if os.path.lexists(f"{workspace.path}/{path}")]
        yield env


async def _new(workspace: Workspace, paths: Sequence[str]) -> list[str]:
    asked = ("ls-files", "-z", "-o", "--exclude-standard", "--", *paths)
    listed = await fields(workspace.path, *asked)
    return [path for path in listed if not path.endswith("/")]


async def _named(workspace: Workspace, new: list[str], env: dict[str, str]) -> None:
    """Make new files known to an index; GitError when one has gone."""
    await git(
        workspace.path, "add", "--intent-to-add", "--force", "--pathspec-from-file=-",
        "--pathspec-file-nul", env=env, data=_lines(new),
    )  # fmt: skip


def _lines(paths: Sequence[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in paths)


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
