"""Landing: the work of a session goes into the developer's repository, on their order only.

Only a result without conflicts is fetched, in one fetch that leaves no other trace, and the
developer's branch is moved forward to it, which git refuses rather than touch a file they changed.
Hooks and filters stay off throughout.
"""

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.shore import How, Landing, Onto
from steerdeck_agents.settings import umask
from steerdeck_agents.work.half_landed import taken_back
from steerdeck_agents.work.landing_result import (
    Stands,
    branch_to_land_on,
    commit_work,
    fetch,
    listed,
    nothing_to_land,
    result_of,
    stands,
    to_its_end,
)
from steerdeck_agents.workspace.changes import patch
from steerdeck_agents.workspace.git import GitError, fields, git, text

Announce = Callable[[Landing], Awaitable[None]]
Proof = Callable[[str, str], Awaitable[None]]
"""Given the branch and the commit it is to stand at; raises OrderRefused when that is not good."""


class Landed(msgspec.Struct, frozen=True):
    """Where the work went."""

    how: How
    where: str
    """Branch of the developer's repository, or the path of the patch file."""
    commit: str = ""
    before: str = ""
    """Commit the branch stood at."""


class Turns:
    """One landing at a time in each repository."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}

    def of(self, workspace: Workspace) -> asyncio.Lock:
        """Held by whoever lands there; given in the order in which it was asked for."""
        return self._locks.setdefault(workspace.repository, asyncio.Lock())


async def onto(
    workspace: Workspace,
    how: Onto,
    message: str,
    announce: Announce | None = None,
    proof: Proof | None = None,
) -> Landed:
    """Bring the work onto the branch the developer stands on.

    `message` is for what the session left uncommitted, and for a squash; `proof` looks at the
    result; `announce` is awaited right before anything of the developer's is touched. OrderRefused
    names conflicting files or files of the developer in the way; then their repository is exactly
    as before.
    """
    top = Path(workspace.repository)
    at = await stands(workspace, message)
    result = await result_of(workspace, how, message, at)
    await check_way(workspace, at.theirs, result)
    if proof is not None:
        await proof(at.branch, result)
        if await branch_to_land_on(top) != at.branch:
            raise OrderRefused(
                f"You left {at.branch} while its checks ran, so nothing was landed; land it again."
            )
        await check_way(workspace, at.theirs, result)
    if announce is not None:
        await announce(Landing(how, at.branch, result, at.theirs))
    await to_its_end(_moved(workspace, at, result))
    return Landed(how, at.branch, result, at.theirs)


async def _moved(workspace: Workspace, at: Stands, result: str) -> None:
    top, branch, before = Path(workspace.repository), at.branch, at.theirs
    await fetch(top, Path(workspace.path), result)
    try:
        await git(
            top, "merge", "--ff-only", "--no-overwrite-ignore", "--no-autostash", "--no-stat",
            "--quiet", result, profile="user", env={"GIT_REFLOG_ACTION": "steerdeck land"},
        )  # fmt: skip
    except GitError as error:
        left = await taken_back(top, before, result)
        half = f"{listed(left)} are not as {branch} has them; see `git status`"
        yours = f"but {half}" if left else "and your files are as they were"
        raise OrderRefused(
            f"git would not move {branch} forward: {error} Nothing was merged, {yours}. Land it"
            " again when that is mended, or as a branch."
        ) from error


async def to_branch(workspace: Workspace, message: str, announce: Announce | None = None) -> Landed:
    """Put the work into the developer's repository as a branch of its own, checked out nowhere."""
    work = await commit_work(workspace, message)
    top = Path(workspace.repository)
    place = f"refs/heads/{workspace.branch}"
    try:
        before = await text(top, "rev-parse", "--verify", "--quiet", place, profile="user")
    except GitError:
        before = ""
    if announce is not None:
        await announce(Landing("branch", workspace.branch, work, before))
    try:
        await fetch(top, Path(workspace.path), f"{work}:{place}")
    except GitError as error:
        raise OrderRefused(
            f"The branch {workspace.branch} of the repository was not changed: {error} Rename or "
            "delete it there if it is not needed, or merge instead."
        ) from error
    return Landed("branch", workspace.branch, work, before if before != work else "")


async def to_patch(workspace: Workspace, file: Path, announce: Announce | None = None) -> Landed:
    """Write everything the session changed as a patch that `git apply` takes.

    The file must not exist yet.
    """
    content = await patch(workspace, workspace.base)
    if not content:
        raise nothing_to_land(workspace)
    if announce is not None:
        await announce(Landing("patch", str(file), sha_of(content)))
    try:
        await asyncio.to_thread(_write_new, file, content)
    except FileExistsError:
        raise OrderRefused(f"{file} is there already; name another file.") from None
    except OSError as error:
        raise OrderRefused(
            f"The patch can't be written to {file}: {error.strerror}; name another place."
        ) from error
    return Landed("patch", str(file))


async def check_way(workspace: Workspace, theirs: str, result: str) -> None:
    """Refuse when the merge would touch a file the developer changed or never committed."""
    blocked = await in_the_way(workspace.path, Path(workspace.repository), theirs, result)
    if blocked:
        raise OrderRefused(
            f"Uncommitted work of yours is in the way: {listed(blocked)}; commit or stash "
            "it, then land again. Nothing was changed."
        )


async def in_the_way(
    place: str, top: Path, theirs: str, result: str, env: dict[str, str] | None = None
) -> list[str]:
    """Files of the developer, changed or never committed, that a move of their branch would write.

    The commits are read in `place`.
    """
    touched = await fields(
        place, "diff", "--name-status", "--no-renames", "-z", theirs, result, env=env
    )
    status = dict(zip(touched[1::2], touched[::2], strict=True))
    report = await fields(
        top, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames",
        profile="user",
    )  # fmt: skip
    dirty = {line[3:] for line in report}
    blocked = {path for path in status if path in dirty or _covers(dirty, path)}
    # An ignored file of theirs in the place of a new one is in no report.
    blocked |= {
        path for path, kind in status.items() if kind == "A" and os.path.lexists(top / path)
    }
    return sorted(blocked)


def _covers(dirty: set[str], path: str) -> bool:
    """Whether a file of theirs stands where the path needs a folder, or the other way round."""
    parts = path.split("/")
    above = {"/".join(parts[:end]) for end in range(1, len(parts))}
    return bool(above & dirty) or any(one.startswith(f"{path}/") for one in dirty)


def _write_new(file: Path, content: bytes) -> None:
    """Write it beside its place, then give it its name: it is there whole or not at all."""
    beside = file.with_name(f".steerdeck-{secrets.token_hex(8)}")
    try:
        # Made so that the umask counts: who asks for it changes it for every other thread.
        with beside.open("xb") as out:
            out.write(content)
            if (mask := umask.theirs()) >= 0:
                os.fchmod(out.fileno(), 0o666 & ~mask)
        try:
            os.link(beside, file)
        except FileExistsError:
            raise
        except OSError:
            # A file system without hard links.
            with file.open("xb") as out:
                out.write(content)
    finally:
        beside.unlink(missing_ok=True)
