"""Merges that are only tried: what workspaces hold, uncommitted work too, merged in a scratch.

All objects made on the way are written to a folder of our own and go with it; the workspaces and
the developer's repository are only read, through alternates that the environment names.
"""

import os
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.settings.scratch import ScratchFolder
from steerdeck_agents.workspace.git import GitError, fields, git, text, version
from steerdeck_agents.workspace.within import shown

MERGES = (2, 38)
"""The first git that merges without a checkout."""
_NOBODY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "steerdeck"), ("EMAIL", "steerdeck"), ("DATE", "@0 +0000"))
}


class Merged(NamedTuple):
    """The tree of a merge; with conflicts, their files hold both sides between marks."""

    tree: str
    conflicts: tuple[str, ...] = ()
    """Paths as git has them."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(map(shown, self.conflicts))


async def merged(
    place: Path | str, ours: str, theirs: str, env: Mapping[str, str] | None = None
) -> Merged:
    """Merge two commits without a checkout, in the folder whose objects hold them.

    OrderRefused where git can't do that, GitError for any other trouble.
    """
    if await version() < MERGES:
        raise OrderRefused(
            "Merging work that is not a plain continuation needs git 2.38; land it as a branch and "
            "merge that."
        )
    args = ("merge-tree", "--write-tree", "--name-only", "-z", ours, theirs)
    try:
        (tree, *_) = await fields(place, *args, env=env)
    except GitError as error:
        if error.status != 1:
            raise
        # Tree, then one path each, up to an empty field.
        tree, *parts = os.fsdecode(error.out).split("\0")
        paths = parts[: parts.index("")] if "" in parts else parts
        return Merged(tree, tuple(sorted(set(paths))))
    return Merged(tree)


class Scratch:
    """A place to try merges in; made by `scratch`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self._seen: list[str] = []
        objects = folder / "objects"
        objects.mkdir()
        self.env = {"GIT_OBJECT_DIRECTORY": str(objects)}

    async def see(self, place: Path | str) -> None:
        """See the objects of a repository, and of what it borrows, too."""
        self._seen.append(await _objects(place))
        self.env |= _alternates(self._seen)

    async def commit_of(self, workspace: Workspace) -> str:
        """A commit of everything a workspace that is seen holds, on top of its own."""
        place = workspace.path
        self._number += 1
        index = self._folder / f"index-{self._number}"
        own = Path(place) / ".git/index"
        if own.is_file():
            shutil.copyfile(own, index)
        env = {**self.env, "GIT_INDEX_FILE": str(index)}
        new = await fields(place, "ls-files", "-z", "-o", "--exclude-standard", env=env)
        await git(place, "add", "--update", "--ignore-errors", "--", ".", env=env)
        paths = [path for path in new if not path.endswith("/")]
        if paths:
            await git(
                place, "add", "--ignore-errors", "--pathspec-from-file=-", "--pathspec-file-nul",
                env=env, data=os.fsencode("\0".join(paths)),
            )  # fmt: skip
        tree = await text(place, "write-tree", env=env)
        head, stands = (await text(place, "rev-parse", "HEAD", "HEAD^{tree}", env=env)).split()
        if tree == stands:
            return head
        return await text(
            place, "commit-tree", tree, "-p", head, "-m", "as it is", env={**env, **_NOBODY}
        )


@asynccontextmanager
async def scratch(*places: Path | str) -> AsyncIterator[Scratch]:
    """A scratch place that sees the objects of these repositories and of what they borrow."""
    with ScratchFolder() as folder:
        made = Scratch(folder)
        for place in places:
            await made.see(place)
        yield made


async def seeing(*places: Path | str) -> dict[str, str]:
    """The environment in which a git that only reads sees the objects of these repositories too."""
    return _alternates([await _objects(place) for place in places])


async def _objects(place: Path | str) -> str:
    """Where the objects of a repository are, as git takes it in a list."""
    args = ("rev-parse", "--path-format=absolute", "--git-path", "objects")
    one = await text(place, *args, profile="user")
    quoted = one.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"' if os.pathsep in one else one


def _alternates(objects: Sequence[str]) -> dict[str, str]:
    return {"GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(objects)}
