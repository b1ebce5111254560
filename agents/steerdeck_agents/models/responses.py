"""The Responses API through the openai SDK: stored bytes go out as they are, events come in raw.

Events are taken as plain objects, not as the SDK's classes: those build an unknown event as the
wrong class, add fields and change the order of keys. So `type` strings decide, and an item's JSON
keeps the order the server gave it.
"""

from collections.abc import AsyncGenerator, Iterator
from typing import Literal, TypeGuard

from steerdeck_agents.facts.requests import Ending
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.models import failures, sse
from steerdeck_agents.models.client import Caller, Whole, dump
from steerdeck_agents.models.model import Chunk, Ended, ItemDone, Opened, TextDelta
from steerdeck_agents.models.surrogates import Halves, visible
from steerdeck_agents.settings.model import ModelSettings

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

    def __init__(
        self, settings: ModelSettings, key: str | None, idle_s: float | None = None
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._caller = Caller(settings, key, idle_s)

    async def stream(self, body: bytes) -> AsyncGenerator[Chunk, None]:
        """The answer to exactly these bytes; closing the iterator drops the request.

        Raises:
            ModelError: refused, unreachable, stalled, failed, or ended without a terminal event.
        """
        reading = Reading(self._settings)
        events = await self._caller.ask("responses", body)
        try:
            async for event in events:
                if isinstance(event, Opened):
                    yield event
                    continue
                for chunk in reading.read(event):
                    yield chunk
                if reading.ended:
                    return
        finally:
            await self._caller.over(events, whole=reading.ended)
        raise failures.unfinished(failures.host_of(self._settings))

    async def close(self) -> None:
        await self._caller.close()


class Reading:
    """Turns the events of one answer into chunks."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._host = failures.host_of(settings)
        self._names: dict[str, str] = {}
        self._items: list[str] = []
        """Names of the items that are whole."""
        self._halves = Halves()
        self._lost = False
        self._refused = False
        self._said = False
        self.ended = False

    def read(self, event: object) -> Iterator[Chunk]:
        """The chunks of one event; unknown events and shapes have none.

        Raises:
            ModelError: the event tells of a failure.
        """
        if event is sse.Mark.BROKEN:
            # Deltas are told again by the item they belong to; an item by the last event.
            self._lost = True
        if not isinstance(event, dict):
            return
        kind = event.get("type")
        if isinstance(event, Whole):
            status = event.get("status")
            kind, event = f"response.{status}", {"response": dict(event), **event}
            if status not in ("completed", "failed", "incomplete"):
                kind = "error" if event.get("error") else ""
        delta = event.get("delta")
        match kind:
            case "response.output_item.added":
                self._name(event)
            case "response.output_item.done":
                again = isinstance(event.get("output_index"), int)
                yield from self._item(self._name(event), event.get("item"), again=again)
            case "response.completed":
                yield from self._end(event.get("response"), "")
            case "response.incomplete":
                yield from self._incomplete(event.get("response"))
            case "response.failed":
                self._fail(event.get("response"))
            case "error":
                self._fail(event)
            case str() if kind in _DELTAS and isinstance(delta, str):
                name = self._name(event)
                text = self._halves.add(name, delta)
                if text:
                    yield TextDelta(item=name, kind=_DELTAS[kind], text=text)
            case _ if isinstance(event.get("error"), dict | str):
                self._fail(event)

    def _fail(self, told: object) -> None:
        raise failures.reported(self._host, *failures.error_of(told), body=told)

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

    def _item(self, name: str, item: object, *, again: bool = False) -> Iterator[ItemDone]:
        """A whole item; one that is told `again` for the same place counts once."""
        if not isinstance(item, dict) or (again and name in self._items):
            return
        if name in self._items:
            name = f"{name}#{len(self._items)}"
        self._items.append(name)
        self._refused = self._refused or _refuses(item)
        self._said = self._said or _says(item)
        yield ItemDone(item=name, type=str(item.get("type", "unknown")), text=visible(dump(item)))

    def _incomplete(self, response: object) -> Iterator[Chunk]:
        details = response.get("incomplete_details") if isinstance(response, dict) else None
        reason = str(details.get("reason", "")) if isinstance(details, dict) else ""
        match reason:
            case "max_output_tokens" | "max_tokens":
                yield from self._end(response, "cut_off")
            case "content_filter":
                yield from self._end(response, "filtered")
            case _:
                raise failures.ended_early(self._host, reason)

    def _end(self, response: object, ending: Ending) -> Iterator[Chunk]:
        found = response if isinstance(response, dict) else {}
        yield from self._rest(found.get("output"))
        if self._lost and not self._said and not ending:
            raise failures.broken(self._host)
        self.ended = True
        served = str(found.get("model") or self._settings.model)
        if not ending:
            ending = "refused" if self._refused else "" if self._said else "empty"
        yield Ended(usage=usage_of(found.get("usage")), served_model=visible(served), ending=ending)

    def _rest(self, output: object) -> Iterator[ItemDone]:
        """Items the last event alone told: some servers do so, and an event may have been lost."""
        items = [item for item in output if isinstance(item, dict)] if _is_list(output) else []
        if self._items and not self._lost:
            return
        begun = len(self._names)
        names = [
            self._name({"output_index": place, "item": item}) for place, item in enumerate(items)
        ]
        fits = names[: len(self._items)] == self._items
        if self._lost and not (items and fits):
            if items or len(self._items) < begun:
                raise failures.broken(self._host)
            return
        for name, item in zip(names, items, strict=True):
            yield from self._item(name, item, again=True)


def usage_of(usage: object) -> Usage:
    """Tokens of a response's `usage` object (Responses API); zero where the server is silent."""
    return Usage(
        input=count(usage, "input_tokens"),
        cached=count(usage, "input_tokens_details", "cached_tokens"),
        written=count(usage, "input_tokens_details", "cache_write_tokens"),
        output=count(usage, "output_tokens"),
        reasoning=count(usage, "output_tokens_details", "reasoning_tokens"),
    )


def count(found: object, *path: str) -> int:
    """A number of tokens somewhere inside an object; zero when there is none."""
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, int) and found > 0 else 0


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _says(item: dict[str, object]) -> bool:
    """Whether an item is a call or holds words; reasoning alone is no answer."""
    content = item.get("content")
    if item.get("type") != "message" or not _is_list(content):
        return item.get("type") != "reasoning"
    return any(
        isinstance(part, dict) and (part.get("text") or part.get("refusal")) for part in content
    )


def _refuses(item: dict[str, object]) -> bool:
    content = item.get("content")
    return isinstance(content, list) and any(
        isinstance(part, dict) and part.get("type") == "refusal" for part in content
    )
