"""What the journal holds of requests, for pages that add up or look closely: rows of facts.

The event table has no index by type, on purpose: appends are many and these pages few. Of one
session rows are found by the session's index; all since a time by a search in `seq`, which grows
with time.
"""

import sqlite3
from typing import NamedTuple

import msgspec

from steerdeck_agents.facts.ids import RequestId, SessionId, Sha

_KINDS = "('request.sent', 'request.ended', 'request.retry')"


class RequestItem(msgspec.Struct, frozen=True):
    """One item of a request, exactly as sent, and the part of our code that first made it."""

    sha: Sha
    origin: str
    text: str


class Grown(NamedTuple):
    """Facts about spending that came after a place in the journal."""

    texts: list[str]
    last: int
    """The new place."""


def facts_of_requests(connection: sqlite3.Connection, session: SessionId) -> list[str]:
    """Stored texts of what was sent, how it ended and what is asked again, in order."""
    rows = connection.execute(
        f"select json from event where session = ? and type in {_KINDS} order by seq", (session,)
    )
    return [text for (text,) in rows]


def spending(connection: sqlite3.Connection, after: int, since_ms: int) -> Grown:
    """Ends of requests, calls and turns, and warnings about budgets, after a seq and a time."""
    (last,) = connection.execute("select coalesce(max(seq), 0) from event").fetchone()
    first = max(after, _before(connection, since_ms, last))
    rows = connection.execute(
        "select json from event where seq > ? and seq <= ? and at_ms >= ?"
        " and type in ('request.ended', 'call.ended', 'turn.ended', 'budget.warned')"
        " order by seq",
        (first, last, since_ms),
    )
    return Grown([text for (text,) in rows], last)


def names_of_requests(connection: sqlite3.Connection, words: str) -> list[RequestId]:
    """Ids that are `words` or begin so, with or without the prefix all have; at most three."""
    rows = connection.execute(
        "select id from request where id = :words or substr(id, 1, :long) = :words"
        " or substr(id, instr(id, '_') + 1, :long) = :words order by id <> :words, seq limit 3",
        {"words": words, "long": len(words)},
    )
    return [found for (found,) in rows]


def _before(connection: sqlite3.Connection, since_ms: int, last: int) -> int:
    """A seq before the first event of that time, by halving."""
    low, high = 0, last
    while low < high:
        middle = (low + high + 1) // 2
        row = connection.execute(
            "select seq, at_ms from event where seq <= ? order by seq desc limit 1", (middle,)
        ).fetchone()
        if row is None or row[1] < since_ms:
            low = middle
        else:
            high = min(middle - 1, row[0] - 1)
    return low
