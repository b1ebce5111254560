"""Bytes from one connection to another, both ways; and a port of this machine that leads inside.

The port is for the developer's browser and is there on the developer's order only: whoever is on
this machine can reach it as long as it is open.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.sandbox.envoy import Envoy

_CHUNK = 64 * 1024
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Carried(NamedTuple):
    """Bytes from the first to the second connection, and back."""

    sent: int
    received: int


class Relay(NamedTuple):
    """A port of this machine that leads to a server inside."""

    port: int
    close: Callable[[], Awaitable[None]]


async def carry(first: Pair, second: Pair) -> Carried:
    """Until both sides have ended or one is gone; both connections are closed then."""
    try:
        sent, received = await asyncio.gather(
            _one_way(first[0], second[1]), _one_way(second[0], first[1])
        )
        return Carried(sent, received)
    finally:
        for _, writer in (first, second):
            await close(writer)


async def close(writer: asyncio.StreamWriter) -> None:
    """Close a connection, whatever state it is in."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def open_relay(envoy: Envoy, port: int) -> Relay:
    """Lead a port of this machine, the same if it is free, to one inside.

    Raises SteerdeckError when nothing listens there now.
    """
    (await envoy.connect(port)).close()
    going: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        going.add(task)
        task.add_done_callback(going.discard)
        try:
            inside = await asyncio.open_connection(sock=await envoy.connect(port))
        except (SteerdeckError, OSError):  # the server has ended: so does the connection
            await close(writer)
            return
        await carry((reader, writer), inside)

    try:
        server = await asyncio.start_server(serve, "127.0.0.1", port)
    except OSError:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)

    async def end() -> None:
        server.close()
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
        await server.wait_closed()

    return Relay(server.sockets[0].getsockname()[1], end)


async def _one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    count = 0
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            count += len(data)
            await writer.drain()
        writer.write_eof()
    return count
