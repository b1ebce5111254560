"""Is the journal as it was written? Pages, hash chain, columns, and everything named by a hash.

What an earlier repair could not bring back is known: it was said then and is no finding any more.
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from steerdeck_agents.facts.events import decode, type_of
from steerdeck_agents.facts.ids import SessionId, Sha
from steerdeck_agents.facts.mended import JournalMended
from steerdeck_agents.journal.chain import chained
from steerdeck_agents.journal.crosscheck import mismatches, written_elsewhere
from steerdeck_agents.journal.database import schema_of
from steerdeck_agents.journal.indexed import differs
from steerdeck_agents.journal.mark import Mark
from steerdeck_agents.journal.segments import SINCE
from steerdeck_agents.journal.segments import unpacked as events_in
from steerdeck_agents.journal.storing import unpacked

_DAMAGES = (sqlite3.DatabaseError, ValueError, TypeError, LookupError, AttributeError)
"""What a look at rows of any content may raise: a column may hold what its table forbids."""
Span = tuple[int, int]
"""The first and the last seq of events in a row."""
_Row = tuple[int, str, str, int, str]


class Known(NamedTuple):
    """What was lost earlier, and said then."""

    lost: tuple[Span, ...] = ()
    doubtful: tuple[Span, ...] = ()
    gone: frozenset[Sha] = frozenset()
    beside: frozenset[str] = frozenset()


class Trouble(NamedTuple):
    """Something that is not as it was written."""

    sentence: str
    missing: tuple[int, ...] = ()
    doubtful: Span | None = None
    gone: Sha | None = None
    sessions: frozenset[SessionId] = frozenset()
    """Whose events these are, as far as that can be told."""


def findings(connection: sqlite3.Connection, mark: Mark | None = None) -> list[str]:
    """What is wrong, a sentence each, the first bad event first; empty when all is well."""
    return [trouble.sentence for trouble in troubles(connection, mark)]


def troubles(connection: sqlite3.Connection, mark: Mark | None = None) -> list[Trouble]:
    """The same with what it is about; `mark` is the end as the last writer noted it."""
    found: list[Trouble] = []
    known = Known()
    try:
        known = known_of(connection)
        found += _ends_early(connection, mark)
    except _DAMAGES as error:
        found.append(_unreadable(error))
    for look in (_chain, _states, _pages, _hashes, _beside, _search):
        # Of events that were changed themselves the index says nothing more.
        if look is _search and found:
            break
        try:
            for trouble in look(connection, known):
                found.append(trouble)
        except _DAMAGES as error:
            found.append(_unreadable(error))
    return list(dict.fromkeys(found))


def mendings(connection: sqlite3.Connection) -> list[JournalMended]:
    """What was told of losses so far."""
    rows = connection.execute(
        "select json from event where session = '' and type = 'journal.mended' order by seq"
    )
    facts = (decode(text) for (text,) in rows)
    return [fact for fact in facts if isinstance(fact, JournalMended)]


def known_of(connection: sqlite3.Connection) -> Known:
    told = mendings(connection)
    return Known(
        tuple((part.first, part.last) for fact in told for part in fact.lost),
        tuple((part.first, part.last) for fact in told for part in fact.doubtful),
        frozenset(sha for fact in told for sha in fact.gone),
        frozenset(sentence for fact in told for sentence in fact.beside),
    )


def _unreadable(error: Exception) -> Trouble:
    return Trouble(f"The database can't be read in full ({error}).")


def _ends_early(connection: sqlite3.Connection, mark: Mark | None) -> Iterator[Trouble]:
    (last,) = connection.execute("select coalesce(max(last_seq), 0) from batch").fetchone()
    if mark is not None and mark.seq > last:
        yield Trouble(
            f"The journal ends with event {last}, but event {mark.seq} was written too: its end"
            " was lost, or an older copy was put in its place."
        )


def _pages(connection: sqlite3.Connection, known: Known) -> Iterator[Trouble]:
    for (line,) in connection.execute("pragma quick_check"):
        if line != "ok":
            yield Trouble(f"SQLite finds damage: {line}.")


class _Packed:
    """Events of segments, decoded as the chain comes to them and let go of behind it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._open: dict[int, dict[int, str]] = {}
        self.damaged: list[Trouble] = []
        there = schema_of(connection) >= SINCE
        rows = "select first_seq, last_seq, session from segment order by first_seq"
        self._coming = connection.execute(rows).fetchall() if there else []
        self.end = max((last for _, last, _ in self._coming), default=0)

    def within(self, first: int, last: int) -> dict[int, str]:
        """The packed events of a batch by seq; batches are asked for in their order."""
        while self._coming and self._coming[0][0] <= last:
            begins, ends, session = self._coming.pop(0)
            self._open[ends] = self._read(begins, SessionId(session))
        for ends in [ends for ends in self._open if ends < first]:
            del self._open[ends]
        return {
            seq: text
            for part in self._open.values()
            for seq, text in part.items()
            if first <= seq <= last
        }

    def _read(self, begins: int, session: SessionId) -> dict[int, str]:
        try:
            row = self._connection.execute(
                "select bytes from segment where first_seq = ?", (begins,)
            ).fetchone()
            return dict(events_in(row[0]))
        except (sqlite3.DatabaseError, TypeError):
            sentence = f"The packed events of session {session} from {begins} on can't be read."
            self.damaged.append(Trouble(sentence, sessions=frozenset({session})))
            return {}


def _chain(connection: sqlite3.Connection, known: Known) -> Iterator[Trouble]:
    before, expected = "", 1
    packed = _Packed(connection)
    lost = _Spans(known.lost)
    doubtful = _Spans(known.doubtful)
    batches = connection.execute("select first_seq, last_seq, hash from batch order by first_seq")
    for first, last, digest in batches:
        if first > expected and not (
            lost.cover(expected, first - 1) or doubtful.cover(expected, first - 1)
        ):
            yield Trouble(
                f"The record of the events {expected} to {first - 1} is missing.",
                doubtful=(expected, last),
            )
        rows = connection.execute(
            "select seq, session, type, at_ms, json from event where seq between ? and ?"
            " order by seq",
            (first, last),
        ).fetchall()
        yield from _batch(first, last, (before, digest), rows, packed, lost, doubtful)
        before, expected = digest, last + 1
    yield from packed.damaged
    end = connection.execute("select max(seq) from event").fetchone()[0] or 0
    end = max(end, packed.end)
    if end >= expected:
        told = f"The events from {expected} on were added by something else than Steerdeck."
        yield Trouble(told, doubtful=(expected, end))


def _batch(
    first: int,
    last: int,
    hashes: tuple[str, str],
    rows: list[_Row],
    packed: _Packed,
    lost: "_Spans",
    doubtful: "_Spans",
) -> Iterator[Trouble]:
    texts = packed.within(first, last) | {row[0]: row[4] for row in rows}
    wanted = range(first, last + 1)
    missing = tuple(seq for seq in wanted if seq not in texts)
    fresh = tuple(seq for seq in missing if not lost.hold(seq))
    theirs = frozenset(SessionId(row[1]) for row in rows)
    if fresh:
        yield Trouble(
            f"Of the events {first} to {last} only {len(texts)} are there.",
            missing=fresh,
            doubtful=(first, last) if len(texts) else None,
            sessions=theirs,
        )
    elif missing or doubtful.cover(first, last):
        return
    elif (bad := next((row[0] for row in rows if not isinstance(row[4], str)), None)) is not None:
        yield Trouble(f"Event {bad} has no text.", doubtful=(first, last), sessions=theirs)
    elif chained(hashes[0], [texts[seq] for seq in wanted]) != hashes[1]:
        bad = _first_bad(rows)
        where = f" The first that can be named is event {bad}." if bad else ""
        yield Trouble(
            f"The events {first} to {last} were changed after they were written.{where}",
            doubtful=(first, last),
            sessions=theirs | {SessionId(decode(text).session) for text in texts.values()},
        )
    elif bad := _first_bad(rows):
        yield Trouble(
            f"Event {bad} is filed under other columns than its text says.", sessions=theirs
        )


class _Spans:
    """Seqs by their spans."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans = tuple(spans)

    def hold(self, seq: int) -> bool:
        return any(first <= seq <= last for first, last in self._spans)

    def cover(self, first: int, last: int) -> bool:
        return any(start <= first and last <= end for start, end in self._spans)


def _first_bad(rows: list[_Row]) -> int | None:
    for seq, session, kind, at_ms, text in rows:
        event = decode(text)
        if (event.seq, event.session, type_of(event), event.at_ms) != (seq, session, kind, at_ms):
            return seq
    return None


def _states(connection: sqlite3.Connection, known: Known) -> Iterator[Trouble]:
    lost = _Spans(known.lost)
    for session, seq, last in connection.execute(
        "select id, seq, (select max(seq) from event where session = session.id) from session"
    ):
        if (last is None or last < seq) and not lost.hold(seq) and not _holds(connection, seq):
            yield Trouble(
                f"Events of session {session} are missing: it was folded up to event {seq}.",
                sessions=frozenset({SessionId(session)}),
            )


def _beside(connection: sqlite3.Connection, known: Known) -> Iterator[Trouble]:
    for sentence, session in mismatches(connection):
        if sentence in known.beside:
            continue
        yield Trouble(sentence, sessions=frozenset({session}))


def _search(connection: sqlite3.Connection, known: Known) -> Iterator[Trouble]:
    if differs(connection, written_elsewhere(connection)):
        yield Trouble("The search index does not hold the words of the events.")


def _holds(connection: sqlite3.Connection, seq: int) -> bool:
    """Whether an event is among the packed ones."""
    if schema_of(connection) < SINCE:
        return False
    row = connection.execute(
        "select 1 from segment where first_seq <= ? and last_seq >= ?", (seq, seq)
    ).fetchone()
    return row is not None


def _hashes(connection: sqlite3.Connection, known: Known) -> Iterator[Trouble]:
    for table in ("blob", "checkpoint_bytes"):
        rows = connection.execute(f"select sha, codec, bytes, size from {table}")
        for sha, codec, kept, size in rows:
            try:
                data = unpacked(codec, kept)
            except zlib.error:
                yield Trouble(f"The bytes {sha} in {table} can't be unpacked.", gone=sha)
                continue
            if hashlib.sha256(data).hexdigest() != sha or len(data) != size:
                told = f"The bytes {sha} in {table} are not those that were written."
                yield Trouble(told, gone=sha)
    packed = "select sha from prompt_item where text = '' and sha not in (select sha from blob)"
    yield from _gone(connection.execute(packed), known.gone)
    for sha, text in connection.execute("select sha, text from prompt_item where text <> ''"):
        if hashlib.sha256(text.encode()).hexdigest() != sha:
            yield Trouble(f"The prompt item {sha} is not the text that was written.", gone=sha)


def _gone(rows: Iterable[tuple[Sha]], known: Collection[Sha]) -> Iterator[Trouble]:
    for (sha,) in rows:
        if sha not in known:
            yield Trouble(f"The bytes of the prompt item {sha} are gone.", gone=sha)
