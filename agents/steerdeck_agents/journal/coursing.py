"""The course of some sessions out of the journal, and stretches of their events.

Rows are gone through in the order of all and not by the index of sessions: what lived beside each
other lies beside each other, and a page ends where it is full.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from steerdeck_agents.facts.course import BY_OUTCOME, STEADY, CoursePage, marks_of
from steerdeck_agents.facts.events import decode
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.journal.database import schema_of
from steerdeck_agents.journal.segments import SINCE, lines, unpacked


class _When(msgspec.Struct):
    at_ms: int = 0


class _Point(NamedTuple):
    seq: int
    at_ms: int
    session: SessionId
    marks: int


_when = msgspec.json.Decoder(_When)


def course(
    connection: sqlite3.Connection, sessions: Sequence[SessionId], after: int, limit: int
) -> CoursePage:
    """The next `limit` events of these sessions after a seq."""
    found = list(_rows(connection, sessions, after, limit))
    for first, points in _packed(connection, sessions, after):
        if len(found) >= limit and first > found[-1].seq:
            break
        found += points
        found.sort()
        del found[limit:]
    numbers = {session: number for number, session in enumerate(sessions)}
    before = [_Point(after, 0, SessionId(""), 0), *found]
    return CoursePage(
        tuple(one.seq - last.seq for last, one in zip(before, found, strict=False)),
        tuple(one.at_ms - last.at_ms for last, one in zip(before, found, strict=False)),
        tuple(numbers[one.session] for one in found),
        tuple(one.marks for one in found),
    )


def _rows(
    connection: sqlite3.Connection, sessions: Sequence[SessionId], after: int, limit: int
) -> Iterator[_Point]:
    read = ", ".join(f"'{tag}'" for tag in sorted(BY_OUTCOME))
    rows = connection.execute(
        f"select seq, at_ms, session, type, case when type in ({read}) then json end from event"
        f" where seq > ? and +session in ({_blanks(sessions)}) order by seq limit ?",
        (after, *sessions, limit),
    )
    for seq, at_ms, session, tag, text in rows:
        marks = STEADY.get(tag, 0) if text is None else marks_of(decode(text))
        yield _Point(seq, at_ms, session, marks)


def _packed(
    connection: sqlite3.Connection, sessions: Sequence[SessionId], after: int
) -> Iterator[tuple[int, list[_Point]]]:
    """Streamed text that is no row any more, by segments and their first event."""
    if schema_of(connection) < SINCE:
        return
    rows = connection.execute(
        "select first_seq, session, bytes from segment"
        f" where last_seq > ? and session in ({_blanks(sessions)}) order by first_seq",
        (after, *sessions),
    )
    for first, session, packed in rows:
        kept = [line for line in unpacked(packed) if line.seq > after]
        yield first, [_Point(one.seq, _when.decode(one.text).at_ms, session, 0) for one in kept]


def among(
    connection: sqlite3.Connection, sessions: Sequence[SessionId], first: int, last: int
) -> list[str]:
    """Stored texts of the events of these sessions from one seq up to another, both included."""
    found = (lines(connection, session, first - 1, last + 1) for session in sessions)
    return [line.text for line in sorted(line for part in found for line in part)]


def _blanks(sessions: Sequence[SessionId]) -> str:
    return ", ".join("?" * len(sessions))
