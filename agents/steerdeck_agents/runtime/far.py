"""The far side of a deck on another machine: frames from `ssh` to the runtime here, and back.

Started over there by the deck's `ssh`, it greets in one line, then passes frames on until either
side ends. Keys and the surroundings of commands are this machine's own: what the other machine's
environment holds stays there. A blank line, which is no frame, asks whether the line lives and is
answered by one; a program that hears nothing for long ends, so that none stays behind a dead line.
Long is more than somebody stays in an editor, which stands in the deck's terminal and stops it.
"""

import asyncio
import os
import socket
import stat
from collections.abc import Mapping

import msgspec

from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.orders import Resume, Start
from steerdeck_agents.facts.places import Surroundings
from steerdeck_agents.journal.database import SCHEMA
from steerdeck_agents.runtime import lifecycle, wire
from steerdeck_agents.settings.paths import Paths

BEAT = b"\n"
SILENT_S = 3600.0
"""How long nothing may be heard from the deck before it counts as gone."""
WROTE_S = 3600.0
"""How long what is written may take to be taken by the line."""


class Greeting(msgspec.Struct, frozen=True, tag="greeting", tag_field="frame"):
    """The first line of the far side, before the frames of its runtime."""

    protocol: int
    version: str
    folder: str
    """Where it stands."""


class Own(msgspec.Struct, frozen=True):
    """What this machine brings to what comes from another one."""

    keys: Mapping[str, str]
    """For models; they go from here to the runtime here, and nowhere else."""
    surroundings: Surroundings
    folder: str
    version: str
    """Of this program."""


def has_line() -> bool:
    """Whether the standard input and output are a line, and neither a terminal nor a file."""
    modes = [os.fstat(stream).st_mode for stream in (0, 1)]
    return all(stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode) for mode in modes)


async def serve(where: Paths, environ: Mapping[str, str], own: Own) -> None:
    """Pass frames between the standard streams and the home's runtime, which is started first.

    Returns when the deck or the runtime is gone. Raises WireError when the runtime does not come up
    or speaks another protocol than this program.
    """
    client = await lifecycle.ensure(where, own.version, environ)
    await client.close()
    above, below = await _standard_streams()
    reader, writer = await asyncio.open_unix_connection(
        str(where.socket), limit=2 * wire.FRAME_LIMIT
    )
    greeting = Greeting(wire.PROTOCOL, own.version, own.folder)
    below.write(msgspec.json.encode(greeting) + b"\n")
    await below.drain()
    ways = (
        asyncio.create_task(_down(above, writer, below, own)),
        asyncio.create_task(_up(reader, below)),
    )
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        ended = await asyncio.gather(*ways, return_exceptions=True)
        writer.close()
        below.transport.abort()
    for one in ended:
        if isinstance(one, WireError):
            raise one


async def _standard_streams() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The standard input and output, without threads that would hold the end up.

    sshd(8) makes both of them one socket, or two pipes. A pipe to write to is also read from, to
    learn that it was closed; of one socket that would take what comes in.
    """
    loop = asyncio.get_running_loop()
    above, below = os.fstat(0), os.fstat(1)
    if stat.S_ISSOCK(above.st_mode) and above.st_ino == below.st_ino:
        both = socket.socket(fileno=os.dup(0))
        return await asyncio.open_connection(sock=both, limit=wire.ORDER_LIMIT)
    reader = asyncio.StreamReader(limit=wire.ORDER_LIMIT)
    protocol = asyncio.StreamReaderProtocol(reader)
    await loop.connect_read_pipe(lambda: protocol, os.fdopen(os.dup(0), "rb", 0))
    flow = asyncio.StreamReaderProtocol(asyncio.StreamReader())
    transport, _ = await loop.connect_write_pipe(lambda: flow, os.fdopen(os.dup(1), "wb", 0))
    return reader, asyncio.StreamWriter(transport, flow, None, loop)


async def _down(
    above: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    below: asyncio.StreamWriter,
    own: Own,
) -> None:
    """Orders and questions to the runtime, until the deck ends or is silent for too long."""
    while True:
        try:
            # Not `wait_for`, which can lose a cancellation to a frame of that moment; then blank
            # lines would be answered for a runtime that is gone.
            async with asyncio.timeout(SILENT_S):
                data = await wire.read_line(above)
        except TimeoutError:
            return
        if data is None:
            return
        if data == BEAT:
            below.write(BEAT)
            continue
        writer.write(with_own(data, own))
        await writer.drain()


async def _up(reader: asyncio.StreamReader, below: asyncio.StreamWriter) -> None:
    """Facts and pages to the deck, each frame whole; ends where the line takes no more."""
    while (data := await wire.read_line(reader)) is not None:
        below.write(data)
        try:
            async with asyncio.timeout(WROTE_S):
                await below.drain()
        except (TimeoutError, ConnectionError):
            return


def with_own(line: bytes, own: Own) -> bytes:
    """A frame for the runtime, with keys and surroundings of this machine where it needs any.

    What this program does not know is the runtime's to judge, which may be a newer one.
    """
    try:
        frame = wire.read_down(line)
    except WireError:
        return line
    keys = dict(own.keys)
    match frame:
        case wire.Hello():
            # A runtime makes way for a newer version: here that is this program, not the deck's.
            return wire.order_line(
                msgspec.structs.replace(frame, version=own.version, schema=SCHEMA)
            )
        case wire.Give(Start() as order):
            start = msgspec.structs.replace(order, keys=keys, surroundings=own.surroundings)
            return wire.order_line(wire.Give(start))
        case wire.Give(Resume() as order):
            return wire.order_line(wire.Give(msgspec.structs.replace(order, keys=keys)))
        case wire.Ask(number, wire.Look() | wire.Switch() as query):
            return wire.order_line(wire.Ask(number, msgspec.structs.replace(query, keys=keys)))
        case _:
            return line
