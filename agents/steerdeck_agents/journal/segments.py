"""Streamed text of closed sessions, packed: nearly all events in number, hardly any of the facts.

A segment holds the stored texts of up to `LARGEST` streamed events of one session, exactly as they
were; their rows are gone, all other facts stay rows for SQL. Whoever reads events in order asks
here and finds both.
"""

import sqlite3
import zlib
from typing import Final, NamedTuple, get_args

from steerdeck_agents.facts.events import Streamed
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.journal.database import schema_of

TABLE: Final = (
    # The first line of the packed text are the seqs, the lines after it one event each.
    """create table segment (
        first_seq integer primary key, session text not null, last_seq integer not null,
        count integer not null, bytes blob not null) strict""",
    "create index segment_session on segment (session)",
    # Up to which event the streamed text of a session is packed.
    "create table packed (session text primary key, seq integer not null) strict, without rowid",
)
SINCE: Final = 3
"""The schema that brought segments."""
LARGEST: Final = 500
"""Events of one segment; as many are packed at a time, in about ten milliseconds."""

_TYPES: Final = tuple(sorted(str(kind.__struct_config__.tag) for kind in get_args(Streamed)))
_MARKS: Final = ", ".join("?" * len(_TYPES))


class Line(NamedTuple):
    """One stored event."""

    seq: int
    text: str


def texts(
    connection: sqlite3.Connection,
    session: str | None,
    *,
    after: int = 0,
    before: int = 2**62,
    limit: int = 2**62,
    newest: bool = False,
) -> list[str]:
    """Stored texts with `after` < seq < `before`, ascending: the first `limit`, or the last.

    None as session gives all sessions and the runtime's own facts.
    """
    found = lines(connection, session, after, before, limit, newest=newest)
    return [line.text for line in found]


def lines(
    connection: sqlite3.Connection,
    session: str | None,
    after: int,
    before: int,
    limit: int = 2**62,
    *,
    newest: bool = False,
) -> list[Line]:
    """The same with their seqs."""
    whose = "session = ? and" if session is not None else ""
    values: tuple[object, ...] = () if session is None else (session,)
    way = "desc" if newest else "asc"
    rows = connection.execute(
        f"select seq, json from event where {whose} seq > ? and seq < ? order by seq {way} limit ?",
        (*values, after, before, limit),
    )
    found = [Line(*row) for row in rows]
    if any(not isinstance(line.text, str) for line in found):
        raise sqlite3.DatabaseError("an event has no text")
    if schema_of(connection) >= SINCE:
        edge = "last_seq" if newest else "first_seq"
        segments = connection.execute(
            f"select {edge}, bytes from segment where {whose} last_seq > ? and first_seq < ?"
            f" order by {edge} {way}",
            (*values, after, before),
        )
        for at, packed in segments:
            if len(found) >= limit and (at < found[-1].seq if newest else at > found[-1].seq):
                break
            found += (line for line in unpacked(packed) if after < line.seq < before)
            found.sort(reverse=newest)
            del found[limit:]
    return found[::-1] if newest else found


def unpacked(packed: bytes) -> list[Line]:
    """The events of a segment; sqlite3.DatabaseError when it is damaged, as of any other page."""
    try:
        seqs, *kept = zlib.decompress(packed).decode().split("\n")
        return [Line(int(seq), text) for seq, text in zip(seqs.split(","), kept, strict=True)]
    except (zlib.error, ValueError) as error:
        raise sqlite3.DatabaseError(f"packed events are damaged: {error}") from error


def due(connection: sqlite3.Connection) -> list[SessionId]:
    """Closed sessions that have said something since they were packed."""
    rows = connection.execute(
        "select id from session where status = 'archived' and seq >"
        " coalesce((select seq from packed where session = session.id), 0) order by rowid"
    )
    return [SessionId(session) for (session,) in rows]


def pack(connection: sqlite3.Connection, session: str) -> bool:
    """Pack the next streamed events of a session; False when none is left. In a transaction."""
    rows = connection.execute(
        f"select seq, json from event where session = ? and type in ({_MARKS}) and seq >"
        " coalesce((select seq from packed where session = ?), 0) order by seq limit ?",
        (session, *_TYPES, session, LARGEST),
    ).fetchall()
    seqs = [seq for seq, _ in rows]
    if seqs:
        whole = "\n".join([",".join(map(str, seqs)), *(text for _, text in rows)])
        connection.execute(
            "insert into segment values (?, ?, ?, ?, ?)",
            (seqs[0], session, seqs[-1], len(seqs), zlib.compress(whole.encode(), 6)),
        )
        connection.executemany("delete from event where seq = ?", ((seq,) for seq in seqs))
    reached = "?" if seqs else "(select seq from session where id = ?)"
    connection.execute(
        f"insert or replace into packed values (?, {reached})",
        (session, seqs[-1] if seqs else session),
    )
    return bool(seqs)
