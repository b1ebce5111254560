"""The tables of the journal and the way from each schema to the next.

Only this file needs sqlite-utils, whose import costs more than opening a database, so it is
loaded only when there is something to migrate.
"""

import sqlite3
from pathlib import Path

from sqlite_utils import Database, Migrations

from steerdeck_agents.facts.events import decode
from steerdeck_agents.journal.call_rows import CALLED, TABLE, keep
from steerdeck_agents.journal.database import private_file, schema_of
from steerdeck_agents.journal.segments import TABLE as SEGMENTS

migrations = Migrations("steerdeck")

_FIRST = (
    # `json` is the text as relayed and exported; the other columns repeat it for SQL.
    """create table event (
        seq integer primary key, session text not null, type text not null,
        at_ms integer not null, json text not null) strict""",
    # A rowid is part of every index: this one is ordered by session, then seq.
    "create index event_session on event (session)",
    "create index event_prompt on event (session) where type = 'prompt.added'",
    """create table batch (
        first_seq integer primary key, last_seq integer not null, hash text not null) strict""",
    """create table session (
        id text primary key, seq integer not null, status text not null,
        changed_ms integer not null, state text not null) strict""",
    """create table keyframe (
        session text not null, seq integer not null, state blob not null,
        primary key (session, seq)) strict, without rowid""",
    """create table blob (
        sha text primary key, size integer not null, codec text not null,
        bytes blob not null) strict""",
    """create table prompt_item (
        sha text primary key, text text not null, origin text not null) strict""",
    # The first `kept` items are those of the request `base`; rows of request_item tell the rest.
    """create table request (
        id text primary key, session text not null, seq integer not null,
        at_ms integer not null, window integer not null, model text not null,
        fields text not null, body text not null, items integer not null,
        base text, kept integer not null) strict""",
    "create index request_session on request (session, seq)",
    """create table request_item (
        request text not null, position integer not null, sha text not null,
        primary key (request, position)) strict, without rowid""",
    """create table order_answer (
        order_id text primary key, session text not null, seq integer not null) strict""",
    """create table checkpoint (
        id text primary key, session text not null, seq integer not null,
        at_ms integer not null) strict""",
    "create index checkpoint_session on checkpoint (session, seq)",
    # Paths are text, or exact bytes where a name is not UTF-8.
    """create table checkpoint_file (
        checkpoint text not null, path any not null, mode integer not null, sha text,
        link any, primary key (checkpoint, path)) strict, without rowid""",
    """create table checkpoint_bytes (
        sha text primary key, size integer not null, codec text not null,
        bytes blob not null) strict""",
    """create table lease (
        id integer primary key check (id = 1), pid integer not null, boot text not null,
        started text not null) strict""",
    """create virtual table search using fts5 (
        text, content = '', tokenize = "unicode61 remove_diacritics 2")""",
)


@migrations()
def m001_first(db: Database) -> None:
    """The first schema."""
    for statement in _FIRST:
        db.execute(statement)
    db.execute("pragma user_version = 1")


@migrations()
def m002_calls(db: Database) -> None:
    """A row a call, made from the events there are."""
    for statement in TABLE:
        db.execute(statement)
    types = sorted(str(kind.__struct_config__.tag) for kind in CALLED)
    marks = ", ".join("?" * len(types))
    texts = db.execute(f"select json from event where type in ({marks}) order by seq", types)
    keep(db.conn, (decode(text) for (text,) in texts))
    db.execute("pragma user_version = 2")


@migrations()
def m003_segments(db: Database) -> None:
    """Where streamed text of closed sessions is packed."""
    for statement in SEGMENTS:
        db.execute(statement)
    db.execute("pragma user_version = 3")


def migrate(connection: sqlite3.Connection, path: Path, steps: Migrations = migrations) -> None:
    """Bring a database to the newest schema, each step all or nothing.

    A database that holds something is first copied to `<name>.schema-<old>` beside it.
    """
    found = schema_of(connection)
    if found:
        copy = path.with_name(f"{path.name}.schema-{found}")
        private_file(copy)
        target = sqlite3.connect(copy)
        try:
            connection.backup(target)
        finally:
            target.close()
    steps.apply(Database(connection, recursive_triggers=False, execute_plugins=False))
