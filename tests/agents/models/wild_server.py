"""A server that answers with exactly the bytes a test gives it: everything servers get wrong."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

STALL = object()
"""Instead of bytes: fall silent and keep the connection."""
RESET = object()
"""Instead of bytes: cut the connection."""


@dataclass
class Wild:
    """What one path answers; `parts` are bytes, STALL or RESET, or a function of the request."""

    status: int = 200
    kind: str = "text/event-stream"
    parts: Sequence[object] | Callable[[bytes], Sequence[object]] = ()
    headers: dict[str, str] = field(default_factory=dict)
    beat: bytes = b""
    """Sent again and again while it stalls."""


@dataclass
class WildServer:
    """A running server, and what it was asked."""

    url: str = ""
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]

    def bodies(self) -> list[dict[str, object]]:
        return [json.loads(body) for _, _, body in self.asked if body]


def event(data: object, name: str = "") -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()


def error(status: int, message: str, **more: object) -> Wild:
    told = {"error": {"message": message, "type": "invalid_request_error", **more}}
    return Wild(status, "application/json", [json.dumps(told).encode()])


@asynccontextmanager
async def wild(answers: dict[str, Wild | list[Wild]]) -> AsyncIterator[WildServer]:
    """Serve these answers by path (without query); of a list one after another, the last for ever.

    Unknown paths are 404.
    """
    found = WildServer()
    left = {
        path: [*answer] if isinstance(answer, list) else [answer]
        for path, answer in answers.items()
    }
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            while await _one(reader, writer, found, left):
                pass
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            talks.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2**24)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield found
    finally:
        server.close()
        for task in tuple(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()


async def _one(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    found: WildServer,
    left: dict[str, list[Wild]],
) -> bool:
    """Answer one request; whether the connection may be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    path = head[0].split()[1]
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    found.asked.append((path, headers, body))
    queue = left.get(path.partition("?")[0].removeprefix("/v1"))
    answer = error(404, "Not Found") if not queue else queue.pop(0) if len(queue) > 1 else queue[0]
    lines = [f"HTTP/1.1 {answer.status} X", f"content-type: {answer.kind}"]
    lines += ["transfer-encoding: chunked", *(f"{n}: {v}" for n, v in answer.headers.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    parts = answer.parts(body) if callable(answer.parts) else answer.parts
    for part in parts:
        if part is RESET:
            await writer.drain()
            writer.transport.abort()
            return False
        if part is STALL:
            while True:
                if answer.beat:
                    await _send(writer, answer.beat)
                await asyncio.sleep(0.02)
        assert isinstance(part, bytes)
        await _send(writer, part)
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


async def _send(writer: asyncio.StreamWriter, part: bytes) -> None:
    if part:
        writer.write(b"%x\r\n%b\r\n" % (len(part), part))
        await writer.drain()
