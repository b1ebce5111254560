"""The one writer: appends of the whole runtime become a few transactions in a thread of its own.

The event loop only queues and is told; numbering, folding, hashing and SQLite happen in the thread.
Ordinary facts wait up to 50 ms for company, a `full` append takes everything queued along at once.
"""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from steerdeck_agents.facts.errors import JournalError, JournalTaken
from steerdeck_agents.facts.events import KnownEvent
from steerdeck_agents.facts.ids import Clock, SessionId
from steerdeck_agents.facts.mended import JournalMended
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.database import MOUNTS, JournalMode
from steerdeck_agents.journal.enclosures import Enclosure
from steerdeck_agents.journal.ledger import Append, Batch, Ledger
from steerdeck_agents.journal.refusing import refusal, trouble

log = logging.getLogger(__name__)

GATHER_S: Final = 0.05
"""How long an ordinary append waits for others."""
REST_S: Final = 1.0
"""How long nothing is written before what may be packed is packed a little."""


class Committed(NamedTuple):
    """An event that is durable, and its text exactly as stored."""

    event: KnownEvent
    text: str


class Writer:
    """Appends facts; belongs to the event loop that started it."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        on_committed: Callable[[Sequence[Committed]], None],
        clean: Callable[[KnownEvent], KnownEvent] = lambda event: event,
        on_taken: Callable[[str], None] = lambda why: None,
        on_trouble: Callable[[str], None] = lambda why: None,
        mounts: Path = MOUNTS,
        rest_s: float = REST_S,
    ) -> None:
        """`on_committed` is called on the loop, in seq order, before appends resolve.

        `clean` is called in the writer's thread with every event before it is kept; what it returns
        is kept, told and answered instead. `on_taken` is called on the loop, with a sentence, when
        another process has taken the journal over: this one keeps nothing more. `on_trouble` is
        called on the loop, with a sentence, when the file can't be written, and with an empty one
        when it can again.

        `mounts` is the kernel's table of file systems (fstab(5)), read to keep WAL off networks.
        """
        self.set_aside: Mapping[SessionId, str] = {}
        """Sessions whose state can't be rebuilt, and why; their facts are kept."""
        self.journal_mode: JournalMode = "wal"
        self.lost_end: JournalMended | None = None
        """What was told at the start of an end that is missing."""
        self.copied = False
        """Whether the file came here as a copy, whose original another process may write."""
        self._path = path
        self._clock = clock
        self._on_committed = on_committed
        self._clean = clean
        self._on_taken = on_taken
        self._on_trouble = on_trouble
        self._troubled = False
        self._rest_s = rest_s
        self._mounts = mounts
        self._states: dict[SessionId, SessionState] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None
        self._wake = threading.Condition()
        self._queue: list[Append] = []
        self._urgent = False
        self._closing = True
        self._closed = "The journal is closed; start the runtime again to go on."

    async def start(self) -> None:
        """Take the journal and load every session's state.

        Raises JournalError when another process writes it or it can't be used.
        """
        self._loop = asyncio.get_running_loop()
        started: asyncio.Future[None] = self._loop.create_future()
        self._ended = self._loop.create_future()
        self._closing = False
        thread = threading.Thread(
            target=self._work, args=(started, self._ended), name="journal", daemon=True
        )
        thread.start()
        try:
            await started
        except JournalError:
            self._closing = True
            raise
        if self.lost_end is not None:
            await self.append(self.lost_end, full=True)

    def stand_by(self, states: Sequence[SessionState], why: str) -> None:
        """Show these states of a journal that is only read, and refuse every append, saying why."""
        self._states = {state.id: state for state in states if state.status != "unknown"}
        self._closed = why

    async def stop(self) -> None:
        """Commit what is queued and let go of the journal."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._ended is not None:
            await asyncio.shield(self._ended)

    async def append(
        self,
        *events: KnownEvent,
        full: bool = False,
        at_once: bool = False,
        enclosed: Sequence[Enclosure] = (),
    ) -> tuple[KnownEvent, ...]:
        """Keep facts, in this order, with what they enclose; returns them with seq and time.

        `full` is for what must survive a power cut before anything follows from it; what is told
        `at_once` does not wait for company, because somebody waits to see it. Raises
        JournalError when they could not be kept; then nothing of this append exists.
        """
        if not events:
            raise JournalError("An append needs an event; what it encloses hangs on one.")
        answer: asyncio.Future[tuple[KnownEvent, ...]]
        answer = asyncio.get_running_loop().create_future()
        waiting = Append(events, self._clock.now_ms(), full, enclosed, answer)
        with self._wake:
            if self._closing:
                raise JournalError(self._closed)
            first = not self._queue
            self._queue.append(waiting)
            self._urgent = self._urgent or full or at_once
            if first or full or at_once:
                self._wake.notify()
        return await answer

    def state(self, session: SessionId) -> SessionState | None:
        """The state of a session after its last committed event."""
        return self._states.get(session)

    def states(self) -> Mapping[SessionId, SessionState]:
        """All states as of now; later commits don't change the mapping."""
        return dict(self._states)

    # In the thread.

    def _work(self, started: asyncio.Future[None], ended: asyncio.Future[None]) -> None:
        ledger: Ledger | None = None
        try:
            ledger = Ledger(self._path, mounts=self._mounts)
        except (JournalError, OSError, sqlite3.Error) as error:
            self._tell(_fail, started, refusal(self._path, error))
            return
        finally:
            if ledger is None:
                self._tell(_fail, started, _lost())
                self._tell(_settle, ended)
        self.lost_end, self.copied = ledger.lost_end, ledger.copied
        self._tell(self._begin, started, dict(ledger.states), dict(ledger.set_aside), ledger.mode)
        batch: list[Append] = []
        try:
            while batch := self._next(ledger):
                self._commit(ledger, batch)
        finally:
            # Reached with something in hand only by an error nobody foresaw.
            with self._wake:
                self._closing = True
                left, self._queue = batch + self._queue, []
            for append in left:
                self._tell(_fail, append.answer, _lost())
            ledger.close()
            self._tell(_settle, ended)

    def _next(self, ledger: Ledger) -> list[Append]:
        """Wait for appends, packing meanwhile; an empty list means the end."""
        while ledger.packs:
            with self._wake:
                if self._wake.wait_for(lambda: self._queue or self._closing, self._rest_s):
                    break
            self._pack(ledger)
        with self._wake:
            self._wake.wait_for(lambda: self._queue or self._closing)
            self._wake.wait_for(lambda: self._urgent or self._closing, GATHER_S)
            batch, self._queue = self._queue, []
            self._urgent = False
        return [append._replace(events=tuple(map(self._clean, append.events))) for append in batch]

    def _pack(self, ledger: Ledger) -> None:
        try:
            ledger.pack()
        except (sqlite3.Error, JournalError) as error:
            # Nothing is lost by it: the rows stay as they are, and the next runtime tries again.
            log.warning("nothing was packed: %s", error)

    def _hear(self, why: str) -> None:
        """Tell of trouble with the file when it begins, and when it is over."""
        if bool(why) != self._troubled:
            self._troubled = bool(why)
            self._tell(self._on_trouble, why)

    def _commit(self, ledger: Ledger, appends: list[Append]) -> None:
        try:
            batch = ledger.commit(appends)
        except (sqlite3.OperationalError, JournalError) as error:
            self._hear(trouble(error))
            for append in appends:
                self._tell(_fail, append.answer, refusal(self._path, error))
            if isinstance(error, JournalTaken):
                self._tell(self._on_taken, str(error))
        except (sqlite3.Error, ValueError, OverflowError) as error:
            # One of them can't be stored: the others must not suffer for it.
            if len(appends) == 1:
                self._hear(trouble(error))
                self._tell(_fail, appends[0].answer, refusal(self._path, error))
                return
            for append in appends:
                self._commit(ledger, [append])
        else:
            self._hear("")
            events = (event for numbered in batch.events for event in numbered)
            committed = list(map(Committed, events, batch.texts))
            aside = dict(ledger.set_aside)
            self._tell(self._deliver, appends, batch, committed, aside)

    def _tell(self, what: Callable[..., object], *arguments: object) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(what, *arguments)
        except RuntimeError:
            # The loop was closed without stopping us; nobody waits any more.
            self._closing = True

    # On the loop again.

    def _begin(
        self,
        started: asyncio.Future[None],
        states: dict[SessionId, SessionState],
        set_aside: dict[SessionId, str],
        mode: JournalMode,
    ) -> None:
        self._states, self.set_aside, self.journal_mode = states, set_aside, mode
        _settle(started)

    def _deliver(
        self,
        appends: list[Append],
        batch: Batch,
        committed: list[Committed],
        set_aside: dict[SessionId, str],
    ) -> None:
        self._states.update(batch.folded)
        self.set_aside = set_aside
        try:
            self._on_committed(committed)
        finally:
            for append, events in zip(appends, batch.events, strict=True):
                if not append.answer.done():
                    append.answer.set_result(tuple(events))


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _fail(future: asyncio.Future[object], error: JournalError) -> None:
    if not future.done():
        future.set_exception(error)


def _lost() -> JournalError:
    return JournalError("The journal's writer has ended; start the runtime again.")
