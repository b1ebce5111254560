"""The workspace of one session as the loop and the watcher use it: checkpoints and changed files.

Checkpoints are taken one at a time, because each is the difference to the one before; their bytes
go to the journal in the same transaction as the fact. What a call changed is recorded beside the
next request, which need not wait for it; the next checkpoint and the end of the turn do.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Collection, Sequence
from functools import cached_property
from pathlib import Path

from steerdeck_agents.facts.errors import RepositoryError
from steerdeck_agents.facts.events import CheckpointTaken, FilesChanged
from steerdeck_agents.facts.ids import CallId, CheckpointId, Ids, SessionId, Sha
from steerdeck_agents.facts.places import FileChange, Workspace
from steerdeck_agents.gate.binding import COMMIT, head_of
from steerdeck_agents.journal.enclosures import CheckpointStored
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.workspace.base_files import BaseFiles
from steerdeck_agents.workspace.changes import changed_files, diff
from steerdeck_agents.workspace.checkpoint import Snapshot, capture, snapshot_of
from steerdeck_agents.workspace.git import fields, text
from steerdeck_agents.workspace.quick import look, told_nothing
from steerdeck_agents.workspace.within import shown

RECENT = 64
QUICK = 8
"""So many touched files are looked at one by one."""
AFTER_S = 0.03
"""How long a look at what a call changed waits for the next request, which it would hold up."""
FRESH_S = 0.02
"""How long before a call is about to start a look may have begun: about as long as judging takes;
whoever waits for the developer has to look again."""
AGAIN_S = 0.5
"""How long nothing has changed before git looks at everything once more."""


class SessionGround:
    """One session's files, seen from the runtime."""

    def __init__(self, session: SessionId, writer: Writer, reader: JournalReader, ids: Ids) -> None:
        self._session = session
        self._writer = writer
        self._reader = reader
        self._ids = ids
        self.hands = asyncio.Lock()
        """Held by whoever changes files: a command, a patch, an undo, a landing; one at a time.
        A server or a shell session that works beside them is not waited for."""
        self._snapshot: Snapshot | None = None
        self._stored: set[Sha] = set()
        self._capturing = asyncio.Lock()
        self._publishing = asyncio.Lock()
        self._publish_waits = False
        self._following: asyncio.Task[None] | None = None
        """Records what the last call changed."""
        self._awaited = asyncio.Event()
        """Set when somebody waits for that."""
        self._looked_s = -math.inf
        """When the last look began, on the monotonic clock."""
        self._telling: set[asyncio.Task[None]] = set()
        """Publish the table of changed files after it."""
        self._recent: list[str] = []
        """Paths in the order they changed, the last one last."""
        self._fresh: set[str] = set()
        """Those that changed since the table was made."""
        self._whole = False
        """The next look is at everything."""
        self._seen: dict[str, int] = {}
        """Hashes of the diffs of files that were looked at one by one, by their shown paths."""
        self._again: asyncio.Task[None] | None = None
        """Looks at everything once nothing has changed for a while."""

    @property
    def workspace(self) -> Workspace:
        state = self._writer.state(self._session)
        assert state is not None, "a session has a state before it has files"
        return state.workspace

    async def checkpoint(self, reason: str, call: CallId | None = None) -> CheckpointId | None:
        """Store every path that differs from the last checkpoint; None when none does.

        Before a call a look is enough that began when its response came, or even later: the one
        `ahead`, or the one at what the last call changed.
        """
        asked_s = time.monotonic()
        await self._followed()
        if reason == "before call" and self._looked_s > asked_s - FRESH_S:
            return None
        return await self._take(reason, call)

    def ahead(self, call: CallId) -> None:
        """Begin to look as `checkpoint` does before a call, while that is being judged.

        A look at what the last call changed that is not over yet will do.
        """
        self._awaited.set()
        before = self._following
        if before is None or before.done():
            self._following = asyncio.create_task(self._ahead(before, call))

    async def _ahead(self, before: asyncio.Task[None] | None, call: CallId) -> None:
        if before is not None:
            await before  # it is over, but may have failed
        await self._take("before call", call)

    def follow(self, call: CallId) -> None:
        """Record what a call changed, beside what comes next."""
        self._awaited.clear()
        self._following = asyncio.create_task(self._follow(self._following, call))

    def look_anew(self) -> None:
        """Its files are others now: take nothing that was seen of them for true any more."""
        self._snapshot = None
        self._whole = True

    async def settled(self) -> None:
        """Wait until all that calls changed is recorded and in the table of changed files."""
        await self._followed()
        if self._telling:
            await asyncio.wait(self._telling)
        async with self._publishing:
            """One that found another look waiting has relied on it; now that has been, too."""
        if self._whole:
            # What was found had no room in the journal. What can't be looked at is left.
            with contextlib.suppress(RepositoryError, OSError):
                await self.publish_changes()

    async def close(self) -> None:
        """Leave what is not recorded yet to the first checkpoint of the next runtime."""
        following, self._following = self._following, None
        again, self._again = self._again, None
        tasks = [*self._telling, *(task for task in (following, again) if task is not None)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, before: asyncio.Task[None] | None, call: CallId) -> None:
        if before is not None:
            await before
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AFTER_S):
                await self._awaited.wait()
        changed = await self._take("after call", call)
        if changed is None and self._snapshot is not None and not self._snapshot.not_covered:
            return
        telling = asyncio.create_task(self.publish_changes())
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _followed(self) -> None:
        self._awaited.set()
        following = self._following
        if following is None:
            return
        # Not awaited itself: a caller that is cancelled must not cancel it.
        await asyncio.wait({following})
        if self._following is following:
            self._following = None
        if not following.cancelled():
            following.result()

    async def _take(self, reason: str, call: CallId | None) -> CheckpointId | None:
        async with self._capturing:
            if self._snapshot is None:
                self._snapshot = await asyncio.to_thread(self._remembered)
            looked_s = time.monotonic()
            found = await capture(self.workspace, self._snapshot, self._stored.__contains__)
            self._looked_s = looked_s
            if not found.changed and reason not in ("start", "carried"):
                self._snapshot = found.snapshot
                return None
            checkpoint = CheckpointId(self._ids.new("cp"))
            taken = CheckpointTaken(
                session=self._session,
                call=call,
                checkpoint=checkpoint,
                reason=reason,
                paths=found.paths,
                not_covered=found.not_covered,
            )
            stored = CheckpointStored(checkpoint, self._session, found.changed)
            await self._writer.append(taken, full=True, enclosed=(*found.contents, stored))
            self._snapshot = found.snapshot
            self._stored.update(content.sha for content in found.contents)
            self.touched(found.paths)
            return checkpoint

    @property
    def not_covered(self) -> str:
        """The paths the last checkpoint could not keep, in a line; empty when it kept all."""
        left = () if self._snapshot is None else sorted(self._snapshot.not_covered)
        return ", ".join(map(shown, left))

    @cached_property
    def base_files(self) -> BaseFiles:
        """Its files as the base has them."""
        return BaseFiles(self.workspace)

    async def head(self) -> str:
        """Commit id of the workspace's HEAD."""
        found = head_of(Path(self.workspace.path))
        if COMMIT.fullmatch(found):
            return found
        return await text(self.workspace.path, "rev-parse", "HEAD")

    async def files(self) -> Sequence[str]:
        return await fields(
            self.workspace.path, "ls-files", "-z", "-c", "-o", "--exclude-standard", "--deduplicate"
        )

    def touched(self, paths: Collection[str]) -> None:
        """Remember what changed last, for the newest hunk; no paths: anything may have."""
        fresh = sorted(paths)
        self._fresh.update(fresh)
        self._whole = self._whole or not fresh
        self._recent = [path for path in self._recent if path not in fresh][-RECENT:] + fresh

    @contextlib.asynccontextmanager
    async def unpublished(self) -> AsyncIterator[None]:
        """Files may change in here and come back; what is told is how they are afterwards."""
        async with self._publishing:
            yield

    async def publish_changes(self, *, quick: bool = False) -> None:
        """Append the table of changed files if it differs; bursts of changes share one look.

        A `quick` one looks at what was touched only, where that can be done without git, and has
        everything looked at a little later.
        """
        self._whole = self._whole or not quick
        if self._publish_waits:
            return
        self._publish_waits = True
        try:
            await self._publishing.acquire()
        finally:
            # Also where it was called off: others rely on whoever waits.
            self._publish_waits = False
        try:
            await self._look()
        except BaseException:
            # What was to be looked at is still to be looked at.
            self._whole = True
            raise
        finally:
            self._publishing.release()

    async def _look(self) -> None:
        whole, self._whole = self._whole, False
        fresh, self._fresh = self._fresh, set()
        if not (whole or (fresh := await self._telling_of(fresh))):
            return
        before = self._seen.copy()
        files = None if whole else await self._touched_only(fresh)
        if files is None:
            files = await changed_files(self.workspace)
            await self._see(fresh)
        else:
            self._look_again()
        moved = {path for path, seen in self._seen.items() if before.get(path) != seen}
        await self._publish(files, moved)

    async def _publish(self, files: tuple[FileChange, ...], moved: Collection[str]) -> None:
        """Tell the table; also when only the newest file's words differ and no count does."""
        state = self._writer.state(self._session)
        if state is None:
            return
        changed = {file.path for file in files}
        candidates = (path for path in reversed(self._recent) if path in changed)
        newest = next(candidates, state.newest_file if state.newest_file in changed else "")
        if (files, newest) == (state.files, state.newest_file) and newest not in moved:
            return
        told = FilesChanged(session=self._session, files=files, newest=newest)
        await self._writer.append(told, at_once=True)

    async def diff_of(self, path: str) -> str:
        """The unified diff of one file against the base."""
        state = self._writer.state(self._session)
        known = state is not None and any(file.path == path for file in state.files)
        found = await look(self.workspace, path, self.base_files, known=known)
        return await diff(self.workspace, (path,)) if found is None else found.diff

    async def _telling_of(self, paths: set[str]) -> set[str]:
        """These paths without those that change nothing."""
        state = self._writer.state(self._session)
        if state is None:
            return paths
        table = {file.path for file in state.files}
        return paths - await told_nothing(self.workspace, paths, self.base_files, table)

    async def _touched_only(self, paths: set[str]) -> tuple[FileChange, ...] | None:
        """The table with new rows for these; None where git has to look."""
        state = self._writer.state(self._session)
        if state is None or not 0 < len(paths) <= QUICK:
            return None
        table = {file.path: file for file in state.files}
        for path in paths:
            known = shown(path) in table
            found = await look(self.workspace, path, self.base_files, known=known)
            if found is None:
                return None
            table.pop(shown(path), None)
            self._seen.pop(shown(path), None)
            if found.change is not None:
                table[found.change.path] = found.change
                self._seen[found.change.path] = hash(found.diff)
        return tuple(table[path] for path in sorted(table))

    async def _see(self, paths: Collection[str]) -> None:
        """Remember the words of files git counted, as far as they can be had quickly."""
        for path in sorted(paths)[:QUICK]:
            found = await look(self.workspace, path, self.base_files, known=True)
            self._seen.pop(shown(path), None)
            if found is not None and found.change is not None:
                self._seen[shown(path)] = hash(found.diff)

    def _look_again(self) -> None:
        if self._again is not None:
            self._again.cancel()
        self._again = asyncio.create_task(self._later_whole())

    async def _later_whole(self) -> None:
        await asyncio.sleep(AGAIN_S)
        self._again = None
        await self.publish_changes()

    def _remembered(self) -> Snapshot | None:
        """The newest stored mention of each path, after a restart."""
        newest = {
            file.path: file
            for checkpoint in self._reader.checkpoints(self._session)
            for file in self._reader.checkpoint_files(checkpoint.id)
        }
        self._stored.update(file.sha for file in newest.values() if file.sha is not None)
        return snapshot_of(newest.values()) if newest else None
