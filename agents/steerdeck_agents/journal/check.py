"""Is the journal as it was written? Pages, hash chain, columns, and everything named by a hash."""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterator

from steerdeck_agents.facts.events import decode, type_of
from steerdeck_agents.journal.chain import chained
from steerdeck_agents.journal.storing import unpacked


def findings(connection: sqlite3.Connection) -> list[str]:
    """What is wrong, a sentence each, the first bad event first; empty when all is well."""
    found: list[str] = []
    for look in (_chain, _states, _pages, _hashes):
        try:
            found += look(connection)
        except sqlite3.DatabaseError as error:
            found.append(f"The database can't be read in full ({error}).")
    return found


def _pages(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute("pragma quick_check"):
        if line != "ok":
            yield f"SQLite finds damage: {line}."


def _chain(connection: sqlite3.Connection) -> Iterator[str]:
    before, expected = "", 1
    batches = connection.execute("select first_seq, last_seq, hash from batch order by first_seq")
    for first, last, digest in batches:
        if first != expected:
            yield f"The record of the events {expected} to {first - 1} is missing."
        rows = connection.execute(
            "select seq, session, type, at_ms, json from event where seq between ? and ?"
            " order by seq",
            (first, last),
        ).fetchall()
        if [row[0] for row in rows] != list(range(first, last + 1)):
            yield f"Of the events {first} to {last} only {len(rows)} are there."
        elif chained(before, [row[4] for row in rows]) != digest:
            bad = _first_bad(rows)
            where = f" The first that can be named is event {bad}." if bad else ""
            yield f"The events {first} to {last} were changed after they were written.{where}"
        elif bad := _first_bad(rows):
            yield f"Event {bad} is filed under other columns than its text says."
        before, expected = digest, last + 1
    end = connection.execute("select max(seq) from event").fetchone()[0] or 0
    if end >= expected:
        yield f"The events from {expected} on were added by something else than Steerdeck."


def _first_bad(rows: list[tuple[int, str, str, int, str]]) -> int | None:
    for seq, session, kind, at_ms, text in rows:
        event = decode(text)
        if (event.seq, event.session, type_of(event), event.at_ms) != (seq, session, kind, at_ms):
            return seq
    return None


def _states(connection: sqlite3.Connection) -> Iterator[str]:
    for session, seq, last in connection.execute(
        "select id, seq, (select max(seq) from event where session = session.id) from session"
    ):
        if last is None or last < seq:
            yield f"Events of session {session} are missing: it was folded up to event {seq}."


def _hashes(connection: sqlite3.Connection) -> Iterator[str]:
    for table in ("blob", "checkpoint_bytes"):
        for sha, codec, kept in connection.execute(f"select sha, codec, bytes from {table}"):
            try:
                data = unpacked(codec, kept)
            except zlib.error:
                yield f"The bytes {sha} in {table} can't be unpacked."
                continue
            if hashlib.sha256(data).hexdigest() != sha:
                yield f"The bytes {sha} in {table} are not those that were written."
    packed = "select sha from prompt_item where text = '' and sha not in (select sha from blob)"
    for (sha,) in connection.execute(packed):
        yield f"The bytes of the prompt item {sha} are gone."
    for sha, text in connection.execute("select sha, text from prompt_item where text <> ''"):
        if hashlib.sha256(text.encode()).hexdigest() != sha:
            yield f"The prompt item {sha} is not the text that was written."
