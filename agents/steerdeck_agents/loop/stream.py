"""One response: streamed text becomes coalesced facts at once, everything else at its end.

A response counts only when its terminal event came (law 4): until then its items are held here,
and when the stream breaks they are dropped, their text kept as incomplete.
"""

import asyncio
from collections import defaultdict
from contextlib import aclosing
from typing import Literal, TypeGuard

import msgspec

from steerdeck_agents.facts.events import (
    ItemEnded,
    KnownEvent,
    Noticed,
    RequestEnded,
    RequestSent,
    TextAdded,
)
from steerdeck_agents.facts.ids import ItemId
from steerdeck_agents.facts.inert import utf8
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.gate.secret_stream import SecretStream
from steerdeck_agents.loop.breath import Breath
from steerdeck_agents.loop.flow import Flow
from steerdeck_agents.loop.pace import Pace
from steerdeck_agents.loop.silence import Silence
from steerdeck_agents.loop.site import Site
from steerdeck_agents.models.governor import Ticket
from steerdeck_agents.models.model import Ended, ItemDone, Notice, Opened, TextDelta

FLUSH_S = 0.05


class TextFlow:
    """Deltas on their way to the journal, at most one append every 50 ms."""

    def __init__(self, site: Site, sent: RequestSent) -> None:
        self._flow = Flow(site.journal)
        self._sent = sent
        self._come: list[TextDelta] = []
        """The first piece of each text that came since the last flush, its pieces beside it."""
        self._pieces: list[list[str]] = []
        self._waiting: list[TextDelta] = []
        self._redactor = site.redactor
        self._streams: dict[tuple[str, str], tuple[TextDelta, SecretStream]] = {}
        self._fed = False
        self._timer: asyncio.TimerHandle | None = None

    def add(self, delta: TextDelta) -> None:
        last = self._come[-1] if self._come else None
        if last is None or (last.item, last.kind) != (delta.item, delta.kind):
            self._come.append(delta)
            self._pieces.append([])
        self._pieces[-1].append(delta.text)
        if self._timer is None:
            self._soon()

    def _feed(self) -> None:
        """Look for secrets once in what came since the last flush, not with every token."""
        for delta, pieces in zip(self._come, self._pieces, strict=True):
            key = (delta.item, delta.kind)
            if key not in self._streams:
                # Only one text grows at a time, so what the one before held back is all there is.
                self._rest()
                self._streams[key] = delta, SecretStream(self._redactor)
            self._add(delta, self._streams[key][1].feed("".join(pieces)))
            self._fed = True
        self._come, self._pieces = [], []

    def _rest(self) -> None:
        for first, stream in self._streams.values():
            self._add(first, stream.rest())

    def _add(self, of: TextDelta, text: str) -> None:
        if not text:
            return
        delta = TextDelta(of.item, of.kind, text)
        last = self._waiting[-1] if self._waiting else None
        if last is not None and (last.item, last.kind) == (delta.item, delta.kind):
            self._waiting[-1] = TextDelta(delta.item, delta.kind, last.text + delta.text)
        else:
            self._waiting.append(delta)

    def _soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self._flush)

    def _idle(self) -> None:
        """A word waits for its end only as long as more is coming."""
        if any(stream.holds for _, stream in self._streams.values()):
            if self._fed:
                self._soon()
            else:
                for first, stream in self._streams.values():
                    self._add(first, stream.idle())
        self._fed = False

    async def end(self) -> None:
        """Hand over what waits; the append that ends the response commits it too."""
        self._feed()
        self._rest()
        self._flush()
        if self._timer is not None:
            self._timer.cancel()
        await self._flow.queued()

    def _flush(self) -> None:
        self._timer = None
        self._feed()
        self._idle()
        facts = [
            TextAdded(
                session=self._sent.session,
                turn=self._sent.turn,
                item=item_id(self._sent, delta.item),
                actor="agent",
                kind=delta.kind,
                text=utf8(delta.text),
            )
            for delta in self._waiting
        ]
        self._waiting.clear()
        if facts:
            self._flow.send(*facts)


def item_id(sent: RequestSent, item: str) -> ItemId:
    """An id unique in the session: a server may use the same one in each of its answers."""
    return ItemId(f"{sent.request}/{item}")


class Response:
    """What arrived of one response so far."""

    def __init__(self, sent: RequestSent, started_s: float) -> None:
        """`started_s` is the reading of the site's clock when the request leaves."""
        self._sent = sent
        self._headers: dict[str, str] = {}
        self.pace = Pace(started_s)
        self.items: list[ItemDone] = []
        self._pieces: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        """Of each item and kind. Joined at the end: each piece added to a text copies all of it."""
        self.ended: Ended | None = None
        self.notices: list[Notice] = []

    async def read(self, site: Site, body: bytes, ticket: Ticket) -> None:
        """Stream one response to its terminal event; ModelError when it does not come."""
        flow, breath = TextFlow(site, self._sent), Breath()
        try:
            async with (
                aclosing(site.model.stream(body)) as chunks,
                Silence(site, self._sent) as silence,
            ):
                async for chunk in chunks:
                    now_s = site.clock.monotonic()
                    if isinstance(chunk, Opened):
                        self._headers = chunk.headers
                        self.pace.opened(now_s)
                        continue
                    silence.heard_s = now_s
                    if not isinstance(chunk, Notice) and self.pace.heard(now_s):
                        ticket.first_token()
                    match chunk:
                        case TextDelta():
                            self._pieces[chunk.item, chunk.kind].append(chunk.text)
                            if not self._sent.compacts:
                                flow.add(chunk)
                        case ItemDone():
                            self.items.append(chunk)
                            if words := _words(chunk):
                                self._pieces[chunk.item, "message"] = [words]
                        case Notice():
                            self.notices.append(chunk)
                        case Ended():
                            self.ended = chunk
                    if breath.due(chunk):
                        await breath.take()
        finally:
            await flow.end()

    def ended_as(
        self,
        site: Site,
        status: Literal["completed", "failed", "interrupted"],
        *,
        calls: int = 0,
        error: str = "",
        retryable: bool = False,
    ) -> RequestEnded:
        """The fact that the request has ended now, with all that is known of it."""
        now_s = site.clock.monotonic()
        whole = self.ended if status == "completed" else None
        served = whole.served_model if whole else ""
        return RequestEnded(
            session=self._sent.session,
            turn=self._sent.turn,
            request=self._sent.request,
            status=status,
            calls=calls,
            usage=site.price(served or site.wire_model, whole.usage) if whole else Usage(),
            error=error,
            retryable=retryable,
            first_token_ms=self.pace.first_token_ms,
            duration_ms=self.pace.duration_ms(now_s),
            served_model=served,
            compacts=self._sent.compacts,
            ending=whole.ending if whole and not self._sent.compacts else "",
            timing=self.pace.timing(now_s),
            headers=self._headers,
        )

    @property
    def messages(self) -> list[str]:
        """What it said, by item, without its reasoning."""
        return ["".join(said) for (_, kind), said in self._pieces.items() if kind == "message"]

    def texts_ended(self, *, complete: bool) -> list[KnownEvent]:
        """The whole text of each message and reasoning that was streamed, after the notices.

        A summary for the model is told by the fact of its window, not as words of the agent.
        """
        said: list[KnownEvent] = [
            Noticed(session=self._sent.session, turn=self._sent.turn, text=notice.text)
            for notice in self.notices
        ]
        if self._sent.compacts:
            return said
        return said + [
            ItemEnded(
                session=self._sent.session,
                turn=self._sent.turn,
                item=item_id(self._sent, item),
                actor="agent",
                kind="reasoning" if kind == "reasoning" else "message",
                text=utf8("".join(pieces)),
                complete=complete,
            )
            for (item, kind), pieces in self._pieces.items()
            if kind != "arguments"
        ]


def _words(done: ItemDone) -> str:
    """The words of a whole message: its deltas may have been lost, told twice, or never sent."""
    content = msgspec.json.decode(done.text).get("content") if done.type == "message" else None
    parts = [part for part in content if isinstance(part, dict)] if _is_list(content) else []
    said = (part.get("text") or part.get("refusal") for part in parts)
    return "".join(words for words in said if isinstance(words, str))


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
