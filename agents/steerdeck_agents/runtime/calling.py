"""Pages of the tool log and of the search, made in threads out of the journal."""

import asyncio

from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.sieve import sieve
from steerdeck_agents.journal.call_closely import closely, output_part
from steerdeck_agents.journal.call_log import calls
from steerdeck_agents.journal.finding import hits
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.runtime.wire_calls import (
    CallOf,
    Calls,
    CallsQuery,
    OutputOf,
    Search,
)

_HITS = 1_000
_LINES = 5_000


async def page(reader: JournalReader, query: CallsQuery, now_ms: int) -> object:
    """The page; a SteerdeckError says why it can't be had."""
    return await asyncio.to_thread(made, reader, query, now_ms)


def made(reader: JournalReader, query: CallsQuery, now_ms: int) -> object:
    """The same for whoever is in a thread already, or has no runtime to ask."""
    match query:
        case Calls():
            wanted = sieve(query.filter, "calls", now_ms)
            of = SessionId(query.session) if query.session else None
            return reader.ask(
                lambda connection: calls(
                    connection,
                    wanted,
                    session=of,
                    order=query.order,
                    first=query.first,
                    limit=query.limit,
                    without=query.without,
                )
            )
        case CallOf(session, call):
            return reader.ask(lambda connection: closely(connection, session, call))
        case OutputOf(session, call, first, limit):
            return reader.ask(
                lambda connection: output_part(
                    connection, session, call, first, min(limit, _LINES)
                )[0]
            )
        case Search(words, limit):
            asked = sieve(words, "hits", now_ms)
            return reader.ask(lambda connection: hits(connection, asked, min(limit, _HITS)))
