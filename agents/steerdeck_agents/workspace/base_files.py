"""Files of one workspace as its base commit has them: read from git once, and kept."""

from collections import OrderedDict
from collections.abc import Collection

from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.workspace.checkpoint import base_file
from steerdeck_agents.workspace.git import fields
from steerdeck_agents.workspace.within import FileState

_KEPT = 256
_KEPT_BYTES = 16_000_000
_KEPT_NAMES = 1_000
_ASKED = 100
"""Names that git is asked for at once."""


class BaseFiles:
    """The base versions of single files; the longest unused ones are dropped."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._bases: OrderedDict[str, FileState | None] = OrderedDict()
        self._size = 0
        self._there: dict[str, bool] = {}
        """Whether the base has anything at a path."""

    async def of(self, path: str) -> FileState | None:
        """The file as the base commit has it; None when it has none."""
        if path in self._bases:
            self._bases.move_to_end(path)
            return self._bases[path]
        found = await base_file(self._workspace, path)
        if path not in self._bases:
            self._bases[path] = found
            self._size += len(found.data) if found else 0
        while len(self._bases) > _KEPT or self._size > _KEPT_BYTES:
            _, dropped = self._bases.popitem(last=False)
            self._size -= len(dropped.data) if dropped else 0
        return found

    async def has_not(self, paths: Collection[str]) -> set[str]:
        """Those at which the base has neither a file nor a folder; none where there are many."""
        new = [path for path in sorted(paths) if path not in self._there]
        if len(new) > _ASKED:
            return set()
        if new:
            base = self._workspace.base
            asked = ("ls-tree", "-z", "--name-only", base, "--", *new)
            found = set(await fields(self._workspace.path, *asked))
            if len(self._there) > _KEPT_NAMES:
                self._there.clear()
            self._there.update((path, path in found) for path in new)
        return {path for path in paths if not self._there.get(path, True)}
