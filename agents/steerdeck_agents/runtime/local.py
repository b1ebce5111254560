"""A client of a runtime in this process, over a socketpair: the same frames, no socket file."""

import asyncio
import socket

from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client, shake_hands
from steerdeck_agents.runtime.server import Runtime


async def attach_in_process(runtime: Runtime, version: str) -> tuple[Client, asyncio.Task[None]]:
    """A client of that runtime and the task that serves it, which ends when the client closes."""
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=theirs, limit=wire.ORDER_LIMIT)
    serving = asyncio.create_task(runtime.attach(reader, writer))
    reader, writer = await asyncio.open_connection(sock=ours, limit=wire.FRAME_LIMIT)
    hello = await shake_hands(reader, writer, wire.Hello(wire.PROTOCOL, 0, version, 0))
    return Client(reader, writer, hello), serving
