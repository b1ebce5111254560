"""Rows beside the events, held against what the events say: these no hash covers.

An event and the rows it encloses tell the same twice, and states and calls follow from events; so
a row that was changed by itself stands out.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from typing import Final

import msgspec

from steerdeck_agents.facts.events import decode
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.call_rows import CALLED, TABLE, keep
from steerdeck_agents.journal.database import SCHEMA, schema_of
from steerdeck_agents.journal.refold import UNFOLDABLE, named_in, state_at, state_of, state_text

_CALLED: Final = sorted(str(kind.__struct_config__.tag) for kind in CALLED)

CALLS: Final = 2
"""The schema that brought rows of calls."""
_TESTED: Final = "0"
"""What a runtime within a test calls its version."""

_OLD: Final = '"budget":'
"""A field of states that is read as another one now."""

_LOOKS: Final = (
    (
        "The record of request {} is not what its event says.",
        """select request.id, request.session from request left join event using (seq)
        where event.session is not request.session or event.at_ms <> request.at_ms
        or (event.type = 'request.sent' and (
            json_extract(json, '$.request') is not id or json_extract(json, '$.body') is not body
            or json_extract(json, '$.window') is not window
            or json_extract(json, '$.model') is not model
            or json_extract(json, '$.items') is not items))""",
    ),
    (
        "Items or parameters of request {} are not there.",
        """select request.id, request.session from request where items - kept <> (
            select count(*) from request_item join prompt_item using (sha)
            where request = id and position >= kept and position < items)
        or (kept > 0 and base not in (select id from request))
        or (fields not like '{%' and fields not in (select sha from blob))""",
    ),
    (
        "The record of checkpoint {} is not what its event says.",
        """select checkpoint.id, checkpoint.session from checkpoint left join event using (seq)
        where event.session is not checkpoint.session or event.at_ms <> checkpoint.at_ms
        or (event.type = 'checkpoint.taken'
            and json_extract(json, '$.checkpoint') is not checkpoint.id)""",
    ),
    (
        "The files of checkpoint {} are not those its event names.",
        """select distinct checkpoint_file.checkpoint, coalesce(checkpoint.session, '')
        from checkpoint_file left join checkpoint on checkpoint.id = checkpoint_file.checkpoint
        left join event using (seq) where checkpoint.id is null
        or (sha is not null and sha not in (select sha from checkpoint_bytes))
        or (event.type = 'checkpoint.taken' and typeof(path) = 'text' and not exists (
            select 1 from json_each(event.json, '$.paths') where value = checkpoint_file.path))""",
    ),
    (
        "The answer to order {} names an event of another session.",
        """select order_id, order_answer.session from order_answer left join event using (seq)
        where event.seq is null
        or (event.session <> '' and event.session <> order_answer.session)""",
    ),
)


def mismatches(connection: sqlite3.Connection) -> Iterator[tuple[str, SessionId]]:
    """What does not fit, a sentence each, and whose it is."""
    for sentence, query in _LOOKS:
        for name, session in connection.execute(query).fetchall():
            yield sentence.format(name), SessionId(session)
    yield from _keyframes(connection)
    since = written_elsewhere(connection)
    yield from _states(connection, since)
    if schema_of(connection) >= CALLS:
        yield from _calls(connection, since)


def written_elsewhere(connection: sqlite3.Connection) -> int:
    """Where another version wrote last: what that made of events may differ in good faith."""
    rows = connection.execute(
        "select seq, json_extract(json, '$.version') from event"
        " where session = '' and type = 'runtime.started'"
    )
    ours = (_our_version(), _TESTED)
    return max((seq for seq, found in rows if found not in ours), default=0)


@cache
def _our_version() -> str:
    """Read once: installed packages are looked through for it."""
    return version("steerdeck")


def _keyframes(connection: sqlite3.Connection) -> Iterator[tuple[str, SessionId]]:
    for session, seq, packed in connection.execute("select session, seq, state from keyframe"):
        try:
            fits = named_in(packed) == (session, seq)
        except (zlib.error, msgspec.MsgspecError, TypeError):
            fits = False
        if not fits:
            yield f"The stored state of session {session} at event {seq} is damaged.", session


def _states(connection: sqlite3.Connection, since: int) -> Iterator[tuple[str, SessionId]]:
    """Each row against its own state, and that against what is folded from its last keyframe."""
    if schema_of(connection) > SCHEMA:
        return
    rows = connection.execute(
        "select id, seq, status, changed_ms, state from session"
        " where (select min(seq) from event where session = session.id) > ?",
        (since,),
    ).fetchall()
    for name, seq, status, changed_ms, kept in rows:
        session = SessionId(name)
        try:
            state = state_of(kept)
            fits = (state.id, state.seq, state.status, state.changed_ms) == (
                session, seq, status, changed_ms
            )  # fmt: skip
            fits = fits and (_OLD in kept or state_text(state) == kept)
        except msgspec.MsgspecError:
            fits = False
        if not fits:
            yield f"The row of session {session} is damaged.", session
        elif not _follows(connection, state, kept):
            yield f"The state of session {session} does not follow from its events.", session


def _follows(connection: sqlite3.Connection, state: SessionState, kept: str) -> bool:
    """Whether a fold gives the same; a field that is not in the text may be newer than that."""
    try:
        folded = state_at(connection, state.id, state.seq, from_row=False)
    except (*UNFOLDABLE, sqlite3.Error):
        # That a session can't be folded is told where it is listed.
        return True
    written = msgspec.json.decode(kept, type=dict[str, msgspec.Raw])
    return folded is None or all(
        getattr(folded, field) == getattr(state, field)
        for field in SessionState.__struct_fields__
        if field in written
    )


def _calls(connection: sqlite3.Connection, since: int) -> Iterator[tuple[str, SessionId]]:
    made = sqlite3.connect(":memory:")
    try:
        for statement in TABLE:
            made.execute(statement)
        marks = ", ".join("?" * len(_CALLED))
        rows = connection.execute(
            f"select json from event where seq > ? and type in ({marks}) order by seq",
            (since, *_CALLED),
        )
        keep(made, (decode(text) for (text,) in rows))
        wanted = {row[0]: row for row in made.execute("select * from call")}
    finally:
        made.close()
    for row in connection.execute("select * from call where seq > ?", (since,)):
        if wanted.pop(row[0], None) != row:
            yield f"The row of call {row[2]} does not follow from its events.", SessionId(row[1])
    for row in wanted.values():
        yield f"The row of call {row[2]} is missing.", SessionId(row[1])
