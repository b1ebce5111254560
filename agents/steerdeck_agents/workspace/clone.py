"""Making the workspace of a session: a private clone that borrows the developer's objects.

Not a `git worktree`: adding one rewrites the developer's config, a stash made there lands in
theirs, and commits need write access to their objects. The clone costs the same and leaves their
`.git` byte-identical. It has a config of its own with a few settings copied by name, no hooks, no
filters, and a `commondir` file that pins git to this very folder, so that an agent can't point it
at config and hooks of its choice.
"""

import asyncio
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from steerdeck_agents.facts.errors import RepositoryError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.settings.scratch import ScratchFolder
from steerdeck_agents.workspace.git import GitError, fields, git, text
from steerdeck_agents.workspace.repository import Repository, commit_of

_LAST = ".git/commondir"
"""The file that is written last; a clone that has it is whole."""
_being_made: set[tuple[Path, str]] = set()
"""Branches chosen by clones under way, so that two at once don't choose the same."""


async def create(
    repository: Repository,
    folder: Path,
    *,
    name: str,
    base: str = "",
    progress: Callable[[str], None],
) -> Workspace:
    """Make the workspace at `folder`, which must not exist, on a new branch that starts at `base`.

    The branch is named after `name` and differs from all in the developer's repository and in the
    workspaces beside this one. `progress` hears git's lines. RepositoryError when the place, the
    base or the files are not there. When it fails or is cancelled, nothing is left behind.
    """
    _check_place(repository, folder)
    commit = await commit_of(repository, base)
    theirs = await fields(
        repository.top, "for-each-ref", "--format=%(refname:strip=2)%00", "refs/heads/steerdeck",
        "refs/heads/steerdeck-*", profile="user",
    )  # fmt: skip
    branch = _choose_branch(folder.parent, name, {branch.strip() for branch in theirs})
    _being_made.add((folder.parent, branch))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        await _clone(repository, folder, progress)
        await asyncio.to_thread(_furnish, repository, folder)
        await _check_out(folder, branch, commit, progress)
        await asyncio.to_thread((folder / _LAST).write_text, ".\n")
        return Workspace(
            path=str(folder),
            repository=repository.top,
            branch=branch,
            base=commit,
            borrows=await asyncio.to_thread(borrowed, folder),
            subfolder=repository.subfolder,
        )
    except BaseException:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))
        raise
    finally:
        _being_made.discard((folder.parent, branch))


def is_whole(folder: Path) -> bool:
    """Whether a clone was made there to its end."""
    return (folder / _LAST).is_file()


def borrowed(folder: Path | str) -> tuple[str, ...]:
    """Object folders the clone reads from outside itself, and those they borrow in turn."""
    found: list[str] = []
    waiting = [Path(folder) / ".git/objects"]
    while waiting:
        objects = waiting.pop(0)
        listed = objects / "info/alternates"
        if not listed.is_file():
            continue
        for line in listed.read_text("utf-8", "surrogateescape").splitlines():
            place = (objects / line).resolve()
            if line and not line.startswith("#") and str(place) not in found:
                found.append(str(place))
                waiting.append(place)
    return tuple(found)


def _check_place(repository: Repository, folder: Path) -> None:
    if folder.exists() or folder.is_symlink():
        raise RepositoryError(f"{folder} is there already; a workspace needs a new folder.")
    if folder.resolve().is_relative_to(repository.top):
        raise RepositoryError(
            f"{folder} is inside the repository; set STEERDECK_HOME to a place outside of "
            f"{repository.top}."
        )


def _choose_branch(parent: Path, name: str, theirs: set[str]) -> str:
    taken = theirs | _beside(parent)
    taken |= {branch for where, branch in _being_made if where == parent}
    slug = "-".join(re.findall(r"[a-z0-9]+", name.lower()))[:40].strip("-") or "session"
    joint = "-" if "steerdeck" in theirs else "/"
    branch, number = f"steerdeck{joint}{slug}", 1
    while branch in taken:
        number += 1
        branch = f"steerdeck{joint}{slug}-{number}"
    return branch


def _beside(parent: Path) -> set[str]:
    """Our branches in the workspaces of the same folder."""
    found = set()
    for heads in parent.glob("*/.git/refs/heads"):
        for branch in (*heads.glob("steerdeck-*"), *heads.glob("steerdeck/*")):
            found.add(branch.relative_to(heads).as_posix())
    return found


async def _clone(repository: Repository, folder: Path, progress: Callable[[str], None]) -> None:
    settings = dict(repository.settings)
    if repository.sparse is not None:
        settings["core.sparseCheckout"] = "true"
        settings["core.sparseCheckoutCone"] = str(repository.sparse_cone).lower()
    # git can't borrow from a shallow repository: it would not know where history ends.
    borrow = "--no-local" if repository.is_shallow else "--shared"
    with ScratchFolder() as scratch:
        await git(
            folder.parent, "clone", "--template=", borrow, "--no-checkout", "--origin", "origin",
            *(f"--config={key}={value}" for key, value in settings.items()),
            "--progress", "--", repository.top, str(folder),
            profile="workspace", progress=progress, env=await _trust(repository, str(scratch)),
        )  # fmt: skip
    if repository.is_partial:
        for key, value in (
            ("core.repositoryFormatVersion", "1"), ("extensions.partialClone", "origin"),
            ("remote.origin.promisor", "true"),
            ("remote.origin.partialclonefilter", repository.partial_filter or "blob:none"),
        ):  # fmt: skip
            await git(folder, "config", key, value)
    if repository.upstream:
        await git(folder, "config", "remote.origin.url", repository.upstream)
    elif repository.is_partial:
        await git(folder, "config", "remote.origin.url", "")
    else:
        await git(folder, "config", "--remove-section", "remote.origin")


async def _trust(repository: Repository, scratch: str) -> dict[str, str]:
    """Settings under which git reads a repository of another user the developer trusts.

    A trusted folder does not make its `.git` trusted, which is what a clone opens; settings by `-c`
    don't reach the process that opens it.
    """
    if not repository.foreign:
        return {}
    config = f"{scratch}/config"
    for place in (repository.top, repository.git_dir, repository.common_dir):
        await git(scratch, "config", "--file", config, "--add", "safe.directory", place)
    return {"GIT_CONFIG_GLOBAL": config}


def _furnish(repository: Repository, folder: Path) -> None:
    info = folder / ".git/info"
    info.mkdir(exist_ok=True)
    (folder / ".git/hooks").mkdir(exist_ok=True)
    # The developer's own ignore file is not visible in the sandbox, so its lines are. The last line
    # is for what a kill in the middle of a write leaves beside the file.
    excluded = f"{repository.excludes}\n.steerdeck-*\n"
    (info / "exclude").write_text(excluded, "utf-8", "surrogateescape")
    if repository.sparse is not None:
        (info / "sparse-checkout").write_text(repository.sparse, "utf-8", "surrogateescape")


async def _check_out(
    folder: Path, branch: str, commit: str, progress: Callable[[str], None]
) -> None:
    try:
        await git(
            folder, "checkout", "--progress", "--no-track", "-b", branch, commit,
            profile="workspace", progress=progress,
        )  # fmt: skip
    except GitError as error:
        raise RepositoryError(
            f"The files of commit {commit[:10]} can't be checked out: {error} If this repository "
            f"is a partial or shallow clone, check the commit out there first."
        ) from error
    # From a partial clone git ends without an error and without the files.
    missing = await fields(folder, "ls-files", "-z", "--deleted")
    if missing:
        raise RepositoryError(
            f"{len(missing)} files of commit {commit[:10]} are not in this repository ("
            f"{', '.join(map(repr, missing[:3]))}…); it is a partial clone, so check that commit "
            "out there first, then start the session again."
        )
    head = await text(folder, "rev-parse", "--verify", "HEAD^{commit}")
    if head != commit:
        raise RepositoryError(f"The workspace stands at {head[:10]} and not at {commit[:10]}.")
