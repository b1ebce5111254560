"""The writer thread's side of the journal: numbers events, folds them, commits them.

Everything a batch brings becomes true in one transaction: events, chain, states, keyframes, search,
enclosures. Nothing here changes what the ledger believes until that transaction is committed.
"""

import asyncio
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, get_args

import msgspec

from steerdeck_agents.facts.events import KnownEvent, Streamed, TextAdded, encode, type_of
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.reduce.session import joined, reduce
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.call_rows import CALLED, keep
from steerdeck_agents.journal.chain import chained
from steerdeck_agents.journal.database import (
    MOUNTS,
    SCHEMA,
    broken,
    may_write,
    open_for_writing,
    private_folder,
    schema_of,
    too_new,
)
from steerdeck_agents.journal.enclosures import Enclosure
from steerdeck_agents.journal.lease import (
    BACKUP,
    holder_of,
    lock,
    settle,
    take,
    taken,
    this_process,
)
from steerdeck_agents.journal.lost_end import brought_back, lost_end
from steerdeck_agents.journal.mark import MarkFile
from steerdeck_agents.journal.refold import (
    UNFOLDABLE,
    keyframe_bytes,
    state_at,
    state_text,
)
from steerdeck_agents.journal.refusing import check_place
from steerdeck_agents.journal.search import SEARCHED, words_of
from steerdeck_agents.journal.segments import due, pack
from steerdeck_agents.journal.storing import Shelf
from steerdeck_agents.journal.swap import finish_swap

KEYFRAME_EVERY: Final = 1000
"""Events of one session between two stored states."""

_QUIET: Final = frozenset(get_args(Streamed))
_BEHIND: Final = 20
"""Batches of nothing but streamed text before a session's row is written again: rows hold the open
text, and writing it anew 20 times a second costs more than the events. Readers fold the rest."""


class Append(NamedTuple):
    """One call of `Writer.append`, waiting for its commit."""

    events: Sequence[KnownEvent]
    at_ms: int
    full: bool
    enclosed: Sequence[Enclosure]
    answer: asyncio.Future[tuple[KnownEvent, ...]]


class Batch(NamedTuple):
    """What a transaction holds: per append its numbered events, and all texts in seq order."""

    events: list[list[KnownEvent]]
    texts: list[str]
    folded: dict[SessionId, SessionState]
    aside: dict[SessionId, str]


class _Rows(NamedTuple):
    """Rows of one batch, as plain tuples: they are made for every event."""

    events: list[tuple[int, str, str, int, str]]
    keyframes: list[tuple[str, int, bytes]]
    words: list[tuple[int, str]]
    calls: list[KnownEvent]
    """Events that may change the row of a call."""
    loud: set[SessionId]
    """Sessions with more than streamed text in this batch."""
    since: dict[SessionId, int]
    """Events since the last keyframe, of the sessions of this batch."""
    behind: dict[SessionId, int]
    """Batches since a session's row was written, of the sessions of this batch."""


class Ledger:
    """The open database of one writer; lives in one thread."""

    _settled = False
    """Something was kept: until then a copy stays one, also when a start comes to nothing."""

    def __init__(self, path: Path, *, mounts: Path = MOUNTS) -> None:
        """Lock, open, migrate and load; raises JournalError with the way out."""
        self.states: dict[SessionId, SessionState] = {}
        self.set_aside: dict[SessionId, str] = {}
        self._path = path
        self._holder = this_process()
        self._full: bool | None = None
        self._seq = 0
        self._hash = ""
        self._unmarked = False
        """Whether the last events were not surely on the disk yet."""
        self._unpacked: dict[SessionId, None] = {}
        """Closed sessions whose streamed text may still lie in rows."""
        self._since_keyframe: dict[SessionId, int] = {}
        self._behind: dict[SessionId, int] = {}
        may_write(path)
        private_folder(path.parent)
        self._lock = lock(path.with_name("journal.lock"))
        try:
            finish_swap(path)
            self.lost_end = lost_end(path)
            self._connection, self.mode = open_for_writing(path, mounts=mounts)
            try:
                self._begin = "begin immediate" if self.mode == "wal" else "begin exclusive"
                self._shelf = Shelf(self._connection)
                self._migrate()
                self._take()
                self._load()
            except (sqlite3.Error, UnicodeDecodeError) as error:
                self._connection.close()
                raise broken(path, error) from error
            except BaseException:
                self._connection.close()
                raise
        except BaseException:
            os.close(self._lock.descriptor)
            raise
        self._mark = MarkFile(path)
        self._file = path.stat().st_ino

    def close(self) -> None:
        """Give the lease back and let go of the lock."""
        try:
            self._connection.execute("pragma synchronous = full")
            given = self._connection.execute(
                "delete from lease where pid = ? and boot = ? and started = ?",
                (self._holder.pid, self._holder.boot, self._holder.started),
            )
            if given.rowcount and self._unmarked:
                self._mark.write(self._seq)
        except sqlite3.Error:
            # On a full disk the row stays; the next writer sees that its process is gone.
            self._full = None
        finally:
            self._connection.close()
            self._mark.close()
            os.close(self._lock.descriptor)

    def commit(self, appends: Sequence[Append]) -> Batch:
        """Make the appends durable in one transaction, in their order.

        Raises sqlite3.Error, JournalError (the lease is lost) or ValueError (a text that has no
        bytes); then nothing has changed.
        """
        full = any(append.full for append in appends)
        if full is not self._full:
            self._connection.execute(f"pragma synchronous = {'full' if full else 'normal'}")
            self._full = full
        batch, rows = self._number(appends)
        begun, last = rows.events[0][0], rows.events[-1][0]
        digest = chained(self._hash, batch.texts)
        connection = self._connection
        connection.execute(self._begin)
        try:
            self._still_ours()
            connection.executemany("insert into event values (?, ?, ?, ?, ?)", rows.events)
            connection.execute("insert into batch values (?, ?, ?)", (begun, last, digest))
            if rows.words:
                connection.executemany("insert into search (rowid, text) values (?, ?)", rows.words)
            if rows.calls:
                keep(connection, rows.calls)
            self._keep_states(batch.folded, rows)
            for append, events in zip(appends, batch.events, strict=True):
                if append.enclosed:
                    self._shelf.store(append.enclosed, events)
            connection.execute("commit")
        except BaseException:
            # SQLite has rolled back by itself when the disk is full.
            if connection.in_transaction:
                connection.execute("rollback")
            self._shelf.forget()
            raise
        self.states.update(batch.folded)
        self.set_aside.update(batch.aside)
        self._since_keyframe.update(rows.since)
        self._behind.update(rows.behind)
        self._seq, self._hash = last, digest
        # Others may still be lost in a power cut, and the note of them be on the disk already.
        self._unmarked = not full
        if full:
            self._mark.write(last)
        if self._lock.copied and not self._settled:
            self._settled = True
            settle(self._lock)
        for session, state in batch.folded.items():
            if state.archived:
                self._unpacked[session] = None
        return batch

    @property
    def copied(self) -> bool:
        """Whether this file came here as a copy, which nobody had written since."""
        return self._lock.copied

    @property
    def packs(self) -> bool:
        """Whether streamed text of closed sessions may be packed."""
        return bool(self._unpacked)

    def pack(self) -> None:
        """Pack a little; for moments when nothing is written. Raises sqlite3.Error."""
        session = next(iter(self._unpacked))
        connection = self._connection
        state = self.states.get(session)
        if state is None or not state.archived:
            del self._unpacked[session]
            return
        connection.execute(self._begin)
        try:
            self._still_ours()
            more = pack(connection, session)
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            del self._unpacked[session]
            raise
        if not more:
            del self._unpacked[session]

    def _number(self, appends: Sequence[Append]) -> tuple[Batch, _Rows]:
        """Give each event its seq and time, its text and its place in the fold."""
        seq = self._seq
        batch, rows = Batch([], [], {}, {}), _Rows([], [], [], [], set(), {}, {})
        replace = msgspec.structs.replace
        add_text, add_row = batch.texts.append, rows.events.append
        for append in appends:
            numbered: list[KnownEvent] = []
            at_ms = append.at_ms
            for unnumbered in append.events:
                seq += 1
                event = replace(unnumbered, seq=seq, at_ms=at_ms)
                text = encode(event)
                numbered.append(event)
                add_text(text)
                add_row((seq, event.session, type_of(event), at_ms, text))
                kind = type(event)
                if kind in CALLED:
                    rows.calls.append(event)
                if kind in SEARCHED:
                    found = words_of(event)
                    if found:
                        rows.words.append((seq, found))
            for event, count in _folded_alike(numbered):
                self._fold(event, count, batch, rows)
            batch.events.append(numbered)
        return batch, rows

    def _fold(self, event: KnownEvent, stands_for: int, batch: Batch, rows: _Rows) -> None:
        session = event.session
        if session in self.set_aside or session in batch.aside:
            return
        before = batch.folded.get(session) or self.states.get(session)
        try:
            state = batch.folded[session] = reduce(before, event)
        except UNFOLDABLE as error:
            # The fact is kept all the same; a later version may be able to fold it.
            batch.aside[session] = _why_set_aside(error)
            batch.folded.pop(session, None)
            return
        if type(event) not in _QUIET or before is None or before.status != state.status:
            rows.loud.add(session)
        count = rows.since.get(session)
        if count is None:
            count = self._since_keyframe.get(session)
            if count is None:
                count = self._count_since_keyframe(session)
        count += stands_for
        if before is None or count >= KEYFRAME_EVERY:
            count = 0
            rows.keyframes.append((session, event.seq, keyframe_bytes(state)))
        rows.since[session] = count

    def _keep_states(self, folded: dict[SessionId, SessionState], rows: _Rows) -> None:
        due: list[tuple[str, int, str, int, str]] = []
        for session, state in folded.items():
            behind = self._behind.get(session, 0) + 1
            if behind >= _BEHIND or session in rows.loud:
                behind = 0
                due.append((session, state.seq, state.status, state.changed_ms, state_text(state)))
            rows.behind[session] = behind
        # An upsert keeps the row's place: sessions are listed in the order they were made.
        self._connection.executemany(
            "insert into session (id, seq, status, changed_ms, state) values (?, ?, ?, ?, ?)"
            " on conflict (id) do update set seq = excluded.seq, status = excluded.status,"
            " changed_ms = excluded.changed_ms, state = excluded.state",
            due,
        )
        if rows.keyframes:
            self._connection.executemany("insert into keyframe values (?, ?, ?)", rows.keyframes)

    def _take(self) -> None:
        if self.lost_end is None and holder_of(self._connection) == BACKUP:
            self.lost_end = brought_back()
        take(self._connection, self._path.parent, self._holder, self._lock)

    def _still_ours(self) -> None:
        check_place(self._path, self._file if self.mode == "wal" else None)
        found = holder_of(self._connection)
        if found != self._holder:
            raise taken(self._path.parent, str(found.pid) if found else "unknown")

    def _migrate(self) -> None:
        found = schema_of(self._connection)
        if found > SCHEMA:
            raise too_new(self._path, found)
        if found < SCHEMA:
            # Imported only now: sqlite-utils costs more than opening a database.
            from steerdeck_agents.journal.schema import migrate

            migrate(self._connection, self._path)

    def _load(self) -> None:
        row = self._connection.execute(
            "select last_seq, hash from batch order by first_seq desc limit 1"
        ).fetchone()
        if row is not None:
            self._seq, self._hash = row
        for (name,) in self._connection.execute("select id from session").fetchall():
            session = SessionId(name)
            try:
                state = state_at(self._connection, session)
            except (*UNFOLDABLE, sqlite3.Error) as error:
                self.set_aside[session] = _why_set_aside(error)
                continue
            if state is None:
                self.set_aside[session] = "Its events are gone from the journal."
            else:
                self.states[session] = state

        self._unpacked = dict.fromkeys(due(self._connection))

    def _count_since_keyframe(self, session: SessionId) -> int:
        found: int = self._connection.execute(
            "select count(*) from event where session = ? and seq >"
            " coalesce((select max(seq) from keyframe where session = ?), 0)",
            (session, session),
        ).fetchone()[0]
        return found


def _folded_alike(events: Sequence[KnownEvent]) -> Iterator[tuple[KnownEvent, int]]:
    """What to fold for facts of sessions, and for how many of them each stands.

    Text streams in many small pieces, and a fold of each costs more than all else done with it.
    """
    run: list[TextAdded] = []
    for event in events:
        if run and (
            type(event) is not TextAdded
            or event.item != run[0].item
            or event.session != run[0].session
        ):
            yield joined(run), len(run)
            run = []
        if type(event) is TextAdded and event.session:
            run.append(event)
        elif event.session:
            yield event, 1
    if run:
        yield joined(run), len(run)


def _why_set_aside(error: Exception) -> str:
    return f"Its state can't be rebuilt from the journal ({type(error).__name__}: {error})."
