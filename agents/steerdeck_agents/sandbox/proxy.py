"""The one way from a command to the network it was allowed: an HTTP proxy of ours, host by host.

The command has a network of its own with nothing in it but this proxy, whose listening socket the
envoy makes there. Names are resolved out here, so no query leaves that the command has worded.
What is carried is not read: a host that was allowed sees whatever the command sends, and may be
asked for other names that the same server answers to.

Format: CONNECT and absolute-form requests of HTTP/1.1 (RFC 9110 9.3.6, RFC 9112 3.2.2).
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.sandbox import hosts
from steerdeck_agents.sandbox.loopback import open_loopback
from steerdeck_agents.sandbox.relay import Carried, Pair, carry, close
from steerdeck_agents.sandbox.spawn import Spawn

_LONGEST_HEAD = 16 * 1024
_PATIENCE_S = 15.0
_MOST = 64
"""Connections of one command at once."""
_CONNECT_S = 10.0

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Use(NamedTuple):
    """One connection, when it is over or was refused."""

    host: str
    port: int
    allowed: bool
    why: str = ""
    sent: int = 0
    received: int = 0


class _Refused(Exception):
    """Why a request is not carried out, with the status of the answer."""

    def __init__(self, status: str, why: str) -> None:
        super().__init__(why)
        self.status = status


class Proxy:
    """Lets allowed hosts through; `heard` is told of each connection."""

    def __init__(
        self,
        allowed: Sequence[hosts.Allowed],
        heard: Callable[[Use], None],
        *,
        resolve: Resolve | None = None,
        is_public: Callable[[str], bool] | None = None,
    ) -> None:
        self._allowed = allowed
        self._heard = heard
        self._resolve = resolve or _resolved
        self._is_public = is_public or hosts.is_public
        self._server: asyncio.Server | None = None
        self._going: set[asyncio.Task[None]] = set()

    async def start(self, listening: socket.socket) -> None:
        """Serve whoever connects to this socket."""
        self._server = await asyncio.start_server(self._serve, sock=listening, limit=_LONGEST_HEAD)

    async def close(self) -> None:
        """End it with every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._going:
            task.cancel()
        await asyncio.gather(*self._going, return_exceptions=True)

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._going) >= _MOST:
            writer.close()
            return
        task = asyncio.create_task(self._answer((reader, writer)))
        self._going.add(task)
        task.add_done_callback(self._going.discard)

    async def _answer(self, inside: Pair) -> None:
        host, port = "", 0
        try:
            async with asyncio.timeout(_PATIENCE_S):
                head = await inside[0].readuntil(b"\r\n\r\n")
            host, port, first = _asked(head)
            outside = await self._connected(host, port)
            await self._carry(inside, outside, first, (host, port))
        except _Refused as refused:
            allowed = refused.status != "403 Forbidden"
            self._heard(Use(host, port, allowed, str(refused)))
            await _tell(inside[1], refused.status, f"{refused}\n")
        except (OSError, EOFError, asyncio.LimitOverrunError, TimeoutError):
            return
        finally:
            await close(inside[1])

    async def _carry(self, inside: Pair, outside: Pair, first: bytes, to: tuple[str, int]) -> None:
        carried = Carried()
        try:
            if first:
                outside[1].write(first)
            else:
                await _tell(inside[1], "200 Connection established", "")
            await carry(inside, outside, carried)
        finally:
            outside[1].close()
            sent = carried.sent + len(first)
            self._heard(Use(*to, allowed=True, sent=sent, received=carried.received))

    async def _connected(self, host: str, port: int) -> Pair:
        """A connection to an address of the host that was looked at."""
        name = hosts.plain(host)
        if name is None:
            raise _Refused("403 Forbidden", f"{host} is not a host name.")
        if not any(one.covers(name, port) for one in self._allowed):
            raise _Refused("403 Forbidden", f"{name}:{port} was not allowed for this command.")
        try:
            addresses = await self._resolve(name, port)
        except OSError as problem:
            raise _Refused("502 Bad Gateway", f"{name} has no address ({problem}).") from problem
        public = [address for address in addresses if self._is_public(address)]
        if not public:
            raise _Refused("403 Forbidden", f"{name} leads to this machine or its neighbours.")
        for address in public:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CONNECT_S):
                    return await asyncio.open_connection(address, port)
        raise _Refused("502 Bad Gateway", f"{name}:{port} does not answer.")


@asynccontextmanager
async def online(spawn: Spawn, heard: Callable[[Use], None]) -> AsyncIterator[Spawn]:
    """The command in a network of its own that leads to `spawn.hosts`, as long as it runs.

    Raises BadArguments for hosts that can't be asked for, SteerdeckError where there is no such
    network.
    """
    allowed = hosts.read(spawn.hosts)
    if spawn.level.name != "bubblewrap":
        raise SteerdeckError(
            "Hosts can be let through one by one in bubblewrap only; nothing was run. See "
            "`steerdeck doctor`."
        )
    loopback = await open_loopback()
    proxy = Proxy(allowed, heard)
    try:
        await proxy.start(await loopback.envoy().listen(hosts.PORT))
        yield msgspec.structs.replace(spawn, loopback=loopback.holder)
    finally:
        await proxy.close()
        await loopback.close()


def _asked(head: bytes) -> tuple[str, int, bytes]:
    """Host and port of a request, and what to send on; nothing to send for CONNECT."""
    try:
        line, *fields = head.decode("ascii").split("\r\n")
        method, target, version = line.split(" ")
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            return host, int(port), b""
        url = urlsplit(target)
        host, port_number = url.hostname or "", url.port or 80
    except ValueError as problem:
        raise _Refused("400 Bad Request", "This is not a request to a proxy.") from problem
    if url.scheme != "http" or not host or "@" in url.netloc:
        raise _Refused("400 Bad Request", "This is not a request to a proxy.")
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    names = ("proxy-", "connection:", "keep-alive:", "host:")
    kept = [field for field in fields if field and not field.lower().startswith(names)]
    lines = [f"{method} {path} {version}", f"Host: {url.netloc}", "Connection: close", *kept]
    return host, port_number, ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


async def _tell(writer: asyncio.StreamWriter, status: str, text: str) -> None:
    length = f"Content-Length: {len(text.encode())}\r\n" if text else ""
    with contextlib.suppress(OSError):
        writer.write(f"HTTP/1.1 {status}\r\n{length}\r\n{text}".encode())
        await writer.drain()


async def _resolved(name: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
