"""The course of some sessions out of the journal, and stretches of their events.

Rows are gone through in the order of all and not by the index of sessions: what lived beside each
other lies beside each other, and a page ends where it is full.
"""

import sqlite3
from collections.abc import Sequence

from steerdeck_agents.facts.course import BY_OUTCOME, STEADY, CoursePage, marks_of
from steerdeck_agents.facts.events import decode
from steerdeck_agents.facts.ids import SessionId


def course(
    connection: sqlite3.Connection, sessions: Sequence[SessionId], after: int, limit: int
) -> CoursePage:
    """The next `limit` events of these sessions after a seq."""
    read = ", ".join(f"'{tag}'" for tag in sorted(BY_OUTCOME))
    rows = connection.execute(
        f"select seq, at_ms, session, type, case when type in ({read}) then json end from event"
        f" where seq > ? and +session in ({_blanks(sessions)}) order by seq limit ?",
        (after, *sessions, limit),
    )
    numbers = {session: number for number, session in enumerate(sessions)}
    seqs: list[int] = []
    times: list[int] = []
    whose: list[int] = []
    marks: list[int] = []
    time = 0
    for seq, at_ms, session, tag, text in rows:
        seqs.append(seq - after)
        times.append(at_ms - time)
        whose.append(numbers[session])
        marks.append(STEADY.get(tag, 0) if text is None else marks_of(decode(text)))
        after, time = seq, at_ms
    return CoursePage(tuple(seqs), tuple(times), tuple(whose), tuple(marks))


def among(
    connection: sqlite3.Connection, sessions: Sequence[SessionId], first: int, last: int
) -> list[str]:
    """Stored texts of the events of these sessions from one seq up to another, both included."""
    rows = connection.execute(
        "select json from event where seq between ? and ?"
        f" and +session in ({_blanks(sessions)}) order by seq",
        (first, last, *sessions),
    )
    return [text for (text,) in rows]


def _blanks(sessions: Sequence[SessionId]) -> str:
    return ", ".join("?" * len(sessions))
