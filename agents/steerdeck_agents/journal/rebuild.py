"""What follows from events, made again from them: rows of calls, the search index, states."""

import sqlite3
from collections.abc import Collection, Sequence

from steerdeck_agents.facts.events import Event, decode
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.call_rows import CALLED, keep
from steerdeck_agents.journal.refold import UNFOLDABLE, state_at, state_text
from steerdeck_agents.journal.search import SEARCHED, words_of
from steerdeck_agents.journal.segments import texts

_CALLED = sorted(str(kind.__struct_config__.tag) for kind in CALLED)
_SEARCHED = sorted(str(kind.__struct_config__.tag) for kind in SEARCHED)


def _of(connection: sqlite3.Connection, types: Sequence[str]) -> list[Event]:
    marks = ", ".join("?" * len(types))
    rows = connection.execute(f"select json from event where type in ({marks}) order by seq", types)
    return [decode(text) for (text,) in rows]


def rebuild_calls(connection: sqlite3.Connection, hurt: Collection[SessionId]) -> None:
    """Rows of calls from their events; of a hurt session a row that was read knows more."""
    read = {row[0]: row for row in connection.execute("select * from call")}
    connection.execute("begin")
    connection.execute("delete from call")
    keep(connection, _of(connection, _CALLED))
    made = {row[0]: row for row in connection.execute("select * from call")}
    for seq, row in read.items():
        if seq not in made or row[1] in hurt:
            marks = ", ".join("?" * len(row))
            connection.execute(f"insert or replace into call values ({marks})", row)
    connection.execute("commit")


def rebuild_search(
    connection: sqlite3.Connection, source: sqlite3.Connection | None = None
) -> None:
    """The search index of a database that has none yet, of its own events or those of `source`."""
    connection.execute("begin")
    found = ((event.seq, words_of(event)) for event in _of(source or connection, _SEARCHED))
    connection.executemany(
        "insert into search (rowid, text) values (?, ?)", (row for row in found if row[1])
    )
    connection.execute("commit")


def rebuild_sessions(connection: sqlite3.Connection, hurt: Collection[SessionId]) -> None:
    """A row for every session, in the order they were made.

    Those of whole sessions are folded anew. One that lacks events keeps the state it had, which was
    folded while they were there.
    """
    firsts = connection.execute("select session, min(seq) from event group by session order by 2")
    known = [SessionId(session) for session, _ in firsts if session]
    rows = {row[0]: row for row in connection.execute("select * from session")}
    known += [SessionId(session) for session in rows if session not in set(known)]
    connection.execute("begin")
    connection.execute("delete from session")
    for session in known:
        kept = rows.get(session)
        if kept is None or session not in hurt:
            kept = _folded(connection, session, hurt=session in hurt) or kept
        connection.execute("insert into session values (?, ?, ?, ?, ?)", kept or _gone(session))
    connection.execute("commit")


def _folded(
    connection: sqlite3.Connection, session: SessionId, *, hurt: bool
) -> tuple[object, ...] | None:
    state: SessionState | None = None
    try:
        if hurt:
            # A keyframe knows of events that are lost by now.
            state = state_at(connection, session)
        else:
            for text in texts(connection, session):
                state = reduce(state, decode(text))
    except (*UNFOLDABLE, sqlite3.Error):
        return None
    if state is None or not state.workspace.base:
        return None
    return _row(state)


def _gone(session: SessionId) -> tuple[object, ...]:
    reason = "Its first events are lost from the journal; what is left can still be read."
    return _row(SessionState(id=session, name=session, status="unknown", reason=reason))


def _row(state: SessionState) -> tuple[object, ...]:
    return (state.id, state.seq, state.status, state.changed_ms, state_text(state))
