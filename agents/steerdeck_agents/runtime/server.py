"""The runtime: one fleet, any number of clients, one Unix socket.

The same object serves a process of its own and a test that hosts it in its own process over a
socketpair; both speak the same frames.
"""

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from steerdeck_agents.demo.scripts import SCRIPTS
from steerdeck_agents.facts.errors import JournalError, OrderRefused, SteerdeckError
from steerdeck_agents.facts.events import Noticed, decode
from steerdeck_agents.facts.ids import Clock, Ids, OrderId, SessionId
from steerdeck_agents.facts.orders import (
    AddRule,
    ChangeRule,
    Order,
    RevokeRule,
    Start,
    StopRuntime,
)
from steerdeck_agents.facts.places import Level
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.journal.database import SCHEMA
from steerdeck_agents.journal.vacuum import size
from steerdeck_agents.journal.writer import Committed
from steerdeck_agents.loop import leave
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.models.scripted_server import ScriptedServer, serve
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.connection import Connection
from steerdeck_agents.runtime.handover import OFTEN_S, Handover, newer
from steerdeck_agents.runtime.obey import obey
from steerdeck_agents.runtime.pages import Pages
from steerdeck_agents.runtime.program import Program
from steerdeck_agents.runtime.strays import Strays
from steerdeck_agents.settings.config import load
from steerdeck_agents.settings.paths import Paths, make_socket_folder

log = logging.getLogger(__name__)

IDLE_S = 60.0
"""How long a runtime with nothing to do and nobody attached stays."""
TOLD = "told to"
"""Why a runtime ends that a developer stopped; no client starts it again by itself."""
FAREWELL_S = 2.0
"""How long clients may take to hear that the runtime ends."""
ORDERS_S = 10.0
"""How long orders that are being carried out may take when the runtime ends."""
_OF_NO_SESSION = Start | StopRuntime | AddRule | ChangeRule | RevokeRule
LOOK_S = 2.0
"""How often it looks whether its socket is still there and whether it is idle."""


class Runtime:
    """Owns the fleet and speaks with clients until it is told to end, or idle."""

    def __init__(
        self,
        paths: Paths,
        *,
        clock: Clock,
        ids: Ids,
        level: Level,
        version: str,
        boot: str = "",
        pace: float | None = None,
        idle_s: float = IDLE_S,
        patience: Patience | None = None,
    ) -> None:
        self._paths = paths
        self._clock = clock
        self._level = level
        self._hello = wire.Hello(wire.PROTOCOL, SCHEMA, version, os.getpid(), boot)
        self._pace = pace
        self._idle_s = idle_s
        self._scripted: ScriptedServer | None = None
        self._connections: set[Connection] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._orders: dict[OrderId, asyncio.Task[tuple[SessionId, int]]] = {}
        self._turns: dict[SessionId, asyncio.Lock] = {}
        self._ending: asyncio.Future[str] | None = None
        self._started_ms = clock.now_ms()
        self.fleet = Fleet(
            paths,
            clock=clock,
            ids=ids,
            level=level,
            publish=self._publish,
            taken=self.end,
            scripted_url=lambda: self._scripted.url if self._scripted else "",
            patience=patience or Patience(),
        )
        self.fleet.storage.changed = self._tell_storage
        self._pages = Pages(self.fleet, self._status)
        self._strays = Strays()
        self._handover = Handover()
        self._program = Program()
        self._news = asyncio.Event()
        """Set when there is a reason to look around at once."""
        self._socket: tuple[int, int] | None = None
        """Device and inode of our socket: at its path there may be another runtime's by now."""

    async def start(self) -> None:
        """Take the journal, bring sessions back; JournalError when another runtime has it."""
        self._ending = asyncio.get_running_loop().create_future()
        settings = await asyncio.to_thread(load, self._paths, {})
        if any(model.api == "scripted" and not model.base_url for model in settings.models):
            self._scripted = (
                await serve(SCRIPTS) if self._pace is None else await serve(SCRIPTS, 0, self._pace)
            )
        await self.fleet.start(self._hello.version, self._hello.boot)

    async def listen(self) -> None:
        """Open the socket, after the journal is ours, so the path is ours to replace."""
        await asyncio.to_thread(make_socket_folder, self._paths)
        self._paths.socket.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(
            self.attach, str(self._paths.socket), limit=wire.ORDER_LIMIT
        )
        self._paths.socket.chmod(0o600)
        self._socket = _file_of(self._paths.socket)

    async def until_told(self) -> str:
        """Serve until an order ends the runtime, or it has been idle; the reason."""
        assert self._ending is not None, "started before it serves"
        idle_since = self._clock.monotonic()
        while True:
            if (reason := await self._told_to_end()) is not None:
                return reason
            now_s = self._clock.monotonic()
            if collected := self._strays.collect(now_s):
                log.info("%d ended processes that nobody waited for were collected", collected)
            if self._server is not None and not self._paths.socket.exists():
                await self._listen_again()
            await self._look_at_program(now_s)
            if self._may_hand_over(now_s):
                return f"steerdeck {self._handover.to} takes over"
            if self._connections or self.fleet.busy():
                idle_since = now_s
            elif now_s - idle_since > self._idle_s:
                return "idle"

    async def _told_to_end(self) -> str | None:
        """The reason to end; None when it is time to look around."""
        assert self._ending is not None, "started before it serves"
        news = asyncio.ensure_future(self._news.wait())
        waits: tuple[asyncio.Future[Any], ...] = (self._ending, news)
        often_s = OFTEN_S if self._handover.to else LOOK_S
        await asyncio.wait(waits, timeout=often_s, return_when=asyncio.FIRST_COMPLETED)
        news.cancel()
        self._news.clear()
        return self._ending.result() if self._ending.done() else None

    def _met(self, version: str) -> None:
        """A client of that version is here; a newer one is made room for."""
        if newer(version, self._hello.version) and self._handover.ask(version):
            log.info("steerdeck %s takes over at the next safe point", version)
            self._news.set()

    def _may_hand_over(self, now_s: float) -> bool:
        if not self._handover.to:
            return False
        held = self._handover.held
        states = [state for state in self.fleet.writer.states().values() if not state.archived]
        ends = self._handover.look(states, len(self._orders), now_s)
        if self._handover.held != held:
            self.fleet.stand_still(on=self._handover.held)
        return ends

    async def _look_at_program(self, now_s: float) -> None:
        if await asyncio.to_thread(self._program.look, now_s):
            log.error("%s", self._program.wrong)
            said = Noticed(session=SessionId(""), text=self._program.wrong, level="error")
            with contextlib.suppress(JournalError):
                await self.fleet.writer.append(said, full=True)

    async def _listen_again(self) -> None:
        log.warning("the socket vanished and is made anew")
        if self._server is not None:
            self._server.close()
        try:
            await self.listen()
        except (SteerdeckError, OSError) as error:
            log.error("no new client can attach: %s", error)

    async def close(self, reason: str) -> None:
        """Let go of every client and session; work in hand comes back with the next runtime."""
        if self._server is not None:
            self._server.close()
            if self._socket == _file_of(self._paths.socket):
                self._paths.socket.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self._paths.socket.parent.rmdir()
        told = reason == TOLD
        goodbyes = (
            connection.farewell(f"The runtime ended: {reason}.", told=told)
            for connection in self._connections
        )
        await asyncio.gather(*goodbyes)
        if self._serving:
            await asyncio.wait(tuple(self._serving), timeout=FAREWELL_S)
        if self._orders:
            # An order half carried out, a landing say, is let to its end and its fact.
            _, left = await asyncio.wait(tuple(self._orders.values()), timeout=ORDERS_S)
            for order in left:
                log.error("an order is not carried out yet and is left: %s", leave.where(order))
        await self.fleet.close(reason)
        if self._scripted is not None:
            await leave.finished(self._scripted.close(), "the scripted model", within_s=FAREWELL_S)

    async def attach(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client to its end; peers of another user are turned away."""
        peer = writer.get_extra_info("socket")
        if peer is not None and not _same_user(peer):
            writer.close()
            return
        connection = Connection(
            reader,
            writer,
            hello=self._hello,
            obey=self._obey,
            page=self._pages.page,
            looks=self._look,
            met=self._met,
        )
        task = asyncio.current_task()
        assert task is not None, "clients are served in tasks"
        self._connections.add(connection)
        self._serving.add(task)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)
            self._look()
            self._serving.discard(task)

    def end(self, reason: str) -> None:
        """Make `until_told` return."""
        if self._ending is not None and not self._ending.done():
            self._ending.set_result(reason)

    async def _obey(self, order: Order) -> tuple[SessionId, int]:
        """Carry an order out once, however often it comes."""
        if isinstance(order, StopRuntime):
            asyncio.get_running_loop().call_later(0.05, self.end, TOLD)
            return SessionId(""), 0
        task = self._orders.get(order.id)
        if task is None:
            task = self._orders[order.id] = asyncio.create_task(self._in_turn(order))
            task.add_done_callback(partial(self._obeyed, order.id))
        # A client that goes away does not take its order back.
        return await asyncio.shield(task)

    async def _in_turn(self, order: Order) -> tuple[SessionId, int]:
        """Obey the orders for a session one after the other, as they came.

        An order is checked against the state and then kept as a fact: between the two no other may
        come, or a no and a yes to the same approval would both count.
        """
        if why := self.fleet.storage.read_only:
            raise OrderRefused(why)
        session = SessionId("") if isinstance(order, _OF_NO_SESSION) else order.session
        async with self._turns.setdefault(session, asyncio.Lock()):
            reader = self.fleet.reader
            seq = await asyncio.to_thread(reader.order_answer, order.id)
            if seq is None:
                return await obey(self.fleet, order)
            (text,) = await asyncio.to_thread(reader.events, None, after=seq - 1, before=seq + 1)
            return decode(text).session, seq

    def _obeyed(self, order: OrderId, task: asyncio.Task[tuple[SessionId, int]]) -> None:
        self._orders.pop(order, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Whoever gave it may be gone; then nobody else hears why it was refused.
            log.info("order %s: %s", order, error)

    def _publish(self, batch: Sequence[Committed]) -> None:
        for connection in self._connections:
            connection.publish(batch)

    def _storage(self) -> wire.Storage:
        found = self.fleet.storage
        return wire.Storage(found.problem, found.notes, found.read_only)

    def _tell_storage(self) -> None:
        for connection in self._connections:
            connection.tell(self._storage())

    def _look(self) -> None:
        seen = {connection.in_view for connection in self._connections if connection.in_view}
        self.fleet.governor.look(frozenset(seen))

    def _status(self) -> wire.StatusPage:
        states = [s for s in self.fleet.writer.states().values() if not s.archived]
        return wire.StatusPage(
            pid=os.getpid(),
            version=self._hello.version,
            started_ms=self._started_ms,
            sessions=len(states),
            working=sum(state.status in ("working", "starting") for state in states),
            waiting=sum(state.waits for state in states),
            clients=len(self._connections),
            journal=str(self._paths.journal),
            journal_bytes=size(self._paths.journal),
            sandbox=self._level.title,
            sandbox_why=self._level.why,
            governors=self._gauges(),
            handover=self._handover.told,
            waits_for=self._handover.waits_for,
            storage=self._storage(),
            program=self._program.wrong,
        )

    def _gauges(self) -> tuple[wire.GaugeLine, ...]:
        now_ms = self._clock.now_ms()
        return tuple(
            wire.GaugeLine(
                gauge.provider.base_url,
                gauge.provider.model,
                gauge.in_flight,
                gauge.window,
                gauge.waiting,
                now_ms + round(gauge.cooling_s * 1000) if gauge.cooling_s else None,
            )
            for gauge in self.fleet.governor.gauges()
        )


def _file_of(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one at the same path."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _same_user(peer: socket.socket) -> bool:
    """Whether the other end belongs to this user (SO_PEERCRED; the folder is 0700 besides)."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, option, size))
    return bool(uid == os.getuid())
