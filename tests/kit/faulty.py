"""A model's server with bad days: raw bytes, pauses and broken connections before good answers.

Each request takes the next fault from a list; without one it is answered from a script, whole.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from steerdeck_agents.facts.ids import Sha, sha_of
from steerdeck_agents.models.scripted import Conversation, Refuse, Reply, Script
from steerdeck_agents.models.scripted_events import broken_end, events_of, frame
from steerdeck_agents.models.scripted_input import read_request

Ending = Literal["close", "reset", "stall"]
STREAM = ("200 OK", {"content-type": "text/event-stream"})


@dataclass(frozen=True)
class Fault:
    """An answer byte by byte: text to send, seconds to pause, and how it ends."""

    parts: tuple[str | bytes | float, ...] = ()
    status: str = STREAM[0]
    headers: tuple[tuple[str, str], ...] = tuple(STREAM[1].items())
    ending: Ending = "close"
    headless: bool = False


Twist = Callable[[bytes, Script], Fault]
"""Makes an answer from the request's body and the script: a good one with something wrong in it."""


def refusal(status: int, code: str = "", message: str = "No.", **headers: str) -> Fault:
    """An HTTP error with the usual JSON body."""
    body = json.dumps({"error": {"message": message, "type": "error", "code": code or None}})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    more = {"content-type": "application/json", "content-length": str(len(body)), **named}
    return Fault((body,), f"{status} Error", tuple(more.items()))


def told(**event: object) -> Fault:
    """A stream that begins and then tells of an error."""
    return Fault((sse(type="response.created", response={"status": "in_progress"}), sse(**event)))


def sse(**event: object) -> str:
    return f"data: {json.dumps(event)}\n\n"


class FaultyServer:
    """Plays faults, then the script."""

    def __init__(self, script: Script) -> None:
        self.faults: list[Fault | Twist | None] = []
        self.asked = 0
        self.received: list[Sha] = []
        """Hashes of the bodies in the order they came."""
        self.url = ""
        self._script = script
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen; after a `close` on the same port again."""
        port = int(self.url.split(":")[2].split("/")[0]) if self.url else 0
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            for talk in self._talks:
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
                await self._answer(reader, writer)
        finally:
            self._talks.discard(talk)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = next((int(line[15:]) for line in head.splitlines()
                       if line.startswith("content-length:")), 0)  # fmt: skip
        body = await reader.readexactly(length)
        self.asked += 1
        self.received.append(sha_of(body))
        fault = self.faults.pop(0) if self.faults else None
        if not isinstance(fault, Fault):
            fault = (fault or good)(body, self._script)
        if not fault.headless:
            lines = [f"HTTP/1.1 {fault.status}", "connection: close"]
            lines += [f"{name}: {value}" for name, value in fault.headers]
            writer.write("\r\n".join([*lines, "", ""]).encode())
        for part in fault.parts:
            if isinstance(part, float):
                await asyncio.sleep(part)
            else:
                writer.write(part.encode() if isinstance(part, str) else part)
                await writer.drain()
        match fault.ending:
            case "reset":
                writer.transport.abort()
            case "stall":
                await asyncio.Event().wait()


def good(body: bytes, script: Script) -> Fault:
    """The script's answer, whole."""
    talk = read_request(body)
    assert not isinstance(talk, Refuse), talk
    reply = script(talk)
    assert not isinstance(reply, Refuse), reply
    return answer(body, reply)


def answer(body: bytes, reply: Reply) -> Fault:
    """This answer, whole or as it breaks off, whatever the request says."""
    talk = read_request(body)
    if isinstance(talk, Refuse):
        talk = Conversation(model="m", salt="", said=(), calls=(), messages=())
    events = list(events_of(talk, reply))
    if reply.broken:
        events = [*events[: reply.after], broken_end(talk, reply.broken)]
    return Fault(tuple(frame(event) for event in events))


@asynccontextmanager
async def faulty(
    script: Script, faults: Sequence[Fault | Twist | None] = ()
) -> AsyncIterator[FaultyServer]:
    server = FaultyServer(script)
    server.faults = list(faults)
    await server.open()
    try:
        yield server
    finally:
        await server.close()
