"""Landing: the work of a session goes into the developer's repository, on their order only.

Everything that may fail happens in the workspace first: committing what is uncommitted, and the
merge itself, which git computes without any checkout. Only a result without conflicts is fetched,
in one fetch that leaves no other trace, and the developer's branch is moved forward to it, which
git refuses rather than touch a file they changed. Hooks and filters stay off throughout.
"""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import msgspec

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.shore import Landing
from steerdeck_agents.workspace.changes import patch
from steerdeck_agents.workspace.git import GitError, Profile, fields, git, text, version
from steerdeck_agents.workspace.within import shown

Announce = Callable[[Landing], Awaitable[None]]
_UNDER_WAY = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}


class Landed(msgspec.Struct, frozen=True):
    """Where the work went."""

    how: Literal["merge", "branch", "patch"]
    where: str
    """Branch of the developer's repository, or the path of the patch file."""
    commit: str = ""


async def merge(workspace: Workspace, message: str, announce: Announce | None = None) -> Landed:
    """Bring the work into the branch the developer stands on.

    `message` is for what the session left uncommitted; `announce` is awaited right before anything
    of the developer's is touched. OrderRefused names conflicting files or files of the developer in
    the way; then their repository is exactly as before.
    """
    top = Path(workspace.repository)
    branch = await _branch_to_merge_into(top)
    work = await commit_work(workspace, message)
    theirs = await text(top, "rev-parse", "--verify", "HEAD^{commit}", profile="user")
    await _fetch(Path(workspace.path), top, "HEAD")
    result = await _merged(workspace, theirs, work, f"Merge {workspace.branch} into {branch}")
    await _check_way(workspace, top, theirs, result)
    if announce is not None:
        await announce(Landing("merge", branch, result, theirs))
    await _fetch(top, Path(workspace.path), result)
    try:
        await git(
            top, "merge", "--ff-only", "--no-overwrite-ignore", "--no-autostash", "--no-stat",
            "--quiet", result, profile="user", env={"GIT_REFLOG_ACTION": "steerdeck land"},
        )  # fmt: skip
    except GitError as error:
        raise OrderRefused(
            f"git would not move {branch} forward: {error} Nothing was merged; see `git status`, "
            "or land the work as a branch."
        ) from error
    return Landed(how="merge", where=branch, commit=result)


async def to_branch(workspace: Workspace, message: str, announce: Announce | None = None) -> Landed:
    """Put the work into the developer's repository as a branch of its own, checked out nowhere."""
    work = await commit_work(workspace, message)
    place = f"refs/heads/{workspace.branch}"
    if announce is not None:
        await announce(Landing("branch", workspace.branch, work))
    try:
        await _fetch(Path(workspace.repository), Path(workspace.path), f"{work}:{place}")
    except GitError as error:
        raise OrderRefused(
            f"The branch {workspace.branch} of the repository was not changed: {error} Rename or "
            "delete it there if it is not needed, or merge instead."
        ) from error
    return Landed(how="branch", where=workspace.branch, commit=work)


async def to_patch(workspace: Workspace, file: Path, announce: Announce | None = None) -> Landed:
    """Write everything the session changed as a patch that `git apply` takes.

    The file must not exist yet.
    """
    content = await patch(workspace, workspace.base)
    if not content:
        raise _nothing(workspace)
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
    return Landed(how="patch", where=str(file))


async def commit_work(workspace: Workspace, message: str) -> str:
    """Commit what the session left uncommitted, as the developer; the commit that holds it all."""
    place = workspace.path
    unmerged = await fields(place, "diff", "--name-only", "--diff-filter=U", "-z")
    if unmerged:
        raise OrderRefused(
            f"The session has unresolved conflicts in {listed(unmerged)}; let it resolve them."
        )
    new = await fields(place, "ls-files", "-z", "-o", "--exclude-standard")
    paths = "\0".join(path for path in new if not path.endswith("/"))
    await git(place, "add", "--update", "--", ".", profile="workspace")
    if paths:
        await git(
            place, "add", "--pathspec-from-file=-", "--pathspec-file-nul", profile="workspace",
            data=os.fsencode(paths),
        )  # fmt: skip
    staged = await fields(place, "diff", "--cached", "--name-only", "-z", "HEAD")
    if staged:
        await git(
            place, "commit", "--no-verify", "--quiet", "--file=-", profile="workspace",
            env=await _identity(workspace), data=os.fsencode(message or "Work of a session"),
        )  # fmt: skip
    commit = await text(place, "rev-parse", "--verify", "HEAD^{commit}")
    if commit == workspace.base:
        raise _nothing(workspace)
    return commit


async def _branch_to_merge_into(top: Path) -> str:
    try:
        branch = await text(top, "symbolic-ref", "--short", "-q", "HEAD", profile="user")
    except GitError:
        raise OrderRefused(
            "HEAD is detached in the repository, so there is no branch to merge into; check one "
            "out, or land the work as a branch."
        ) from None
    git_dir = Path(await text(top, "rev-parse", "--absolute-git-dir", profile="user"))
    for name, what in _UNDER_WAY.items():
        if (git_dir / name).exists():
            raise OrderRefused(
                f"A {what} is under way in {top}; finish or abort it first, or land as a branch."
            )
    return branch


async def _merged(workspace: Workspace, theirs: str, work: str, message: str) -> str:
    """The commit that holds both, made in the workspace without a checkout."""
    place = workspace.path
    if await is_ancestor(place, work, theirs):
        raise OrderRefused("The branch holds this work already; there is nothing to merge.")
    if await is_ancestor(place, theirs, work):
        return work
    if await version() < (2, 38):
        raise OrderRefused(
            "Merging work that is not a plain continuation needs git 2.38; land it as a branch and "
            "merge that."
        )
    try:
        out = await fields(place, "merge-tree", "--write-tree", "--name-only", "-z", theirs, work)
    except GitError as error:
        if error.status != 1:
            raise
        # Tree, then one path each, up to an empty field.
        parts = os.fsdecode(error.out).split("\0")[1:]
        names = sorted(set(parts[: parts.index("")] if "" in parts else parts))
        raise OrderRefused(
            f"The work conflicts with the branch in {listed(names)}; nothing was changed. Ask the "
            "session to rebase its work, or land it as a branch and merge by hand."
        ) from None
    return await text(
        place, "commit-tree", out[0], "-p", theirs, "-p", work, "-m", message,
        profile="workspace", env=await _identity(workspace),
    )  # fmt: skip


async def _check_way(workspace: Workspace, top: Path, theirs: str, result: str) -> None:
    """Refuse when the merge would touch a file the developer changed or never committed."""
    touched = await fields(
        workspace.path, "diff", "--name-status", "--no-renames", "-z", theirs, result
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
    if blocked:
        raise OrderRefused(
            f"Uncommitted work of yours is in the way: {listed(sorted(blocked))}; commit or stash "
            "it, then land again. Nothing was changed."
        )


def _covers(dirty: set[str], path: str) -> bool:
    """Whether a file of theirs stands where the path needs a folder, or the other way round."""
    parts = path.split("/")
    above = {"/".join(parts[:end]) for end in range(1, len(parts))}
    return bool(above & dirty) or any(one.startswith(f"{path}/") for one in dirty)


async def _fetch(into: Path, source: Path, refspec: str) -> None:
    await git(
        into, "fetch", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--quiet",
        "--no-recurse-submodules", "--", str(source), refspec, profile="user",
        config=("fetch.fsckObjects=true", "protocol.version=2", "fetch.writeCommitGraph=false"),
    )  # fmt: skip


async def is_ancestor(place: str, older: str, newer: str, profile: Profile = "read") -> bool:
    """Whether a commit holds another one; GitError when one is not there."""
    try:
        await git(place, "merge-base", "--is-ancestor", older, newer, profile=profile)
    except GitError as error:
        if error.status != 1:
            raise
        return False
    return True


async def _identity(workspace: Workspace) -> dict[str, str]:
    """The developer's name and address, from their own settings and not the workspace's."""
    found: dict[str, str] = {}
    for key in ("name", "email"):
        try:
            value = await text(workspace.repository, "config", f"user.{key}", profile="user")
        except GitError:
            raise OrderRefused(
                f"git doesn't know your {key}, which a commit needs; set it with "
                f"`git config --global user.{key} …`."
            ) from None
        found |= {f"GIT_AUTHOR_{key.upper()}": value, f"GIT_COMMITTER_{key.upper()}": value}
    return found


def _nothing(workspace: Workspace) -> OrderRefused:
    return OrderRefused(f"There is nothing to land: {workspace.branch} changed no file.")


def listed(paths: list[str]) -> str:
    """The first names of a list, and how many more there are."""
    names = ", ".join(shown(path) for path in paths[:5])
    return names if len(paths) <= 5 else f"{names} and {len(paths) - 5} more"


def _write_new(file: Path, content: bytes) -> None:
    """Write it beside its place, then give it its name: it is there whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".steerdeck-") as beside:
        beside.write(content)
        beside.flush()
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(beside.fileno(), 0o666 & ~mask)
        try:
            os.link(beside.name, file)
        except FileExistsError:
            raise
        except OSError:
            # A file system without hard links.
            with file.open("xb") as out:
                out.write(content)
