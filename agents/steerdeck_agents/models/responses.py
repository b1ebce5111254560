"""The Responses API through the openai SDK: stored bytes go out as they are, events come in raw.

Events are taken as plain objects (`AsyncStream[object]`), not as the SDK's classes: those build an
unknown event as the wrong class, add fields and change the order of keys. So `type` strings decide,
and an item's JSON keeps the order the server gave it.
"""

import json
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.models import failures
from steerdeck_agents.models.client import make_client
from steerdeck_agents.models.model import Chunk, Ended, ItemDone, TextDelta
from steerdeck_agents.models.surrogates import Halves, visible
from steerdeck_agents.settings.config import ModelSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

IDLE_S = 45.0
"""Without a byte for this long, a stream has stalled."""

_DELTAS: dict[str, Literal["message", "reasoning", "arguments"]] = {
    "response.output_text.delta": "message",
    "response.refusal.delta": "message",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.reasoning_text.delta": "reasoning",
    "response.function_call_arguments.delta": "arguments",
    "response.custom_tool_call_input.delta": "arguments",
}


class ResponsesModel:
    """One model of one server that speaks the Responses API."""

    def __init__(self, settings: ModelSettings, key: str | None, idle_s: float = IDLE_S) -> None:
        self.name = settings.name
        self._settings = settings
        self._key = key
        self._idle_s = idle_s
        self._client: AsyncOpenAI | None = None

    async def stream(self, body: bytes) -> AsyncIterator[Chunk]:
        """The answer to exactly these bytes; closing the iterator drops the request.

        Raises:
            ModelError: refused, unreachable, stalled, failed, or ended without a terminal event.
        """
        if self._client is None:
            self._client = await make_client(self._settings, self._key, self._idle_s)
        from openai import APIError, AsyncStream

        host = urlsplit(self._settings.base_url).netloc
        reading = Reading(self._settings)
        try:
            events = await self._client.post(
                "/responses",
                cast_to=object,
                content=body,
                options={"headers": {"Content-Type": "application/json"}},
                stream=True,
                stream_cls=AsyncStream[object],
            )
            try:
                async for event in events:
                    for chunk in reading.read(event):
                        yield chunk
                    if reading.ended:
                        return
            finally:
                await events.close()
        except APIError as error:
            raise failures.from_sdk(error, self._settings, self._idle_s) from error
        except ValueError as error:
            raise failures.unreadable(host) from error
        raise failures.unfinished(host)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None


class Reading:
    """Turns the events of one answer into chunks."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._host = urlsplit(settings.base_url).netloc
        self._names: dict[str, str] = {}
        self._items = 0
        self._halves = Halves()
        self.ended = False

    def read(self, event: object) -> Iterator[Chunk]:
        """The chunks of one event; unknown events and shapes have none.

        Raises:
            ModelError: the event tells of a failure.
        """
        if not isinstance(event, dict):
            return
        kind = event.get("type")
        match kind:
            case "response.output_item.added":
                self._name(event)
            case "response.output_item.done":
                yield from self._item(self._name(event), event.get("item"))
            case "response.completed":
                yield from self._end(event.get("response"))
            case "response.failed":
                raise failures.reported(self._host, *failures.error_of(event.get("response")))
            case "response.incomplete":
                raise failures.incomplete(self._host, _incomplete_reason(event.get("response")))
            case "error":
                raise failures.reported(self._host, *failures.error_of(event))
            case str() if kind in _DELTAS and isinstance(event.get("delta"), str):
                name = self._name(event)
                text = self._halves.add(name, event["delta"])
                if text:
                    yield TextDelta(item=name, kind=_DELTAS[kind], text=text)

    def _name(self, event: dict[str, object]) -> str:
        """One name for one item, by its place: some servers change an item's id between events."""
        item = event.get("item")
        own = event.get("item_id") or (item.get("id") if isinstance(item, dict) else None)
        place = event.get("output_index")
        key = f"{place}" if isinstance(place, int) else f"id {own}"
        if key not in self._names:
            name = str(own or f"item_{key}")
            self._names[key] = f"{name}#{key}" if name in self._names.values() else name
        return self._names[key]

    def _item(self, name: str, item: object) -> Iterator[ItemDone]:
        if isinstance(item, dict):
            self._items += 1
            yield ItemDone(item=name, type=str(item.get("type", "unknown")), text=_dump(item))

    def _end(self, response: object) -> Iterator[Chunk]:
        found = response if isinstance(response, dict) else {}
        output = found.get("output")
        # Some servers tell the items in the last event only.
        if not self._items and isinstance(output, list):
            for place, item in enumerate(output):
                if isinstance(item, dict):
                    yield from self._item(self._name({"output_index": place, "item": item}), item)
        self.ended = True
        served = str(found.get("model") or self._settings.model)
        yield Ended(usage=usage_of(found.get("usage")), served_model=visible(served))


def usage_of(usage: object) -> Usage:
    """Tokens of a response's `usage` object (Responses API); zero where the server is silent."""
    return Usage(
        input=_count(usage, "input_tokens"),
        cached=_count(usage, "input_tokens_details", "cached_tokens"),
        written=_count(usage, "input_tokens_details", "cache_write_tokens"),
        output=_count(usage, "output_tokens"),
        reasoning=_count(usage, "output_tokens_details", "reasoning_tokens"),
    )


def _count(found: object, *path: str) -> int:
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, int) and found > 0 else 0


def _incomplete_reason(response: object) -> str:
    details = response.get("incomplete_details") if isinstance(response, dict) else None
    return str(details.get("reason", "")) if isinstance(details, dict) else ""


def _dump(item: dict[str, object]) -> str:
    """The item's JSON, compact; the only time it is serialised."""
    try:
        return visible(json.dumps(item, ensure_ascii=False, separators=(",", ":")))
    except RecursionError as error:
        raise ModelError("The model sent an item nested too deep to be kept.") from error
