"""Who hears of the changes in which workspace: one watcher, one listener for each of them."""

from collections.abc import Callable, Collection
from pathlib import Path

from steerdeck_agents.workspace.watch import Watcher

Listener = Callable[[Collection[str]], None]
"""Called with changed relative paths; no paths: anything may have changed."""


class Listeners:
    """Hands what the watcher sees to the session whose workspace it is."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` hears a sentence when watching falls back to polling."""
        self._heard_by: dict[Path, Listener] = {}
        self._watcher = Watcher(self._changed, say)

    async def start(self) -> None:
        await self._watcher.start()

    async def stop(self) -> None:
        await self._watcher.stop()

    def add(self, workspace: Path, listener: Listener) -> None:
        """Call back with what changes there from now on."""
        self._heard_by[workspace] = listener
        self._watcher.add(workspace)

    def remove(self, workspace: Path) -> None:
        self._heard_by.pop(workspace, None)
        self._watcher.remove(workspace)

    def _changed(self, workspace: Path, paths: Collection[str]) -> None:
        if (listener := self._heard_by.get(workspace)) is not None:
            listener(paths)
