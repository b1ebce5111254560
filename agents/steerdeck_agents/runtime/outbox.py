"""What one client is still to be sent: bounded, facts kept, streamed text dropped when it is slow.

A client that reads slowly loses live text first, which it is told as a gap and reads again from
the journal. Facts are never dropped; a client so slow that even they pile up is let go, and finds
everything in the journal when it comes back.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.events import Streamed, WorkspaceProgressed
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.journal.writer import Committed
from steerdeck_agents.runtime import wire

TEXT_LIMIT = 512 * 1024
"""Bytes waiting for a client from which streamed text is dropped."""
HARD_LIMIT = 16 * 1024 * 1024
"""Bytes waiting for a client at which it is let go."""
FACTS_ROOM = wire.FRAME_LIMIT - 256


class Outbox:
    """The frames waiting for one client, in order."""

    def __init__(self) -> None:
        self._lines: deque[tuple[bytes, int]] = deque()
        """Each with what it counts for: pages were asked for, so they count for nothing."""
        self._waiting = 0
        self._gaps: dict[SessionId, int] = {}
        self._filled = asyncio.Event()
        self.overflown = False

    def put(self, frame: wire.Up) -> None:
        self._add(wire.line(frame))

    def put_page(self, number: int, text: str) -> None:
        """A page in as many parts as its size needs."""
        parts = _parts(text)
        for place, part in enumerate(parts):
            self._add(wire.line(wire.Part(number, place, len(parts), part)), asked=True)

    def put_facts(self, batch: Iterable[Committed]) -> None:
        """Committed events; streamed text is left out while the client is slow."""
        events: list[bytes] = []
        size = 0
        for committed in batch:
            event = committed.event
            if isinstance(event, Streamed | WorkspaceProgressed) and (self._waiting > TEXT_LIMIT):
                self._gaps.setdefault(event.session, event.seq - 1)
                continue
            text = committed.text.encode()
            if len(text) + 1 > FACTS_ROOM:
                self._flush(events)
                events, size = [], 0
                self.put(wire.Large(event.session, event.seq))
                continue
            if size + len(text) + 1 > FACTS_ROOM:
                self._flush(events)
                events, size = [], 0
            events.append(text)
            size += len(text) + 1
        self._flush(events)

    async def drain(self, writer: asyncio.StreamWriter) -> None:
        """Send what comes, for ever; ends with WireError when the client is too slow."""
        while True:
            await self._filled.wait()
            while self._lines:
                line, weight = self._lines.popleft()
                self._waiting -= weight
                writer.write(line)
                await writer.drain()
                if self._gaps and self._waiting < TEXT_LIMIT // 2:
                    self._tell_gaps()
            self._filled.clear()
            if self.overflown:
                raise WireError("This client read too slowly and was let go; attach again.")

    def _flush(self, events: Sequence[bytes]) -> None:
        if events:
            self.put(wire.Facts(tuple(msgspec.Raw(event) for event in events)))

    def _tell_gaps(self) -> None:
        for session, after in self._gaps.items():
            self.put(wire.Gap(session, after))
        self._gaps.clear()

    def _add(self, line: bytes, *, asked: bool = False) -> None:
        weight = 0 if asked else len(line)
        if self._waiting + weight > HARD_LIMIT:
            self.overflown = True
        if not self.overflown:
            self._lines.append((line, weight))
            self._waiting += weight
        self._filled.set()


def _parts(text: str) -> list[str]:
    """The text cut so that each part fits a frame, whatever escaping does to it."""
    parts: list[str] = []
    start = 0
    while start < len(text) or not parts:
        size = wire.PART
        while len(msgspec.json.encode(text[start : start + size])) > FACTS_ROOM:
            size //= 2
        parts.append(text[start : start + size])
        start += size
    return parts
