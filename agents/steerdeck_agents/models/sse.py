"""Server-sent events out of a stream of bytes, as forgiving as the live web needs.

The SDK's own reader ends a stream at the first line that is no UTF-8 or no JSON, and takes comments
that only keep a connection open for signs of life. Here a bad event is told to the reader of the
API, who knows whether its loss matters, and only an event counts as a word of the answer.
"""

import asyncio
import enum
import json
from collections.abc import AsyncIterator, Iterator

import msgspec

from steerdeck_agents.facts.errors import UNREADABLE

_LARGEST = 64 * 1024 * 1024
"""Bytes of one event; more than any answer holds."""


class Mark(enum.Enum):
    """What came instead of an event."""

    DONE = "[DONE]"
    BROKEN = "an event that is no JSON"


class TooSilent(Exception):
    """No event came for too long."""


class TooLarge(Exception):
    """One event has no end."""


Json = dict[str, object]


async def events(parts: AsyncIterator[bytes], silence_s: float) -> AsyncIterator[Json | Mark]:
    """The JSON objects of a stream in order; other JSON values are passed over.

    Raises:
        TooSilent: no event for `silence_s`, comments not counted.
        TooLarge: an event is larger than any can be.
    """
    lines = Lines()
    loop = asyncio.get_running_loop()
    last = loop.time()
    while True:
        try:
            async with asyncio.timeout_at(last + silence_s):
                part = await anext(parts, None)
        except TimeoutError as error:
            raise TooSilent from error
        if part is None:
            break
        for event in lines.feed(part):
            last = loop.time()
            yield event
    for event in lines.feed(b"\n\n"):
        # Half an event at the end of a stream was cut off, and says no more than the end does.
        if event is not Mark.BROKEN:
            yield event


class Lines:
    """Takes bytes as they come and gives the events that are whole."""

    def __init__(self) -> None:
        self._begun: list[bytes] = []
        """Pieces of a line whose end has not come: joined once, however many they are."""
        self._size = 0
        """Bytes of the event that is not whole yet."""
        self._data: list[bytes] = []
        self._name = b""

    def feed(self, part: bytes) -> Iterator[Json | Mark]:
        """The events that end within these bytes; TooLarge when one has no end."""
        self._size += len(part)
        if self._size > _LARGEST:
            raise TooLarge
        # The other half of an end of a line may have come with the part before.
        half = bool(self._begun) and self._begun[-1].endswith(b"\r")
        if not half and b"\n" not in part and b"\r" not in part:
            self._begun.append(part)
            return
        text, last = b"".join((*self._begun, part)), b""
        if text.endswith(b"\r"):
            text, last = text[:-1], b"\r"
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *whole, rest = text.split(b"\n")
        self._begun = [rest + last]
        for line in whole:
            if line:
                self._line(line)
                continue
            self._size = len(rest)
            if self._data:
                yield from self._event()
            else:
                self._name = b""

    def _line(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value[1:] if value.startswith(b" ") else value)
        elif field == b"event":
            self._name = value.strip()

    def _event(self) -> Iterator[Json | Mark]:
        data, name = b"\n".join(self._data), self._name
        self._data, self._name = [], b""
        if data.strip() == b"[DONE]":
            yield Mark.DONE
            return
        try:
            event = read_json(data)
        except ValueError:
            yield Mark.BROKEN
            return
        if isinstance(event, dict):
            named = name == b"error" and not {"error", "type"} & event.keys()
            yield {"error": event} if named else event


def read_json(data: bytes) -> object:
    """One JSON value; bytes that are no UTF-8 become U+FFFD, lone surrogates are kept as they are.

    Raises:
        ValueError: it is no JSON, or nested too deep.
    """
    try:
        return msgspec.json.decode(data)
    except UNREADABLE:
        pass
    try:
        found: object = json.loads(data.decode("utf-8", "replace"), strict=False)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return found
