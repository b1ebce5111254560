"""Whose bytes these are: which sessions name a hash."""

import re
import sqlite3
from collections.abc import Collection

from steerdeck_agents.facts.ids import SessionId

_HASH = re.compile("[0-9a-f]{64}")


def owners_of(connection: sqlite3.Connection, hashes: Collection[str]) -> dict[str, set[SessionId]]:
    """The sessions that name each hash: in an event, a request or a checkpoint."""
    wanted = set(hashes)
    found: dict[str, set[SessionId]] = {sha: set() for sha in wanted}
    if not wanted:
        return found
    for session, text in connection.execute("select session, json from event"):
        for sha in wanted.intersection(_HASH.findall(text)):
            found[sha].add(SessionId(session))
    for session, fields in connection.execute("select session, fields from request"):
        if fields in wanted:
            found[fields].add(SessionId(session))
    rows = connection.execute(
        "select session, sha from checkpoint_file"
        " join checkpoint on checkpoint.id = checkpoint_file.checkpoint where sha is not null"
    )
    for session, sha in rows:
        if sha in wanted:
            found[sha].add(SessionId(session))
    return found
