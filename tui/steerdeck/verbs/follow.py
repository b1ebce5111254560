"""The facts of a running session as they come, each once and in order.

Streamed pieces of text are left out: their items come whole when they end, and a reader that is
slow can then never miss anything.
"""

from collections.abc import AsyncIterator

import msgspec

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client

PAGE = 500


async def follow(
    client: Client, session: SessionId, after: int
) -> AsyncIterator[tuple[str, e.Event]]:
    """Stored text and event of every fact after the event `after`, without end.

    An empty `session` means all of them. WireError when the runtime goes away.
    """
    await client.watch(session, "status")
    seen = after
    while page := await _page(client, wire.Events(session, after=seen, limit=PAGE)):
        for text in page:
            event = e.decode(text)
            seen = max(seen, event.seq)
            if not isinstance(event, e.Streamed):
                yield text, event
    async for frame in client.incoming():
        for text in await _texts(client, frame, session):
            event = e.decode(text)
            if event.seq > seen:
                seen = event.seq
                yield text, event


async def _texts(client: Client, frame: object, session: SessionId) -> list[str]:
    match frame:
        case wire.Facts(events):
            return [bytes(raw).decode() for raw in events]
        case wire.Large(whose, seq) if not session or whose == session:
            return await _page(client, wire.Events(whose, after=seq - 1, limit=1))
        case wire.Bye(reason):
            raise WireError(reason)
        case _:
            return []


async def _page(client: Client, query: wire.Events) -> list[str]:
    rows = msgspec.json.decode(await client.ask_raw(query), type=list[msgspec.Raw])
    return [bytes(row).decode() for row in rows]
