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
FLUSH_S = 2.0
"""For what a closed connection has still to send: whoever never takes it would be waited for."""
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Carried:
    """Bytes from the first to the second connection and back, so far."""

    sent = 0
    received = 0


class Relay(NamedTuple):
    """A port of this machine that leads to a server inside."""

    port: int
    close: Callable[[], Awaitable[None]]


async def carry(first: Pair, second: Pair, carried: Carried) -> None:
    """Until both sides have ended or one is gone; both connections are closed then."""

    def sent(count: int) -> None:
        carried.sent += count

    def received(count: int) -> None:
        carried.received += count

    ways = [
        asyncio.create_task(_one_way(first[0], second[1], sent)),
        asyncio.create_task(_one_way(second[0], first[1], received)),
    ]
    try:
        # One that was reset says no end to the other side, which may be silent for ever.
        await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        await close(first[1], second[1])


async def close(*writers: asyncio.StreamWriter) -> None:
    """Close connections, whatever state they are in; who takes nothing in gets not all of it."""
    for writer in writers:
        writer.close()
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                for writer in writers:
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
    finally:
        for writer in writers:
            writer.transport.abort()


async def open_relay(envoy: Envoy, port: int) -> Relay:
    """Lead a port of this machine, the same if it is free, to one inside.

    Raises SteerdeckError when nothing listens there now.
    """
    (await envoy.connect(port)).close()
    going: set[asyncio.Task[None]] = set()

    async def lead(outside: Pair) -> None:
        try:
            inside = await asyncio.open_connection(sock=await envoy.connect(port))
        except (SteerdeckError, OSError):  # the server has ended: so does the connection
            await close(outside[1])
            return
        await carry(outside, inside, Carried())

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(lead((reader, writer)))
        going.add(task)
        task.add_done_callback(going.discard)

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


async def _one_way(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None]
) -> None:
    """To its end, passed on as one; OSError when one of the two is gone."""
    while data := await reader.read(_CHUNK):
        writer.write(data)
        count(len(data))
        await writer.drain()
    writer.write_eof()
