"""One row a call, kept beside the events it is made of, so that 100,000 calls are a page away.

Everything in a row is in events too; the table can be made again from them, and is by the migration
that brings it to older journals.
"""

import json
import re
import sqlite3
from collections.abc import Iterable
from typing import Final

from steerdeck_agents.facts import events as e

TABLE: Final = (
    """create table call (
        seq integer primary key, session text not null, id text not null, at_ms integer not null,
        tool text not null, title text not null, phase text not null,
        started_ms integer not null default 0, duration_ms integer not null default 0,
        exit_code integer, summary text not null default '', allowed_by text not null default '',
        level text not null default '', by_hand integer not null default 0,
        paths text not null default '', ended_seq integer not null default 0) strict""",
    "create index call_session on call (session, seq)",
    "create index call_id on call (id, session)",
)
CALLED: Final = frozenset({
    e.CallRequested, e.HandOrdered, e.CallEdited, e.ApprovalRequested, e.QuestionAsked,
    e.ApprovalDecided, e.ApprovalExpired, e.QuestionAnswered, e.CallStarted, e.HandStarted,
    e.CallEnded, e.HandEnded, e.CallLost, e.CheckpointTaken,
})  # fmt: skip
"""Types that may change a row; a set, since this is asked for every event."""

TITLE: Final = 2_000
"""Characters of a title that are kept in a row."""
_PATHS: Final = 100
_KEYS: Final = ("path", "paths", "file", "files", "folder", "root")
_PATCHED = re.compile(r"^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+)$", re.MULTILINE)
_MINE: Final = " where seq = (select max(seq) from call where id = ? and session = ?)"


def keep(connection: sqlite3.Connection, events: Iterable[e.Event]) -> None:
    """Bring the rows up to events that have their seq, in their order."""
    for event in events:
        if event.call:
            _keep(connection, event)


def _keep(connection: sqlite3.Connection, event: e.Event) -> None:
    match event:
        case e.CallRequested():
            _insert(connection, event, event.tool, event.title, paths_in(event.arguments))
        case e.HandOrdered():
            _insert(connection, event, "shell", event.script, (), by_hand=True)
        case e.CallEdited():
            _set(connection, event, "title = ?, phase = 'requested'", event.text[:TITLE])
        case e.ApprovalRequested():
            _set(connection, event, "phase = 'asks'")
            outline = event.outline
            named = [file.path for file in event.files]
            _add_paths(connection, event, (*named, *outline.writes, *outline.reads))
        case e.QuestionAsked():
            _set(connection, event, "phase = 'asks'")
        case e.ApprovalDecided() | e.ApprovalExpired() | e.QuestionAnswered():
            _set(
                connection, event, "phase = case phase when 'asks' then 'requested' else phase end"
            )
        case e.CallStarted():
            _set(connection, event, "phase = 'running', started_ms = ?, allowed_by = ?, level = ?",
                 event.at_ms, event.allowed_by, event.level)  # fmt: skip
        case e.HandStarted():
            _set(connection, event, "phase = 'running', started_ms = ?, allowed_by = ?, level = ?",
                 event.at_ms, "you ran it", event.level)  # fmt: skip
        case e.CallEnded() | e.HandEnded():
            ended = "phase = ?, duration_ms = ?, exit_code = ?, summary = ?, ended_seq = ?"
            _set(connection, event, ended, event.status, event.duration_ms, event.exit_code,
                 event.summary, event.seq)  # fmt: skip
        case e.CallLost():
            _set(connection, event, "phase = 'lost'")
        case e.CheckpointTaken():
            _add_paths(connection, event, event.paths)


def _insert(
    connection: sqlite3.Connection,
    event: e.Event,
    tool: str,
    title: str,
    paths: tuple[str, ...],
    *,
    by_hand: bool = False,
) -> None:
    connection.execute(
        "insert into call (seq, session, id, at_ms, tool, title, phase, by_hand, paths)"
        " values (?, ?, ?, ?, ?, ?, 'requested', ?, ?)",
        (event.seq, event.session, event.call, event.at_ms, tool, title[:TITLE], by_hand,
         _joined(paths)),
    )  # fmt: skip


def _set(connection: sqlite3.Connection, event: e.Event, what: str, *values: object) -> None:
    connection.execute(f"update call set {what}{_MINE}", (*values, event.call, event.session))


def _add_paths(connection: sqlite3.Connection, event: e.Event, paths: tuple[str, ...]) -> None:
    if not paths:
        return
    row = connection.execute(
        f"select seq, paths from call{_MINE}", (event.call, event.session)
    ).fetchone()
    if row is not None:
        known = tuple(row[1].split("\n")) if row[1] else ()
        connection.execute(
            "update call set paths = ? where seq = ?", (_joined((*known, *paths)), row[0])
        )


def _joined(paths: Iterable[str]) -> str:
    clean = (path.replace("\n", "␊").encode("utf-8", "replace").decode() for path in paths)
    return "\n".join(list(dict.fromkeys(path for path in clean if path))[:_PATHS])


def paths_in(arguments: str) -> tuple[str, ...]:
    """Files a call's input names, as far as its form tells: a patch, or fields that hold paths."""
    patched = arguments
    found: list[str] = []
    try:
        told = json.loads(arguments)
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, dict):
        patched = told["patch"] if isinstance(told.get("patch"), str) else ""
        for key in _KEYS:
            value = told.get(key)
            found += [value] if isinstance(value, str) else []
            found += (
                [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
            )
    return (*found, *_PATCHED.findall(patched))
