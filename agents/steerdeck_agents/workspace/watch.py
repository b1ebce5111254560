"""One watcher for the files of all workspaces.

It watches the folders that hold workspaces rather than each workspace, so adding a session starts
nothing anew and loses no change. The watcher proper lives in a thread: setting up some thousand
folders takes a quarter of a second, which the event loop does not have. A step of 5 ms costs 0.4 %
of a core when nothing happens, a step of 1 ms 1.5 %. Where the system has no watches left, it looks
at the files again and again instead, and says so.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

from watchfiles._rust_notify import RustNotify

OnChange = Callable[[Path, frozenset[str]], None]
"""Called with a workspace and its changed relative paths; no paths: anything may have changed."""

_DEBOUNCE_MS = 10
_STEP_MS = 5
_TIMEOUT_MS = 60_000
_POLL_MS = 300
_ADDED = 1


class Watcher:
    """Calls `on_change` on the event loop for each burst of changes in a workspace.

    `say` hears a sentence when watching falls back to polling. `polling` asks for it from the
    start, for drives without change notices.
    """

    def __init__(
        self,
        on_change: OnChange,
        say: Callable[[str], None] | None = None,
        *,
        polling: bool = False,
    ) -> None:
        self._on_change = on_change
        self._say = say
        self._polling = polling
        self._workspaces: set[Path] = set()
        self._task: asyncio.Task[None] | None = None
        self._watched: frozenset[str] = frozenset()
        self._again = asyncio.Event()
        self._stop = threading.Event()

    async def start(self) -> None:
        """Watch in the background until `stop`."""
        self._task = asyncio.create_task(self.run(), name="watcher")

    async def stop(self) -> None:
        """End watching; what made it fail before is raised here."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def add(self, workspace: Path) -> None:
        """Watch a workspace from now on."""
        self._workspaces.add(workspace)
        self._look_again()

    def remove(self, workspace: Path) -> None:
        """Watch it no longer."""
        self._workspaces.discard(workspace)
        self._look_again()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._again.clear()
            self._stop = threading.Event()
            self._watched = self._parents()
            if not self._watched:
                await self._again.wait()
                continue
            try:
                await self._watch()
            # The library raises RuntimeError when the system has no watches left.
            except (OSError, RuntimeError) as error:
                if self._polling:
                    raise
                self._polling = True
                if self._say is not None:
                    self._say(
                        "Changed files are found by looking again and again, which is slower: "
                        f"{error}. Raise fs.inotify.max_user_watches to watch them."
                    )

    def _look_again(self) -> None:
        if self._parents() != self._watched:
            self._again.set()
            self._stop.set()

    def _parents(self) -> frozenset[str]:
        parents = {workspace.parent for workspace in self._workspaces}
        return frozenset(str(parent) for parent in parents if parent.is_dir())

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(None, self._follow, loop, self._stop)
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            self._stop.set()
            await asyncio.wait([work])
            raise

    def _follow(self, loop: asyncio.AbstractEventLoop, stop: threading.Event) -> None:
        """In a thread: wait for bursts and hand them to the loop."""
        roots = sorted(self._watched)
        with RustNotify(roots, False, self._polling, _POLL_MS, True, True) as notify:
            # What happened between two watches was seen by nobody.
            loop.call_soon_threadsafe(self._anything)
            while True:
                burst = notify.watch(_DEBOUNCE_MS, _STEP_MS, _TIMEOUT_MS, stop)
                if isinstance(burst, set):
                    loop.call_soon_threadsafe(self._tell, _interesting(burst))
                elif burst != "timeout":
                    return

    def _anything(self) -> None:
        for workspace in sorted(self._workspaces):
            self._on_change(workspace, frozenset())

    def _tell(self, paths: frozenset[str]) -> None:
        for workspace in sorted(self._workspaces):
            below = f"{workspace}{os.sep}"
            inside = {path.removeprefix(below) for path in paths if path.startswith(below)}
            if inside:
                self._on_change(workspace, frozenset(inside))


def _interesting(burst: set[tuple[int, str]]) -> frozenset[str]:
    """The changed paths, without git's own and with all of a folder that has just appeared.

    What a new folder holds may be older than the watch on it.
    """
    found = set()
    for change, path in burst:
        if ".git" in Path(path).parts:
            continue
        found.add(path)
        if change == _ADDED:
            for where, folders, files in os.walk(path):
                folders[:] = [name for name in folders if name != ".git"]
                found |= {f"{where}/{name}" for name in files}
    return frozenset(found)
