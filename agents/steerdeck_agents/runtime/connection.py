"""One client of the runtime: its subscriptions, its orders and the pages it asks for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Literal

from steerdeck_agents.facts.errors import SteerdeckError, WireError
from steerdeck_agents.facts.events import Streamed
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import utf8
from steerdeck_agents.facts.orders import Order
from steerdeck_agents.journal.writer import Committed
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.outbox import Outbox

log = logging.getLogger(__name__)

Level = Literal["full", "status", "none"]
Obey = Callable[[Order], Awaitable[tuple[SessionId, int]]]
Page = Callable[[wire.Query], Awaitable[str]]


class Connection:
    """Serves one client until either side ends."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        hello: wire.Hello,
        obey: Obey,
        page: Page,
        looks: Callable[[], None],
        met: Callable[[str], None],
    ) -> None:
        """`looks` is called when `in_view` has changed, `met` with the client's version."""
        self._reader = reader
        self._writer = writer
        self._hello = hello
        self._obey = obey
        self._page = page
        self._looks = looks
        self._met = met
        self.in_view = SessionId("")
        """The session this client's developer looks at."""
        self._outbox = Outbox()
        self._levels: dict[SessionId, Level] = {}
        self._others: Level = "none"
        self._tasks: set[asyncio.Task[None]] = set()

    def publish(self, batch: Sequence[Committed]) -> None:
        """Pass on what this client watches."""
        self._outbox.put_facts(committed for committed in batch if self._wants(committed))
        if self._outbox.overflown and not self._writer.transport.is_closing():
            # It may not read at all, so that nothing more can be told to it.
            log.warning("a client read too slowly and is let go")
            self._writer.transport.abort()

    def tell(self, storage: wire.Storage) -> None:
        """Say how the place of the journal is."""
        self._outbox.put(storage)

    async def serve(self) -> None:
        """Speak with the client; returns when it is gone, or ended on purpose."""
        sender = asyncio.create_task(self._outbox.drain(self._writer))
        listener = asyncio.create_task(self._listen())
        try:
            await asyncio.wait({sender, listener}, return_when=asyncio.FIRST_COMPLETED)
            for task in (sender, listener):
                if task.done() and (error := task.exception()) is not None:
                    log.info("a client left: %s", error)
        finally:
            for task in (sender, listener, *self._tasks):
                task.cancel()
            await asyncio.gather(sender, listener, *self._tasks, return_exceptions=True)
            self._writer.close()

    async def farewell(self, reason: str, *, told: bool) -> None:
        """Tell the client why the runtime ends, and let go of it."""
        self._writer.write(wire.line(wire.Bye(reason, told)))
        try:
            async with asyncio.timeout(1.0):
                await self._writer.drain()
        except (OSError, TimeoutError):
            log.info("a client did not hear why the runtime ends")
        self._writer.close()

    async def _listen(self) -> None:
        first = await wire.read_line(self._reader)
        if first is None:
            return
        theirs = wire.read_down(first)
        self._outbox.put(self._hello)
        if not isinstance(theirs, wire.Hello):
            raise WireError("The first frame of a client must be its hello.")
        self._met(theirs.version)
        if theirs.protocol != self._hello.protocol:
            return
        while (data := await wire.read_line(self._reader)) is not None:
            match wire.read_down(data):
                case wire.Give(order):
                    self._start(self._give(order))
                case wire.Ask(number, query):
                    self._start(self._ask(number, query))
                case wire.Watch(session, level):
                    self._watch(session, level)
                case wire.InView(session):
                    self.in_view = session
                    self._looks()
                case wire.Hello():
                    raise WireError("A client says hello once.")

    async def _give(self, order: Order) -> None:
        try:
            session, seq = await self._obey(order)
        except SteerdeckError as error:
            self._outbox.put(wire.Refused(order.id, _reason(error)))
        except Exception:
            log.exception("order %s", type(order).__name__)
            reason = "Steerdeck itself failed on this; `steerdeck runtime log` has the details."
            self._outbox.put(wire.Refused(order.id, reason))
        else:
            self._outbox.put(wire.Given(order.id, seq, session))

    async def _ask(self, number: int, query: wire.Query) -> None:
        try:
            text = await self._page(query)
        except SteerdeckError as error:
            self._outbox.put(wire.Failed(number, _reason(error)))
        except Exception:
            log.exception("page %s", query)
            reason = "Steerdeck itself failed on this; `steerdeck runtime log` has the details."
            self._outbox.put(wire.Failed(number, reason))
        else:
            self._outbox.put_page(number, text)

    def _watch(self, session: SessionId, level: Level) -> None:
        if session:
            self._levels[session] = level
        else:
            self._others = level

    def _wants(self, committed: Committed) -> bool:
        level = self._levels.get(committed.event.session, self._others)
        if level == "full":
            return True
        return level == "status" and not isinstance(committed.event, Streamed)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _reason(error: SteerdeckError) -> str:
    """Why not, in a frame: a path in it may hold bytes that are no text."""
    return utf8(str(error))[:8000]
