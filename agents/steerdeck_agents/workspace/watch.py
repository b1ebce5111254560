"""One watcher for the files of all workspaces.

Each folder is watched by itself, so that links and what git ignores can be left out: a linked
`node_modules` alone may hold more folders than the system has watches, and the library would follow
the link. It also watches the folders that hold workspaces, so the files of a session that is being
added are not lost. The watcher proper lives in threads, since it waits; folders that appear get one
of their own, until there are several and all are watched anew. A step of 5 ms costs 0.4 % of a core
when nothing happens, a step of 1 ms 1.5 %. Where the system has no watches left, it looks at the
files again and again instead, and says so.
"""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from watchfiles._rust_notify import RustNotify

from steerdeck_agents.facts.errors import RepositoryError
from steerdeck_agents.sandbox.guarded import is_held
from steerdeck_agents.workspace.git import fields

OnChange = Callable[[Path, frozenset[str]], None]
"""Called with a workspace and its changed relative paths; no paths: anything may have changed."""

_DEBOUNCE_MS = 10
_STEP_MS = 5
_TIMEOUT_MS = 60_000
_POLL_MS = 300
_ADDED = 1
_OVERLAP_S = 0.05
"""How long two watches look at the same: longer than one waits before it tells."""
_MOST_BESIDE = 6
"""Threads for folders that appeared, before all folders are watched anew by one."""
_BY_FOLDER = sys.platform != "darwin"
"""Where the system reports whole trees for nothing, they are watched as such."""


def polls_because(error: str) -> str:
    """That files are polled, why, and what to raise; inotify(7) has a limit of each kind.

    The library says it in words only: 24 is EMFILE, where no other watcher may be made.
    """
    full = "(os error 24)" in error
    limit = "fs.inotify.max_user_instances" if full else "fs.inotify.max_user_watches"
    return (
        f"Changed files are found by looking again and again, which is slower: {error}."
        f" Raise {limit} to watch them."
    )


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
        self._known: set[Path] = set()
        """Those of which what happened before the watch was told."""
        self._task: asyncio.Task[None] | None = None
        self._again = asyncio.Event()
        self._watches: list[_Watch] = []
        """The one that holds, and for a moment the one before."""
        self._failure: Exception | None = None
        self.passing: set[str] = set()
        """Folders that were made for commands and go with them, unless something is put there."""

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
        self._again.set()

    def remove(self, workspace: Path) -> None:
        """Watch it no longer."""
        self._workspaces.discard(workspace)
        self._known.discard(workspace)
        self._again.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            while True:
                self._again.clear()
                try:
                    await self._begin()
                    await self._again.wait()
                    if self._failure is not None:
                        failure, self._failure = self._failure, None
                        raise failure
                # The library raises RuntimeError when the system has no watches left.
                except (OSError, RuntimeError) as error:
                    self._poll(error)
        finally:
            for watch in self._watches:
                await asyncio.shield(asyncio.to_thread(watch.end))

    def _poll(self, error: Exception) -> None:
        if self._polling:
            raise error
        self._polling = True
        self._known.clear()
        if self._say is not None:
            self._say(polls_because(str(error)))

    async def _begin(self) -> None:
        """Watch all folders anew; the watch before ends only then, so that nothing is missed."""
        loop = asyncio.get_running_loop()
        watched = set(self._workspaces)
        folders = await self._folders()
        before = tuple(self._watches)
        if folders:
            watch = _Watch(self, loop)
            beginning = asyncio.create_task(asyncio.to_thread(watch.begin, folders, self._polling))
            try:
                await asyncio.shield(beginning)
            finally:
                await asyncio.wait([beginning])
                self._watches.append(watch)
        for one in before:
            # What it has heard and not told yet would be lost with it.
            await asyncio.sleep(_OVERLAP_S)
            await asyncio.to_thread(one.end)
            self._watches.remove(one)
        # What happened before there was a watch was seen by nobody.
        for workspace in sorted((watched & self._workspaces) - self._known):
            self._known.add(workspace)
            self._on_change(workspace, frozenset())

    async def _folders(self) -> list[str]:
        """Every folder to be watched now."""
        found = sorted({str(one.parent) for one in self._workspaces if one.parent.is_dir()})
        if _BY_FOLDER:
            for workspace in sorted(self._workspaces):
                ignored = await _ignored_folders(workspace)
                found += await asyncio.to_thread(_below, str(workspace), ignored)
        return list(dict.fromkeys(found))

    async def not_ignored(self, new: list[str]) -> list[str]:
        """These folders and all below them, but for those git ignores."""
        found: list[str] = []
        for workspace in sorted(self._workspaces):
            mine = [path for path in new if f"{path}{os.sep}".startswith(f"{workspace}{os.sep}")]
            if mine:
                ignored = await _ignored_folders(workspace)
                for path in mine:
                    if not any(f"{path}/".startswith(one) for one in ignored):
                        found += await asyncio.to_thread(_below, path, ignored)
        return list(dict.fromkeys(found))

    def again(self, failure: Exception | None = None) -> None:
        """Watch everything anew, since a watch has failed or there are too many."""
        self._failure = self._failure or failure
        self._again.set()

    def tell(self, paths: frozenset[str]) -> None:
        """Hand on changed paths, each to its workspace."""
        for workspace in sorted(self._workspaces):
            below = f"{workspace}{os.sep}"
            inside = {path.removeprefix(below) for path in paths if path.startswith(below)}
            if inside:
                self._on_change(workspace, frozenset(inside))


class _Watch:
    """The threads of one watch over all folders: the first, and those for folders that appeared."""

    def __init__(self, watcher: Watcher, loop: asyncio.AbstractEventLoop) -> None:
        self._watcher = watcher
        self._loop = loop
        self._polling = False
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def begin(self, folders: list[str], polling: bool) -> None:
        """Watch these from now on; OSError or RuntimeError when that can't be."""
        self._polling = polling
        self._start(_opened(folders, polling))

    def end(self) -> None:
        """Stop, and wait for it."""
        self._stop.set()
        for thread in tuple(self._threads):
            thread.join()

    def _start(self, notify: RustNotify) -> None:
        thread = threading.Thread(target=self._follow, args=(notify,), name="watcher", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _follow(self, notify: RustNotify) -> None:
        """In a thread: wait for bursts and hand them to the loop."""
        try:
            with notify:
                while True:
                    burst = notify.watch(_DEBOUNCE_MS, _STEP_MS, _TIMEOUT_MS, self._stop)
                    if isinstance(burst, set):
                        self._later(self._watcher.tell, _interesting(burst))
                        self._appeared(burst)
                    elif burst != "timeout":
                        return
        except (OSError, RuntimeError) as error:
            self._later(self._watcher.again, error)

    def _appeared(self, burst: set[tuple[int, str]]) -> None:
        """In a thread: watch the folders that have just come into being."""
        if not _BY_FOLDER or self._stop.is_set():
            return
        new = self._new_folders(burst)
        ignores = any(path.endswith("/.gitignore") for _, path in burst)
        if ignores or (new and len(self._threads) == _MOST_BESIDE):
            self._later(self._watcher.again)
        if new:
            asking = asyncio.run_coroutine_threadsafe(self._watcher.not_ignored(new), self._loop)
            while not self._stop.is_set():
                with contextlib.suppress(TimeoutError):
                    if wanted := asking.result(timeout=0.05):
                        self._start(_opened(wanted, self._polling))
                        # What a folder holds may be older than the watch on it.
                        held = frozenset(one for folder in wanted for one in _files_in(folder))
                        self._later(self._watcher.tell, held)
                    return

    def _new_folders(self, burst: set[tuple[int, str]]) -> list[str]:
        """In a thread: those to be watched from now on."""
        passing = self._watcher.passing
        stays = {path for path in tuple(passing) if not is_held(path)}
        passing -= stays
        new = {path for change, path in burst if change == _ADDED}
        passing |= {path for path in new if is_held(path)}
        return sorted(path for path in (new | stays) - passing if _is_folder(path))

    def _later(self, call: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(call, *arguments)


async def _ignored_folders(workspace: Path) -> frozenset[str]:
    """Absolute paths, each with a slash, of the folders git ignores as a whole."""
    try:
        listed = await fields(
            workspace, "ls-files", "-z", "-o", "-i", "--exclude-standard", "--directory"
        )
    except (RepositoryError, OSError):
        return frozenset()  # It is being made, or has gone.
    return frozenset(f"{workspace}/{path}" for path in listed if path.endswith("/"))


def _below(top: str, ignored: frozenset[str]) -> list[str]:
    """A folder and all below it, without links, git's own, and ignored ones."""
    found = []
    for where, folders, _ in os.walk(top):
        if f"{where}/" in ignored:
            folders.clear()
            continue
        folders[:] = [name for name in folders if name != ".git"]
        found.append(where)
    return found


def _is_folder(path: str) -> bool:
    place = Path(path)
    return ".git" not in place.parts and place.is_dir() and not place.is_symlink()


def _files_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if not entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _opened(folders: list[str], polling: bool) -> RustNotify:
    """A watch on these folders; those that have gone meanwhile are left out."""
    while True:
        try:
            return RustNotify(folders, False, polling, _POLL_MS, not _BY_FOLDER, True)
        except FileNotFoundError:
            there = [folder for folder in folders if Path(folder).is_dir()]
            if there == folders:
                raise
            folders = there


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
