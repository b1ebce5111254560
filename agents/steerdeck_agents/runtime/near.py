"""The deck's side of a line to another machine: the greeting, then a client over it.

The line is a socket whose other end is the standard input and output of the developer's `ssh`.
What a login shell over there prints before the greeting is no frame and is left out. A line that
says nothing any more, as after a machine slept or a cable was pulled, is found by asking with a
blank line, and ended: TCP alone would wait for a quarter of an hour.
"""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Iterable
from typing import SupportsIndex

import msgspec

from steerdeck_agents.facts.errors import UNREADABLE, WireError
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.journal.database import SCHEMA
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client, shake_hands
from steerdeck_agents.runtime.far import BEAT, Greeting

NOISE = 64 * 1024
"""Bytes a login shell may print before the greeting."""
BEAT_S = 5.0
"""How often the far side is asked whether it is there."""
SILENT_S = 20.0
"""How long it may be silent, whatever is sent meanwhile."""
WOKEN_S = 4.0
"""How long it may be silent after this machine slept."""
LOOK_S = 1.0
_SLEPT_S = 3.0
"""How much later than expected a look must be to say that the machine slept."""


async def greeted(line: socket.socket, version: str, host: str) -> Greeting | None:
    """The far side's greeting, read byte by byte so that nothing behind it is taken.

    None at the end of the line. Raises WireError when over there is another Steerdeck.
    """
    loop = asyncio.get_running_loop()
    line.setblocking(False)
    told = bytearray()
    read = 0
    while True:
        byte = await loop.sock_recv(line, 1)
        read += 1
        if not byte:
            return None
        told += byte
        if byte == b"\n":
            if told.startswith(b"{"):
                with contextlib.suppress(*UNREADABLE):
                    return _fits(msgspec.json.decode(told, type=Greeting), version, host)
            told.clear()
        if read > NOISE:
            raise WireError(
                f"What the login shell on {host} prints never ends, so Steerdeck there can't be"
                " heard. Print nothing from it where no person is at the terminal."
            )


def _fits(greeting: Greeting, version: str, host: str) -> Greeting:
    if greeting.protocol != wire.PROTOCOL:
        theirs = one_line(greeting.version, 40)
        older = "here" if greeting.protocol > wire.PROTOCOL else f"on {host}"
        raise WireError(
            f"Steerdeck on {host} is {theirs} (protocol {greeting.protocol}), this is {version}"
            f" (protocol {wire.PROTOCOL}). Its sessions go on working."
            f" Bring the older one up to date, which is the one {older}."
        )
    return greeting


class _Heard(asyncio.StreamReader):
    """A stream without its blank lines, that knows when it last heard anything."""

    def __init__(self) -> None:
        super().__init__(limit=2 * wire.FRAME_LIMIT)
        self.at = time.monotonic()

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        self.at = time.monotonic()
        super().feed_data(data)

    async def readline(self) -> bytes:
        while (data := await super().readline()) == BEAT:
            pass
        return data


async def client_over(line: socket.socket, version: str) -> "FarClient":
    """A client of the runtime behind a greeted line. Raises WireError when it is not there."""
    reader = _Heard()
    protocol = asyncio.StreamReaderProtocol(reader)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(lambda: protocol, sock=line)
    writer = asyncio.StreamWriter(transport, protocol, reader, loop)
    try:
        hello = await shake_hands(
            reader, writer, wire.Hello(wire.PROTOCOL, SCHEMA, version, os.getpid())
        )
    except OSError as error:
        transport.abort()
        raise WireError(f"The line ended before the runtime said hello: {error}.") from error
    except WireError:
        transport.abort()
        raise
    return FarClient(reader, writer, hello)


class FarClient(Client):
    """A client that ends by itself when the line is dead."""

    def __init__(self, reader: _Heard, writer: asyncio.StreamWriter, hello: wire.Hello) -> None:
        super().__init__(reader, writer, hello)
        self._line = writer
        self._watching = asyncio.create_task(_watch(reader, writer))

    async def close(self) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        await super().close()
        # Whatever is still to be sent: the socket is let go of before its other end is seen off.
        self._line.transport.abort()
        with contextlib.suppress(OSError):
            await self._line.wait_closed()


async def _watch(reader: _Heard, writer: asyncio.StreamWriter) -> None:
    """Ask for a sign of life again and again; end the connection where none comes.

    A machine that slept is told by its clocks: one goes on meanwhile, the other does not.
    """
    asked = looked = time.monotonic()
    asleep, woken = _asleep(), 0.0
    while not writer.transport.is_closing():
        now = time.monotonic()
        if now - looked > LOOK_S + _SLEPT_S or _asleep() - asleep > _SLEPT_S:
            asleep, woken, asked = _asleep(), now, 0.0
        looked = now
        if now - asked >= BEAT_S:
            asked = now
            writer.write(BEAT)
        patience = WOKEN_S if woken > reader.at else SILENT_S
        if now - max(reader.at, woken) > patience:
            writer.transport.abort()
            return
        await asyncio.sleep(LOOK_S)


def _asleep() -> float:
    """Seconds this machine slept since it started, where it can be told; else 0."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return 0.0 if clock is None else time.clock_gettime(clock) - time.monotonic()
