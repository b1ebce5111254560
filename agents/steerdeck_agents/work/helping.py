"""Helper sessions as their parent's loop sees them: started, found again, and what they answered.

A helper is a session like any other. Only this is special: it is born in the same append as its
parent's call, and when it has come to rest its words, its diff and its cost become that call's
result. All of it is read from the journal, so it is the same after a crash.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.events import ItemEnded, KnownEvent, decode
from steerdeck_agents.facts.ids import SessionId, Sha
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.enclosures import CheckpointFile, Enclosure
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.work.family import Family, at_rest, family_of
from steerdeck_agents.work.naming import Names
from steerdeck_agents.workspace.checkpoint import base_file
from steerdeck_agents.workspace.unified import unified
from steerdeck_agents.workspace.within import FileState, shown

PAGE = 200


class Report(msgspec.Struct, frozen=True):
    """What a helper leaves behind."""

    helper: SessionState
    words: str = ""
    """Its last message."""
    files: tuple[FileChange, ...] = ()
    """What it changed since it began, against the files its parent had then."""
    diff: str = ""
    problem: str = ""
    """Why the change can't be told."""


class Helping:
    """The helpers of a runtime's sessions."""

    def __init__(
        self,
        writer: Writer,
        reader: JournalReader,
        names: Names,
        interrupt: Callable[[SessionId], Awaitable[None]],
    ) -> None:
        """`interrupt` ends the open turn of a helper for its parent's sake."""
        self._writer = writer
        self._reader = reader
        self._names = names
        self.interrupt = interrupt
        self.saying = asyncio.Lock()
        """Held while a warning about a family's budget is looked for and recorded."""

    def family(self, session: SessionId) -> Family:
        """The session's parent or itself, then all helpers."""
        return family_of(session, self._writer.states().values())

    async def start(
        self,
        wish: str,
        born: Callable[[str, int], Sequence[KnownEvent]],
        enclosed: Sequence[Enclosure],
    ) -> None:
        """Commit a helper's first facts under a free name like `wish`; then it is alive.

        `born` is asked when no other session can be born, so it may count and refuse.
        """
        await self._names.admit(wish, born, enclosed)

    def rests(self, helper: SessionId) -> bool:
        """Whether nothing more will come of a helper by itself."""
        state = self._writer.state(helper)
        return state is None or helper in self._writer.set_aside or at_rest(state)

    async def report(self, helper: SessionId) -> Report | None:
        """What a helper leaves; None when its facts can't be read any more."""
        state = self._writer.state(helper)
        if state is None or helper in self._writer.set_aside:
            return None
        words = await asyncio.to_thread(self._last_words, helper)
        try:
            files, diff = await self._changed(state)
        except SteerdeckError as error:
            return Report(state, words, problem=str(error))
        return Report(state, words, files, diff)

    def _last_words(self, helper: SessionId) -> str:
        before: int | None = None
        while page := self._reader.events(helper, before=before, limit=PAGE, newest=True):
            events = [decode(text) for text in page]
            for event in reversed(events):
                if isinstance(event, ItemEnded) and event.kind == "message" and event.text.strip():
                    return event.text.strip()
            before = events[0].seq
        return ""

    async def _changed(self, state: SessionState) -> tuple[tuple[FileChange, ...], str]:
        """The files whose last checkpoint differs from the first, and the difference."""
        began, ended = await asyncio.to_thread(self._checkpointed, state.id)
        files, texts = [], []
        for path, now in sorted(ended.items()):
            if path in began:
                before = await asyncio.to_thread(self._file, began[path])
            else:
                before = await base_file(state.workspace, path)
            after = await asyncio.to_thread(self._file, now)
            if _seen(before) != _seen(after):
                change, text = await asyncio.to_thread(_told, shown(path), before, after)
                files.append(change)
                texts.append(text)
        return tuple(files), "".join(texts)

    def _checkpointed(
        self, helper: SessionId
    ) -> tuple[dict[str, CheckpointFile], dict[str, CheckpointFile]]:
        """By path: what the first checkpoint tells, and the newest mention in later ones."""
        told = [
            {file.path: file for file in self._reader.checkpoint_files(checkpoint.id)}
            for checkpoint in self._reader.checkpoints(helper)
        ]
        began, later = (told[0], told[1:]) if told else ({}, [])
        return began, {path: file for files in later for path, file in files.items()}

    def _file(self, file: CheckpointFile) -> FileState | None:
        if file.link is not None:
            return FileState(mode=file.mode, link=file.link)
        if file.sha is None:
            return None
        return FileState(mode=file.mode, data=self._reader.checkpoint_bytes(Sha(file.sha)))


def _told(path: str, before: FileState | None, after: FileState | None) -> tuple[FileChange, str]:
    """One changed file as the table has it, and as a unified diff."""
    old, new = _bytes(before), _bytes(after)
    if b"\0" in old[:8000] or b"\0" in new[:8000]:
        return FileChange(path, "binary"), f"Binary files a/{path} and b/{path} differ\n"
    if old == new and before is not None and after is not None:
        text = f"--- a/{path}\n+++ b/{path}\nold mode {before.mode:o}\nnew mode {after.mode:o}\n"
        return FileChange(path), text
    added, removed, text = unified(path, old, new, before is None, after is None)
    if before is None:
        return FileChange(path, "added", added, removed), text
    return FileChange(path, "removed" if after is None else "changed", added, removed), text


def _seen(state: FileState | None) -> tuple[bytes, str | None, bool] | None:
    """What of a file git would tell apart."""
    return None if state is None else (state.data, state.link, bool(state.mode & 0o100))


def _bytes(state: FileState | None) -> bytes:
    if state is None:
        return b""
    return state.data if state.link is None else state.link.encode("utf-8", "surrogateescape")
