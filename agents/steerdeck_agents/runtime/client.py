"""The client's side of the wire: orders, pages and the stream of facts.

Deck, line mode and every command speak through this; tests may connect it to a runtime in their
own process over a socketpair, with the same frames.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import msgspec

from steerdeck_agents.facts.errors import (
    UNREADABLE,
    LineLost,
    OrderRefused,
    SteerdeckError,
    WireError,
)
from steerdeck_agents.facts.ids import OrderId, SessionId
from steerdeck_agents.facts.orders import Order
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire

T = TypeVar("T")
Incoming = wire.Facts | wire.Gap | wire.Large | wire.Storage | wire.Bye


class PageError(SteerdeckError):
    """The runtime can't give this page."""


class Client:
    """One connection to a runtime."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hello: wire.Hello
    ) -> None:
        self.hello = hello
        """What the runtime said of itself."""
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._orders: dict[OrderId, asyncio.Future[wire.Given]] = {}
        self._pages: dict[int, asyncio.Future[bytes]] = {}
        self._parts: dict[int, list[str]] = {}
        self._incoming: asyncio.Queue[Incoming] = asyncio.Queue()
        self._task = asyncio.create_task(self._read())

    async def give(self, order: Order) -> wire.Given:
        """Send an order and wait for its answer; OrderRefused says why not.

        LineLost when the connection ends before the answer.
        """
        answer: asyncio.Future[wire.Given] = asyncio.get_running_loop().create_future()
        self._orders[order.id] = answer
        try:
            await self._send(wire.Give(order))
            return await answer
        finally:
            _forget(answer)

    async def ask(self, query: wire.Query, kind: type[T]) -> T:
        """One page, decoded as `kind`; PageError says why not.

        A page larger than a frame is decoded in a thread: the loop of a deck decodes no more at
        once than that.
        """
        data = await self.ask_raw(query)
        return await read_page(data, lambda page: msgspec.json.decode(page, type=kind))

    async def ask_raw(self, query: wire.Query) -> bytes:
        """One page as its JSON text."""
        number = next(self._numbers)
        page: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._pages[number] = page
        try:
            await self._send(wire.Ask(number, query))
            return await page
        finally:
            _forget(page)

    async def sessions(self, *, archived: bool = False) -> list[SessionState]:
        return await self.ask(wire.Sessions(archived), list[SessionState])

    async def watch(self, session: SessionId, level: str) -> None:
        """Ask for `full`, `status` or `none` of a session; an empty id means all others."""
        match level:
            case "full" | "status" | "none":
                await self._send(wire.Watch(session, level))
            case _:
                raise ValueError(level)

    async def in_view(self, session: SessionId) -> None:
        """Say which session a person looks at, so that its requests go first; empty is none."""
        await self._send(wire.InView(session))

    async def incoming(self) -> AsyncIterator[Incoming]:
        """Facts and gaps as they arrive; ends after a `Bye`."""
        while True:
            frame = await self._incoming.get()
            yield frame
            if isinstance(frame, wire.Bye):
                return

    async def ended(self) -> None:
        """Wait until the runtime has closed the connection."""
        await asyncio.wait({self._task})

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()

    async def _send(self, frame: wire.Down) -> None:
        if self._task.done():
            raise WireError("The runtime is gone; start steerdeck again to bring it back.")
        self._writer.write(wire.order_line(frame))
        try:
            await self._writer.drain()
        except OSError as error:
            raise LineLost(f"The runtime can't be reached: {error}.") from error

    async def _read(self) -> None:
        reason = "The runtime closed the connection."
        try:
            while (data := await wire.read_line(self._reader)) is not None:
                self._take(wire.read_up(data))
        except (WireError, OSError) as error:
            reason = str(error)
        finally:
            self._end(reason)

    def _take(self, frame: wire.Up) -> None:
        match frame:
            case wire.Given():
                if (answer := self._orders.pop(frame.order, None)) and not answer.done():
                    answer.set_result(frame)
            case wire.Refused():
                if (answer := self._orders.pop(frame.order, None)) and not answer.done():
                    answer.set_exception(OrderRefused(frame.reason))
            case wire.Part():
                self._part(frame)
            case wire.Failed():
                if (page := self._pages.pop(frame.number, None)) and not page.done():
                    page.set_exception(PageError(frame.reason))
            case wire.Hello():
                pass
            case incoming:
                self._incoming.put_nowait(incoming)

    def _part(self, frame: wire.Part) -> None:
        parts = self._parts.setdefault(frame.number, [])
        parts.append(frame.text)
        if len(parts) < frame.of:
            return
        del self._parts[frame.number]
        page = self._pages.pop(frame.number, None)
        if page and not page.done():
            page.set_result("".join(parts).encode())

    def _end(self, reason: str) -> None:
        gone = LineLost(reason)
        for order in self._orders.values():
            if not order.done():
                order.set_exception(gone)
        for page in self._pages.values():
            if not page.done():
                page.set_exception(gone)
        self._orders.clear()
        self._pages.clear()
        self._incoming.put_nowait(wire.Bye(reason))


async def read_page(data: bytes, read: Callable[[bytes], T]) -> T:
    """What a page says, in a thread when it is larger than a frame.

    PageError when it is another page than this version knows: a host may have a newer Steerdeck.
    """
    try:
        if len(data) > wire.FRAME_LIMIT:
            return await asyncio.to_thread(read, data)
        return read(data)
    except UNREADABLE as error:
        raise PageError(
            f"What the runtime answered can't be read here: {error}. Bring the older side up to"
            " date, or use the version the runtime has."
        ) from error


def _forget(answer: asyncio.Future[T]) -> None:
    """Nobody waits for it any more: what became of it is no error that was overlooked."""
    if not answer.cancel() and not answer.cancelled():
        answer.exception()


async def shake_hands(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mine: wire.Hello
) -> wire.Hello:
    """Exchange hellos; WireError names both sides and the way out when they don't match, or what
    was said instead of one.

    ConnectionError when the runtime is on its way out and says nothing.
    """
    writer.write(wire.order_line(mine))
    await writer.drain()
    data = await wire.read_line(reader)
    if data is None:
        raise ConnectionResetError("the runtime closed the connection before it said hello")
    try:
        theirs = msgspec.json.decode(data, type=wire.Hello)
    except UNREADABLE as error:
        raise WireError(
            f"What answers for the runtime says no hello that can be read here ({error}). End it"
            " with `steerdeck runtime stop` and start again."
        ) from error
    if theirs.protocol != mine.protocol:
        raise WireError(
            f"The running runtime is steerdeck {theirs.version} (protocol {theirs.protocol}), this"
            f" is {mine.version} (protocol {mine.protocol}). Its sessions go on working."
            " Use that version, or end it with `steerdeck runtime stop` and start again."
        )
    return theirs
