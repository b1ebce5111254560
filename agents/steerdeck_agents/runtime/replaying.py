"""Pages of a replay as JSON text, made in a thread out of the journal."""

import msgspec

from steerdeck_agents.journal.coursing import among, course
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.runtime.wire_replay import Among, CourseOf, ReplayQuery

_MOST = 50_000


def page(reader: JournalReader, query: ReplayQuery) -> str:
    """The page; a JournalError says why it can't be had."""
    match query:
        case CourseOf(sessions, after, limit):
            most = min(limit, _MOST)
            found = reader.ask(lambda connection: course(connection, sessions, after, most))
            return msgspec.json.encode(found).decode()
        case Among(sessions, first, last):
            texts = reader.ask(lambda connection: among(connection, sessions, first, last))
            return f"[{','.join(texts)}]"
