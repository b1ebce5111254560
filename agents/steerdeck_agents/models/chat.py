"""Chat Completions, for servers that have nothing else: the same bytes in, the same chunks out."""

import asyncio
from collections.abc import AsyncGenerator, Collection

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.models import failures, sse
from steerdeck_agents.models.chat_body import translate
from steerdeck_agents.models.chat_read import ChatReading
from steerdeck_agents.models.client import Caller, Whole
from steerdeck_agents.models.model import Chunk, Opened
from steerdeck_agents.settings.model import ModelSettings

LINGER_S = 2.0
"""For the usage that may follow the last word; an answer is whole without it."""


class ChatModel:
    """One model of one server that speaks Chat Completions."""

    def __init__(
        self,
        settings: ModelSettings,
        key: str | None,
        idle_s: float | None = None,
        drops: Collection[str] = (),
    ) -> None:
        self.name = settings.name
        self.drops = drops
        self._settings = settings
        self._caller = Caller(settings, key, idle_s)

    async def stream(self, body: bytes) -> AsyncGenerator[Chunk, None]:
        """The answer to a request in the Responses form; closing the iterator drops the request.

        Raises:
            ModelError: refused, unreachable, stalled, failed, or ended without a last word.
        """
        sent = translate(body, self.drops)
        reading = ChatReading(self._settings, body)
        events = await self._caller.ask("chat", sent)
        try:
            while (event := await _next(events, reading)) is not None:
                if isinstance(event, Opened):
                    yield event
                    continue
                for chunk in reading.read(event):
                    yield chunk
                if reading.ended:
                    return
                if isinstance(event, Whole):
                    break
        finally:
            await self._caller.over(events, whole=reading.ended)
        if not reading.finished:
            raise failures.unfinished(failures.host_of(self._settings))
        for chunk in reading.end():
            yield chunk

    async def close(self) -> None:
        await self._caller.close()


async def _next(
    events: AsyncGenerator[Opened | sse.Json | sse.Mark, None], reading: ChatReading
) -> Opened | sse.Json | sse.Mark | None:
    """The next event; None at the end, also where only usage was still to come and did not."""
    if not reading.finished:
        return await anext(events, None)
    try:
        # Not `wait_for`, which can lose a cancellation to a chunk of that moment.
        async with asyncio.timeout(LINGER_S):
            return await anext(events, None)
    except (TimeoutError, ModelError):
        return None
