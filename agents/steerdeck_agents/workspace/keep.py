"""Keeping a workspace alive, throwing it away, and getting it back.

A workspace borrows the developer's objects, which a reset and `git gc --prune=now` of theirs may
delete. It soon stands on its own: all it needs is copied, proved complete, and only then it stops
borrowing. While it still borrows, `base_intact` says whether what it stands on is there.
"""

import asyncio
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import RepositoryError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.workspace.clone import borrowed
from steerdeck_agents.workspace.git import GitError, git

_ASIDE = "alternates.before"
_being_proved: set[str] = set()
"""Workspaces that are just now shown to need nothing borrowed."""


async def make_independent(workspace: Workspace) -> Workspace:
    """Copy every object the workspace needs and stop borrowing; the workspace as it is then.

    Safe to cancel and beside a working agent. A partial clone can't: its history is not complete,
    so it is returned as it was. RepositoryError when an object is missing; it then still borrows.
    """
    alternates = _alternates(workspace)
    if not alternates.is_file() or await _is_partial(workspace):
        return msgspec.structs.replace(workspace, borrows=borrowed(workspace.path))
    await git(workspace.path, "repack", "-a", "-d", "-q", profile="workspace")
    aside = alternates.with_name(_ASIDE)
    _being_proved.add(workspace.path)
    alternates.rename(aside)
    try:
        await git(
            workspace.path, "rev-list", "--objects", "--quiet", "--all", "--reflog",
            "--indexed-objects",
        )  # fmt: skip
    except BaseException:
        aside.rename(alternates)
        raise
    finally:
        _being_proved.discard(workspace.path)
    aside.unlink()
    return msgspec.structs.replace(workspace, borrows=())


async def base_intact(workspace: Workspace) -> bool:
    """Whether the commit the work stands on is there with all its files."""
    _alternates(workspace)
    if not await asyncio.to_thread(borrowed, workspace.path):
        return True
    try:
        await git(
            workspace.path, "rev-list", "--objects", "--quiet", "-1", "--end-of-options",
            workspace.base,
        )  # fmt: skip
        await git(workspace.path, "rev-parse", "--verify", "--quiet", "HEAD^{tree}")
    except GitError:
        return False
    return True


def discard(workspace: Workspace, bin_folder: Path) -> Path:
    """Move the workspace into the bin; where it is there. Nothing is deleted."""
    place = Path(workspace.path)
    there = bin_folder / place.name
    if there.exists():
        return set_aside(place, bin_folder)
    bin_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _move(place, there)
    return there


def set_aside(place: Path, bin_folder: Path) -> Path:
    """Move a clone into the bin under a name no discarded workspace is brought back from."""
    bin_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = 2
    while (there := bin_folder / f"{place.name}-{number}").exists():
        number += 1
    _move(place, there)
    return there


def restore(there: Path, workspace: Workspace) -> None:
    """Bring a discarded workspace back to its place."""
    place = Path(workspace.path)
    if place.exists():
        raise RepositoryError(f"{place} is taken, so the workspace stays at {there}.")
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _move(there, place)


def _alternates(workspace: Workspace) -> Path:
    """The file that names what is borrowed; put back if a crash left it aside."""
    alternates = Path(workspace.path) / ".git/objects/info/alternates"
    aside = alternates.with_name(_ASIDE)
    if workspace.path not in _being_proved and aside.is_file():
        aside.replace(alternates)
    return alternates


def _move(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        raise RepositoryError(
            f"{source} can't be moved to {target}: {error.strerror}; nothing was changed."
        ) from error


async def _is_partial(workspace: Workspace) -> bool:
    try:
        await git(workspace.path, "config", "--get", "extensions.partialClone")
    except GitError:
        return False
    return True
