"""What a landing would bring: the commit that holds the work and the branch, made in the workspace.

Everything that may fail happens here, without any checkout: committing what is uncommitted, and the
merge itself. Nothing of the developer's is touched.
"""

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import NamedTuple

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.shore import Onto
from steerdeck_agents.workspace.dry_merge import Merged, merged
from steerdeck_agents.workspace.git import GitError, Profile, fields, git, text
from steerdeck_agents.workspace.within import shown

_UNDER_WAY = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}


class Stands(NamedTuple):
    """Where both sides stand when a landing begins."""

    branch: str
    """The developer's, which the work is to come onto."""
    theirs: str
    work: str
    """Commit of all the work."""


class Conflicted(OrderRefused):
    """The work and the branch can't be merged as they are."""

    def __init__(self, stands: Stands, merge: Merged, of: str = "") -> None:
        work = f"Its commit {of}" if of else "The work"
        self.what = (
            f"{work} conflicts with the branch in {listed(list(merge.conflicts))}; nothing was "
            "changed."
        )
        super().__init__(
            f"{self.what} Hand it back to the agent, which gets both sides, or land it as a branch "
            "and merge by hand."
        )
        self.stands = stands
        self.merge = merge


async def stands(workspace: Workspace, message: str) -> Stands:
    """Commit what is uncommitted, and bring the branch's commit to it.

    OrderRefused when there is no branch to land on, or nothing to land.
    """
    top = Path(workspace.repository)
    branch = await branch_to_land_on(top)
    work = await commit_work(workspace, message)
    theirs = await text(top, "rev-parse", "--verify", "HEAD^{commit}", profile="user")
    await fetch(Path(workspace.path), top, "HEAD")
    return Stands(branch, theirs, work)


async def result_of(workspace: Workspace, how: Onto, message: str, at: Stands) -> str:
    """The commit the branch is to stand at; Conflicted when there can't be one."""
    place = workspace.path
    if await is_ancestor(place, at.work, at.theirs):
        raise _held()
    forward = await is_ancestor(place, at.theirs, at.work)
    identity = await _identity(workspace)
    match how:
        case "merge" | "rebase" if forward:
            return at.work
        case "rebase":
            return await _replayed(place, at, identity)
    tree = await _tree(place, at.work) if forward else await _together(place, at)
    if tree == await _tree(place, at.theirs):
        raise _held()
    if how == "squash":
        return await _committed(place, tree, (at.theirs,), message, identity)
    said = f"Merge {workspace.branch} into {at.branch}"
    return await _committed(place, tree, (at.theirs, at.work), said, identity)


async def _together(place: str, at: Stands) -> str:
    found = await merged(place, at.theirs, at.work)
    if found.conflicts:
        raise Conflicted(at, found)
    return found.tree


async def _replayed(place: str, at: Stands, identity: dict[str, str]) -> str:
    """Each commit of the work made anew on the branch, with its author, date and words."""
    span = f"{at.theirs}..{at.work}"
    if await text(place, "rev-list", "--merges", span):
        raise OrderRefused(
            "The session's commits hold a merge, so they can't be rebased one by one; merge or "
            "squash them. Nothing was changed."
        )
    stand = at.theirs
    for commit in (await text(place, "rev-list", "--reverse", "--topo-order", span)).split():
        # What it changed, on top of where we stand: a merge whose base is its parent's tree.
        base = await _committed(place, await _tree(place, f"{commit}^"), (), "base", identity)
        ours = await _committed(place, await _tree(place, stand), (base,), "ours", identity)
        theirs = await _committed(place, await _tree(place, commit), (base,), "theirs", identity)
        found = await merged(place, ours, theirs)
        if found.conflicts:
            raise Conflicted(at, found, commit[:7])
        if found.tree == await _tree(place, stand):
            continue
        said = await text(place, "log", "-1", "--format=%an%x00%ae%x00%aI%x00%B", commit)
        name, address, date, words = said.split("\0", 3)
        author = {
            "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": address, "GIT_AUTHOR_DATE": date,
        }  # fmt: skip
        stand = await _committed(place, found.tree, (stand,), words, {**identity, **author})
    if stand == at.theirs:
        raise _held()
    return stand


async def _tree(place: str, commit: str) -> str:
    return await text(place, "rev-parse", "--verify", f"{commit}^{{tree}}")


async def _committed(
    place: str, tree: str, parents: tuple[str, ...], message: str, identity: dict[str, str]
) -> str:
    above = [part for parent in parents for part in ("-p", parent)]
    data = os.fsencode(message.rstrip("\n") + "\n")
    made = await git(
        place, "commit-tree", tree, *above, "-F", "-", profile="workspace", env=identity, data=data
    )
    return os.fsdecode(made).strip()


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
    merging = (Path(place) / ".git/MERGE_HEAD").exists()
    if staged or merging:
        await git(
            place, "commit", "--no-verify", "--quiet", "--file=-", profile="workspace",
            env=await _identity(workspace), data=os.fsencode(message or "Work of a session"),
        )  # fmt: skip
    commit = await text(place, "rev-parse", "--verify", "HEAD^{commit}")
    if commit == workspace.base:
        raise nothing_to_land(workspace)
    return commit


async def branch_to_land_on(top: Path) -> str:
    """The branch the developer stands on; OrderRefused when there is none, or it is not free."""
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


async def fetch(into: Path, source: Path, refspec: str) -> None:
    """The one way objects come from a repository into another, with no other trace."""
    await git(
        into, "fetch", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--quiet",
        "--no-recurse-submodules", "--", str(source), refspec, profile="user",
        config=("fetch.fsckObjects=true", "protocol.version=2", "fetch.writeCommitGraph=false"),
    )  # fmt: skip


async def to_its_end(work: Coroutine[None, None, object]) -> None:
    """Finish what writes files, whoever cancels: a git that is killed leaves half of them.

    The cancellation goes on afterwards.
    """
    task = asyncio.create_task(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError


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


def nothing_to_land(workspace: Workspace) -> OrderRefused:
    return OrderRefused(f"There is nothing to land: {workspace.branch} changed no file.")


def _held() -> OrderRefused:
    return OrderRefused("The branch holds this work already; there is nothing to merge.")


def listed(paths: list[str]) -> str:
    """The first names of a list, and how many more there are."""
    names = ", ".join(shown(path) for path in paths[:5])
    return names if len(paths) <= 5 else f"{names} and {len(paths) - 5} more"
