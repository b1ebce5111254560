"""A file that was just saved, looked at without git: its row in the table of changes, its diff.

git looks at the whole workspace and costs several processes each time. One plain text file is
compared with its base version here, which is read once and kept. Whatever git would judge by more
than the two texts is left to git: a path that may be ignored, line ends and filters that are
translated, links, modes, large and binary files.
"""

import asyncio
import os
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Final, Literal, NamedTuple

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.places import FileChange, Workspace
from steerdeck_agents.workspace.base_files import BaseFiles
from steerdeck_agents.workspace.unified import unified
from steerdeck_agents.workspace.within import FileState, read_file, shown

LARGEST: Final = 256 * 1024
_JUDGED_BY = (".gitignore", ".gitattributes", ".gitmodules")
"""Files that change what git makes of others."""
_POINTER = b"version https://git-lfs"
_LOOKED_AT = 8_000
"""Bytes in which git looks for a zero, which makes a file binary."""


class Looked(NamedTuple):
    """What one file came to."""

    change: FileChange | None
    """None: it is as in the base, or gone where the base has none."""
    diff: str


async def look(workspace: Workspace, path: str, bases: BaseFiles, *, known: bool) -> Looked | None:
    """The file against its base; None where git has to look.

    `known` says that the file is among the changed ones, so that it is not ignored.
    """
    if path.endswith(_JUDGED_BY) or not _is_plain_name(path):
        return None
    base = await bases.of(path)
    if base is None and not known:
        return None
    try:
        return await asyncio.to_thread(_compared, workspace, path, base)
    except (OrderRefused, OSError):
        return None


async def told_nothing(
    workspace: Workspace, paths: Collection[str], bases: BaseFiles, table: Collection[str]
) -> set[str]:
    """Those of these paths that change nothing, whatever happened there.

    No file is there, the base has none, and none in or below it is among the changed ones, which
    are in `table` as they are shown. So are the folders each command in the sandbox is given to
    lie on, and what editors write beside a file for a moment.
    """
    known = [path for path in paths if path.endswith(_JUDGED_BY) or _is_in(table, shown(path))]
    empty = await asyncio.to_thread(_without_file, workspace.path, set(paths).difference(known))
    return await bases.has_not(empty)


def _is_in(table: Collection[str], path: str) -> bool:
    return any(one == path or one.startswith(f"{path}/") for one in table)


def _without_file(top: str, paths: Collection[str]) -> set[str]:
    """Those at which there is nothing, or a folder, of whose files others tell."""
    found = set()
    for path in paths:
        try:
            mode = os.lstat(f"{top}/{path}").st_mode
        except (FileNotFoundError, NotADirectoryError):
            found.add(path)
        except OSError:
            continue
        else:
            if stat.S_ISDIR(mode):
                found.add(path)
    return found


def _compared(workspace: Workspace, path: str, base: FileState | None) -> Looked | None:
    now = read_file(workspace.path, path, LARGEST)
    if now is None and Path(workspace.path, path).exists():
        return None
    if not (_is_text(base) and _is_text(now)) or not _alike(base, now):
        return None
    before, after = base.data if base else b"", now.data if now else b""
    if before == after and (base is None) == (now is None):
        return Looked(None, "")
    new, gone = base is None, now is None
    added, removed, text = unified(shown(path), before, after, new, gone)
    kind: Literal["added", "removed", "changed"] = (
        "added" if new else "removed" if gone else "changed"
    )
    mark = "new file mode 100644\n" if new else "deleted file mode 100644\n" if gone else ""
    head = f"diff --git a/{path} b/{path}\n{mark}"
    change = FileChange(path=shown(path), kind=kind, added=added, removed=removed)
    return Looked(change, head + text)


def _is_plain_name(path: str) -> bool:
    """Whether git writes the name into a diff as it is."""
    return path.isascii() and path.isprintable() and not set(path) & set('"\\')


def _is_text(state: FileState | None) -> bool:
    if state is None:
        return True
    data = state.data
    return (
        state.link is None
        and len(data) <= LARGEST
        and b"\0" not in data[:_LOOKED_AT]
        and not data.startswith(_POINTER)
    )


def _alike(base: FileState | None, now: FileState | None) -> bool:
    """Whether both are of one mode and have line ends of one kind."""
    if base is None or now is None:
        return True
    ends = (b"\r" in base.data) == (b"\r" in now.data)
    return ends and (base.mode & 0o100) == (now.mode & 0o100)
