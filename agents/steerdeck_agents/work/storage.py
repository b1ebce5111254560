"""Whether the journal can be written, for whoever shows it; tries again by itself.

While it can't be, nothing new begins: no fact can be kept, and nothing runs without one. What was
acknowledged lies in the journal, so nothing has to be saved; when there is room again all goes on.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from steerdeck_agents.facts.errors import JournalError, JournalReadOnly
from steerdeck_agents.facts.events import Noticed
from steerdeck_agents.facts.ids import Clock
from steerdeck_agents.gate.secret_files import values_in
from steerdeck_agents.gate.secret_marks import Redactor, home_key
from steerdeck_agents.journal.database import may_write
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.refusing import AWAY
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.settings.paths import Paths, private_folder

log = logging.getLogger(__name__)

RETRY_S: Final = 1.0
"""How often it is tried again; each try is one small transaction."""
_HELD: Final = "Agents are paused until it is back."
_PAUSED: Final = "Agents are paused, then go on by themselves; nothing that was kept is lost."


class Storage:
    """One for a runtime; lives on its loop."""

    def __init__(self, writer: Callable[[], Writer], clock: Clock) -> None:
        self.problem = ""
        """Why nothing can be kept now, with the way out; empty when all is well."""
        self.notes: tuple[str, ...] = ()
        """What is worth knowing of the place all the time."""
        self.read_only = ""
        """Why this journal is only read; empty when it is written."""
        self.changed: Callable[[], None] = lambda: None
        """Called when any of these has changed."""
        self._writer = writer
        self._clock = clock
        self._since_s = 0.0
        self._trying: asyncio.Task[None] | None = None

    async def take(self, paths: Paths, redactor: Redactor, reader: JournalReader) -> bool:
        """Have the journal for ourselves, in a home that is ours; False when it is only read.

        SteerdeckError where it can't be used.
        """
        try:
            await self._take(paths, redactor)
        except JournalReadOnly as error:
            # What there is can be shown; nothing is kept or carried out in this runtime's life.
            log.warning("%s", error)
            self._writer().stand_by(await asyncio.to_thread(reader.sessions), str(error))
            self.read_only = str(error)
        return not self.read_only

    async def _take(self, paths: Paths, redactor: Redactor) -> None:
        await asyncio.to_thread(may_write, paths.journal)
        try:
            for folder in (paths.data, paths.workspaces, paths.spool):
                await asyncio.to_thread(private_folder, folder)
            redactor.begin(await asyncio.to_thread(home_key, paths.data))
        except OSError as error:
            raise JournalError(
                f"{paths.data} can't be written ({error.strerror}). Make room or make it writable,"
                " or set STEERDECK_HOME to another folder."
            ) from error
        redactor.know(values_in(os.environ))
        writer = self._writer()
        await writer.start()
        await asyncio.to_thread(_empty, paths.spool)
        self.notes = notes_of(writer)

    def hear(self, why: str) -> None:
        """The writer met trouble, or (with an empty word) has got over it."""
        if why and not self.problem:
            self._since_s = self._clock.monotonic()
        paused = _HELD if why.startswith(AWAY) else _PAUSED
        self.problem = f"{why} {paused}" if why else ""
        if why and (self._trying is None or self._trying.done()):
            self._trying = asyncio.create_task(self._until_it_works(), name="storage")
        self.changed()

    def note(self, text: str) -> None:
        """Something else worth knowing of this place has come up."""
        log.warning("%s", text)
        if text not in self.notes:
            self.notes = (*self.notes, text)
            self.changed()

    async def close(self) -> None:
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.gather(self._trying, return_exceptions=True)

    async def _until_it_works(self) -> None:
        """Try to say how long it lasted until that can be kept: then all else can be, too."""
        while True:
            await asyncio.sleep(RETRY_S)
            lasted_s = round(self._clock.monotonic() - self._since_s)
            told = Noticed(
                text=f"The journal could not be written for {lasted_s} s. It can again, nothing"
                " that was kept is lost, and agents go on."
            )
            try:
                await self._writer().append(told, full=True)
            except JournalError as error:
                if not error.retryable:
                    return
            else:
                return


def notes_of(writer: Writer) -> tuple[str, ...]:
    """What is worth knowing of the place a writer writes to."""
    notes = []
    if writer.journal_mode == "rollback":
        notes.append(
            "The journal lies on a network file system: each commit locks the whole file, so it"
            " is slower. STEERDECK_HOME on a local disk is faster."
        )
    if writer.lost_end is not None:
        notes.append(writer.lost_end.text)
    return tuple(notes)


def _empty(spool: Path) -> None:
    """Take away outputs of commands that a killed runtime left; their calls are lost anyway.

    What is none of ours, a folder say, is no reason not to start.
    """
    for left in spool.iterdir():
        with contextlib.suppress(OSError):
            left.unlink()
