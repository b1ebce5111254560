"""One life of a server, from its start to its end: a connection, and why it is over.

The library wants to be left by the task that entered it, so a life is one task that others end by
cancelling it. Its end is an exception to nobody: whatever happens becomes a `Status`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import ModuleType
from typing import TYPE_CHECKING

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.servers import status
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.ground import Ground
from steerdeck_agents.servers.listing import Offered
from steerdeck_agents.servers.meter import Meter
from steerdeck_agents.servers.pipes import Pipes
from steerdeck_agents.servers.question import Asking
from steerdeck_agents.servers.status import Status
from steerdeck_agents.settings.server import ServerSettings

if TYPE_CHECKING:
    from steerdeck_agents.servers.lines import Streams
    from steerdeck_agents.servers.link import Link

_LEAVE_S = 2.0
"""For a connection to be left in order."""
_CALM_S = 0.1
"""After news of another list, before it is read: servers tell once for each tool."""
_AGAIN = "It is started again when it is needed."
Judge = Callable[[list[Offered]], Awaitable[None]]


class Life:
    """A server that runs, or has run."""

    def __init__(self, server: ServerSettings, ground: Ground, judge: Judge) -> None:
        """`judge` is given every list of tools, the first one before `opened` is set."""
        self.asking = Asking()
        self.link: Link | None = None
        self.opened = asyncio.Event()
        """Set when it may be called, or is over."""
        self.over: Status | None = None
        """How it ended."""
        self._server = server
        self._ground = ground
        self._judge = judge
        self._silent = asyncio.Event()
        """Set when the server said its last word."""
        self._why: Status | None = None
        """Why we ended it."""
        self._http = 0
        self._pipes: Pipes | None = None
        self._code: int | None = None
        self._inner = asyncio.create_task(self._live())
        self._outer = asyncio.create_task(self._watch_over())

    async def end(self, why: Status) -> None:
        """End it for this reason, unless it has ended for another."""
        self._why = self._why or why
        await self._leave()
        await self.wait()

    async def wait(self) -> None:
        """Until nothing of it is left; `over` is set then."""
        await asyncio.wait({self._outer})

    async def _watch_over(self) -> None:
        opening = asyncio.create_task(self.opened.wait())
        await asyncio.wait(
            {self._inner, opening},
            timeout=self._server.timeout_s,
            return_when=asyncio.FIRST_COMPLETED,
        )
        opening.cancel()
        if not self._inner.done() and not self.opened.is_set():
            self._why = self._why or status.late(self._server)
            await self._leave()
        await asyncio.wait({self._inner})
        self.over = self._verdict()
        self.link = None
        self.opened.set()

    async def _leave(self) -> None:
        while not self._inner.done():
            self._inner.cancel()
            await asyncio.wait({self._inner}, timeout=_LEAVE_S)

    async def _live(self) -> None:
        link = await asyncio.to_thread(_link)
        try:
            streams = await self._streams(link)
            async with link.connect(
                self._server.name,
                streams,
                root=self._ground.root,
                elicit=self._ground.elicit,
                asking=self.asking,
            ) as opened:
                listening = asyncio.create_task(opened.listen())
                try:
                    await opened.listening.wait()
                    await self._judge(await opened.offered())
                    self.link = opened
                    self.opened.set()
                    await self._keep(opened)
                finally:
                    listening.cancel()
        finally:
            self.link = None
            if self._pipes is not None:
                at_once = self._why is not None and self._why.name in ("flooding", "late")
                ending = asyncio.create_task(self._pipes.end(at_once=at_once))
                self._code = await asyncio.shield(ending)

    async def _streams(self, link: ModuleType) -> "AbstractAsyncContextManager[Streams]":
        server, monotonic = self._server, self._ground.clock.monotonic
        meter = Meter(server.name, monotonic)
        if server.url:
            key = self._ground.keys.get(server.key_variable, "") if server.key_variable else ""
            if server.key_variable and not key:
                raise ServerFault(
                    f"{server.key_variable} is not set for this session.",
                    "dead",
                    "Resume the session from a shell that has it.",
                )
            web: AbstractAsyncContextManager[Streams] = link.over_http(
                server, key, meter, self._last_word, self._answered
            )
            return web
        self._pipes = await self._ground.launch(server)
        lines: AbstractAsyncContextManager[Streams] = link.over_lines(
            self._pipes, meter, self._last_word
        )
        return lines

    async def _keep(self, link: "Link") -> None:
        """Look at every new list of tools until the server says nothing more."""
        silent = asyncio.create_task(self._silent.wait())
        news = asyncio.create_task(link.news())
        try:
            while True:
                await asyncio.wait({silent, news}, return_when=asyncio.FIRST_COMPLETED)
                if silent.done():
                    return
                await asyncio.sleep(_CALM_S)
                # News from here on is news of a list that was not read yet.
                news = asyncio.create_task(link.news())
                await self._judge(await link.offered())
                link.read()
        finally:
            for task in (silent, news):
                task.cancel()

    def _last_word(self, fault: ServerFault | None) -> None:
        if fault is not None:
            self._why = self._why or status.of_fault(self._server.name, fault)
        if fault is not None and not self._silent.is_set():
            self._inner.cancel()
        self._silent.set()

    def _answered(self, code: int) -> None:
        self._http = code

    def _verdict(self) -> Status:
        name = self._server.name
        error = None if self._inner.cancelled() else _first(self._inner.exception())
        if self._why is not None:
            return self._why
        if isinstance(error, ServerFault) and (error.status or "dead") != "dead":
            return status.of_fault(name, error)
        if self._pipes is not None and self._silent.is_set():
            return status.died(name, self._code, self._pipes.last_words())
        if isinstance(error, ImportError):
            return Status(
                name,
                "dead",
                "MCP servers need a part of Steerdeck that is not installed.",
                'Install it with: pip install "steerdeck[mcp]"',
            )
        if isinstance(error, ServerFault):
            reason, way_out = error.reason, error.way_out
        elif isinstance(error, SteerdeckError):
            reason, way_out = str(error), ""
        else:
            cause = one_line(str(error), 300).rstrip(".") if error else "the connection ended"
            reason, way_out = f"{name} can't be used: {cause or type(error).__name__}.", ""
        if self._http:
            reason += f" It answered with HTTP {self._http}."
            way_out = way_out or "See whether its url and key are right."
        return Status(name, "dead", reason, way_out or _AGAIN)


def _link() -> ModuleType:
    from steerdeck_agents.servers import link

    return link


def _first(error: BaseException | None) -> BaseException | None:
    """The first plain exception in the groups that groups of tasks make of it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
