"""Chat Completions, for servers that have nothing else: the same bytes in, the same chunks out."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from typing import TYPE_CHECKING

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.models import failures, sse
from steerdeck_agents.models.chat_body import translate
from steerdeck_agents.models.chat_read import ChatReading
from steerdeck_agents.models.client import Remains, Whole, ask, make_client
from steerdeck_agents.models.model import Chunk, Opened
from steerdeck_agents.settings.model import ModelSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

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
        self._key = key
        self._idle_s = settings.silence_s if idle_s is None else idle_s
        self._client: AsyncOpenAI | None = None
        self._remains = Remains()

    async def stream(self, body: bytes) -> AsyncGenerator[Chunk, None]:
        """The answer to a request in the Responses form; closing the iterator drops the request.

        Raises:
            ModelError: refused, unreachable, stalled, failed, or ended without a last word.
        """
        if self._client is None:
            self._client = await make_client(self._settings, self._key, self._idle_s)
        sent = translate(body, self.drops)
        reading = ChatReading(self._settings, body)
        events = ask(self._client, "chat", sent, self._settings, self._idle_s)
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
            # A connection that outlives its client would be closed by nobody.
            if reading.ended and self._client is not None:
                self._remains.leave(events)
            else:
                await events.aclose()
        if not reading.finished:
            raise failures.unfinished(failures.host_of(self._settings))
        for chunk in reading.end():
            yield chunk

    async def close(self) -> None:
        client, self._client = self._client, None
        await self._remains.close()
        if client is not None:
            await client.close()


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
