"""Does the search index hold the words of the events, no more and no less?

It keeps no text of its own, so FTS5 can't tell by itself; one is made anew in memory and both are
read side by side, word for word.
"""

import sqlite3
from itertools import zip_longest

from steerdeck_agents.journal.database import SCHEMA, schema_of
from steerdeck_agents.journal.rebuild import rebuild_search

_WORDS = "select term, doc, offset from temp.indexed where doc > ? order by term, doc, offset"


def differs(connection: sqlite3.Connection, since: int) -> bool:
    """Whether a word of the events after `since` is missing in the index, or one is too many.

    Nothing is said of a newer schema, whose events hold other words in good faith. Raises
    sqlite3.Error where the index can't be read.
    """
    if schema_of(connection) > SCHEMA:
        return False
    (how,) = connection.execute("select sql from sqlite_schema where name = 'search'").fetchone()
    made = sqlite3.connect(":memory:", isolation_level=None)
    try:
        made.execute(how)
        rebuild_search(made, connection)
        for one in (made, connection):
            one.execute("drop table if exists temp.indexed")
            one.execute("create virtual table temp.indexed using fts5vocab(main, search, instance)")
        wanted, found = made.execute(_WORDS, (since,)), connection.execute(_WORDS, (since,))
        return any(one != other for one, other in zip_longest(wanted, found))
    finally:
        made.close()
