"""The chunks of one Chat Completions answer as chunks of ours, its items in the Responses form.

The items are made once, by us, when the answer is whole; from then on they are stored texts like
any other. Servers differ: reasoning has two names, calls come without an index or with arguments
as an object, the last chunk may lack usage or `[DONE]`. What can't be read ends the answer with
a named error, because here nothing is told twice.
"""

from collections.abc import Iterator

from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.requests import Ending
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.models import failures, sse
from steerdeck_agents.models.chat_body import call_ids
from steerdeck_agents.models.client import dump
from steerdeck_agents.models.model import Chunk, Ended, ItemDone, TextDelta
from steerdeck_agents.models.responses import count
from steerdeck_agents.models.surrogates import Halves, visible
from steerdeck_agents.settings.model import ModelSettings

_ENDINGS: dict[str, Ending] = {
    "length": "cut_off",
    "max_tokens": "cut_off",
    "model_length": "cut_off",
    "content_filter": "filtered",
    "safety": "filtered",
    "refusal": "refused",
}
_FAILED = frozenset({"error", "abort", "aborted", "cancelled", "network_error"})


class _Call:
    """A call still arriving."""

    def __init__(self, name: str) -> None:
        self.item = name
        self.id = ""
        self.tool = ""
        self.arguments: list[str] = []


class ChatReading:
    """Turns the chunks of one answer into ours."""

    def __init__(self, settings: ModelSettings, body: bytes) -> None:
        self._settings = settings
        self._host = failures.host_of(settings)
        self._body = body
        self._halves = Halves()
        self._words: list[str] = []
        self._refusal: list[str] = []
        self._thoughts: list[str] = []
        self._field = ""
        self._calls: list[_Call] = []
        self._places: dict[int, _Call] = {}
        self._usage = Usage()
        self._served = ""
        self._reason = ""
        self.finished = False
        """The server said how the answer ended; only usage may follow."""
        self.ended = False

    def read(self, event: object) -> Iterator[Chunk]:
        """The chunks of one event; shapes nobody knows have none.

        Raises:
            ModelError: the event tells of a failure, or can't be read.
        """
        if event is sse.Mark.DONE:
            yield from self.end()
        elif event is sse.Mark.BROKEN:
            if not self.finished:
                raise failures.broken(self._host)
        elif isinstance(event, dict):
            if isinstance(event.get("error"), dict | str):
                told = failures.error_of(event)
                raise failures.reported(self._host, *told, body=event)
            if isinstance(event.get("model"), str):
                self._served = event["model"]
            self._count(event)
            choices = event.get("choices")
            for choice in choices if isinstance(choices, list) else []:
                if isinstance(choice, dict) and choice.get("index", 0) in (0, None):
                    yield from self._choice(choice)

    def end(self) -> Iterator[Chunk]:
        """The items and the end of the answer, once."""
        if self.ended:
            return
        self.ended = True
        if self._reason in _FAILED:
            raise failures.ended_early(self._host, self._reason)
        ending: Ending = "refused" if self._refusal else _ENDINGS.get(self._reason, "")
        items = list(self._items())
        if not ending and not any(item.type != "reasoning" for item in items):
            ending = "empty"
        yield from items
        served = visible(self._served or self._settings.model)
        yield Ended(usage=self._usage, served_model=served, ending=ending)

    def _choice(self, choice: dict[str, object]) -> Iterator[Chunk]:
        # An answer that was not streamed holds a whole message where chunks hold a delta.
        delta = choice.get("delta") or choice.get("message")
        if isinstance(delta, dict):
            yield from self._think(delta)
            yield from self._say(delta)
            calls = delta.get("tool_calls")
            for place, call in enumerate(calls if isinstance(calls, list) else []):
                if isinstance(call, dict):
                    yield from self._ask(place, call)
        if isinstance(reason := choice.get("finish_reason"), str) and reason:
            self.finished = True
            self._reason = reason

    def _think(self, delta: dict[str, object]) -> Iterator[Chunk]:
        for field in ("reasoning_content", "reasoning"):
            text = delta.get(field)
            if isinstance(text, str) and text:
                self._field = self._field or field
                yield from self._add(self._thoughts, "reasoning", "reasoning", text)
                return

    def _say(self, delta: dict[str, object]) -> Iterator[Chunk]:
        content, refusal = delta.get("content"), delta.get("refusal")
        if isinstance(content, list):
            for part in content:
                if isinstance(part, dict):
                    yield from self._part(part)
        elif isinstance(content, str) and content:
            yield from self._add(self._words, "message", "message", content)
        if isinstance(refusal, str) and refusal:
            yield from self._add(self._refusal, "message", "message", refusal)

    def _part(self, part: dict[str, object]) -> Iterator[Chunk]:
        """A part of a content in pieces: text, or thinking that holds text in turn."""
        text, thinking = part.get("text"), part.get("thinking")
        if isinstance(text, str) and text:
            yield from self._add(self._words, "message", "message", text)
        for inner in thinking if isinstance(thinking, list) else []:
            if isinstance(inner, dict) and isinstance(inner.get("text"), str):
                yield from self._add(self._thoughts, "reasoning", "reasoning", inner["text"])

    def _ask(self, place: int, call: dict[str, object]) -> Iterator[Chunk]:
        function = call.get("function")
        told = function if isinstance(function, dict) else {}
        name, own = told.get("name"), call.get("id")
        slot = self._slot(place, call.get("index"), own, name)
        if isinstance(own, str) and own and not slot.id:
            slot.id = own
        if isinstance(name, str) and name and not slot.tool:
            slot.tool = name
        arguments = told.get("arguments")
        if isinstance(arguments, dict):
            arguments = dump(arguments)
        if isinstance(arguments, str) and arguments:
            yield from self._add(slot.arguments, slot.item, "arguments", arguments)

    def _slot(self, place: int, index: object, own: object, name: object) -> _Call:
        """The call a fragment belongs to; some servers give every call the index 0, or none."""
        key = index if isinstance(index, int) else place if own or name else len(self._places) - 1
        slot = self._places.get(key)
        other = bool(own) and slot is not None and bool(slot.id) and own != slot.id and bool(name)
        if slot is None or other:
            slot = _Call(f"call_{len(self._calls)}")
            self._calls.append(slot)
            self._places[key] = slot
        return slot

    def _add(self, into: list[str], item: str, kind: str, text: str) -> Iterator[Chunk]:
        into.append(text)
        shown = self._halves.add(f"{item} {kind}", text)
        if shown:
            match kind:
                case "message" | "reasoning" | "arguments":
                    yield TextDelta(item=item, kind=kind, text=shown)

    def _count(self, event: dict[str, object]) -> None:
        groq = event.get("x_groq")
        usage = event.get("usage") or (groq.get("usage") if isinstance(groq, dict) else None)
        if isinstance(usage, dict):
            self._usage = usage_of(usage)

    def _items(self) -> Iterator[ItemDone]:
        if self._thoughts:
            text = "".join(self._thoughts)
            content = [{"type": "reasoning_text", "text": text}]
            item = {"type": "reasoning", "summary": [], "content": content}
            yield _done("reasoning", {**item, "field": self._field or "reasoning_content"})
        if self._words or self._refusal:
            parts = [{"type": "output_text", "text": "".join(self._words), "annotations": []}]
            if self._refusal:
                parts = [{"type": "refusal", "refusal": "".join(self._refusal)}]
            yield _done("message", {"type": "message", "role": "assistant", "content": parts})
        taken = call_ids(self._body) if self._calls else set()
        for number, call in enumerate(self._calls):
            own = self._call_id(call.id, number, taken)
            taken.add(own)
            yield _done(
                call.item,
                {
                    "type": "function_call",
                    "call_id": own,
                    "name": call.tool,
                    "arguments": "".join(call.arguments) or "{}",
                },
            )

    def _call_id(self, told: str, number: int, taken: set[str]) -> str:
        """The server's id; where it gave none, or one of another call, one of our own."""
        if told and told not in taken:
            return told
        own = f"call_{sha_of(self._body)[:16]}{number}"
        return own if own not in taken else f"{own}_{len(taken)}"


def usage_of(usage: object) -> Usage:
    """Tokens of a `usage` object of Chat Completions; zero where the server is silent.

    DeepSeek says `prompt_cache_hit_tokens`, Moonshot `cached_tokens` beside the others.
    """
    cached = (
        count(usage, "prompt_tokens_details", "cached_tokens")
        or count(usage, "prompt_cache_hit_tokens")
        or count(usage, "cached_tokens")
    )
    return Usage(
        input=count(usage, "prompt_tokens"),
        cached=cached,
        output=count(usage, "completion_tokens"),
        reasoning=count(usage, "completion_tokens_details", "reasoning_tokens"),
    )


def _done(name: str, item: dict[str, object]) -> ItemDone:
    return ItemDone(item=name, type=str(item["type"]), text=visible(dump(item)))
