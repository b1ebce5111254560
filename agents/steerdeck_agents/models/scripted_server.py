"""The scripted model's server: HTTP/1.1 on loopback, as much of it as a streaming API needs.

A real server (and not a fake client) so that the demo and the tests go through the same SDK, the
same sockets and the same failures as a model far away. It keeps no state between requests.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from steerdeck_agents.models import scripted_chat
from steerdeck_agents.models.scripted import Conversation, Refuse, Reply, Script
from steerdeck_agents.models.scripted_events import broken_end, events_of, frame
from steerdeck_agents.models.scripted_input import read_request

PACE = 100.0
"""Tokens per second: about what models stream, and slow enough to follow and to speak to."""

_LARGEST = 64 * 1024 * 1024
_LINES = 100
_HTTP = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


@dataclass(frozen=True)
class Asking:
    """One HTTP request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class ScriptedServer:
    """A running server; `url` is the base URL for the SDK."""

    def __init__(self, scripts: Mapping[str, Script], pace: float, key: str) -> None:
        self._scripts = scripts
        self._pace = pace
        self._key = key
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self.url = ""

    async def start(self, port: int) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is None:
            return
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        if talk is not None:
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
        try:
            # A peer that goes away, or one that speaks no HTTP, ends its own connection only.
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
                while (asking := await _read(reader)) is not None:
                    await self._answer(asking, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(self, asking: Asking, writer: asyncio.StreamWriter) -> None:
        path = asking.path.partition("?")[0].removeprefix("/v1")
        if self._key and asking.headers.get("authorization") != f"Bearer {self._key}":
            refuse = Refuse(401, "Incorrect API key provided.", "invalid_api_key")
            await _refuse(writer, refuse)
        elif (asking.method, path) == ("GET", "/models"):
            rows = [
                {"id": name, "object": "model", "created": 0, "owned_by": "steerdeck"}
                for name in self._scripts
            ]
            await _send(writer, 200, {"object": "list", "data": rows})
        elif (asking.method, path) == ("POST", "/responses"):
            await self._respond(asking.body, writer, chat=False)
        elif (asking.method, path) == ("POST", "/chat/completions"):
            await self._respond(asking.body, writer, chat=True)
        else:
            await _refuse(writer, Refuse(404, f"There is no {asking.method} {path} here."))

    async def _respond(self, body: bytes, writer: asyncio.StreamWriter, *, chat: bool) -> None:
        talk = scripted_chat.read_chat(body) if chat else read_request(body)
        if isinstance(talk, Refuse):
            return await _refuse(writer, talk)
        script = self._scripts.get(talk.model)
        if script is None:
            message = f"The model '{talk.model}' does not exist."
            return await _refuse(writer, Refuse(404, message, "model_not_found"))
        match script(talk):
            case Refuse() as refuse:
                return await _refuse(writer, refuse)
            case Reply() as reply:
                return await self._stream(talk, reply, writer, chat=chat)

    async def _stream(
        self, talk: Conversation, reply: Reply, writer: asyncio.StreamWriter, *, chat: bool
    ) -> None:
        await _head(writer, 200, {"content-type": "text/event-stream", **_CHUNKED})
        loop = asyncio.get_running_loop()
        due = loop.time()
        events = scripted_chat.chunks_of(talk, reply) if chat else events_of(talk, reply)
        framed = scripted_chat.frame if chat else frame
        for number, event in enumerate(events):
            if reply.broken and number >= reply.after:
                await self._break(talk, reply, writer, chat=chat)
                break
            if self._pace and (chat or "delta" in event):
                due = max(due + 1 / self._pace, loop.time() - 0.1)
                # Timers are not finer than this; several tokens then leave together.
                if (ahead := due - loop.time()) > 0.004:
                    await asyncio.sleep(ahead)
            await _chunk(writer, framed(event))
        else:
            if chat:
                await _chunk(writer, scripted_chat.DONE)
        await _chunk(writer, b"")

    async def _break(
        self, talk: Conversation, reply: Reply, writer: asyncio.StreamWriter, *, chat: bool
    ) -> None:
        match reply.broken:
            case "drop":
                writer.transport.abort()
                raise ConnectionAbortedError
            case "stall":
                await asyncio.Event().wait()
            case "end":
                pass
            case how if chat:
                await _chunk(writer, scripted_chat.frame(scripted_chat.broken_chunk(talk, how)))
            case how:
                await _chunk(writer, frame(broken_end(talk, how)))


async def serve(
    scripts: Mapping[str, Script], port: int = 0, pace: float = PACE, key: str = ""
) -> ScriptedServer:
    """Start a server on 127.0.0.1 that plays one script per model id.

    `port` 0 takes a free one; `pace` is tokens per second, 0 is as fast as it goes; with a `key`
    every request must bring it.

    Raises:
        OSError: the port is taken.
    """
    server = ScriptedServer(scripts, pace, key)
    await server.start(port)
    return server


_CHUNKED = {"transfer-encoding": "chunked", "cache-control": "no-store"}


async def _read(reader: asyncio.StreamReader) -> Asking | None:
    """The next request of a connection; None at its end, or when it is no HTTP we understand."""
    try:
        method, path, _ = (await reader.readline()).decode("ascii").split(maxsplit=2)
        headers: dict[str, str] = {}
        while line := (await reader.readline()).decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
            if len(headers) > _LINES:
                return None
        length = int(headers.get("content-length", "0"))
    except ValueError:
        return None
    if not 0 <= length <= _LARGEST:
        return None
    return Asking(method, path, headers, await reader.readexactly(length))


async def _refuse(writer: asyncio.StreamWriter, refuse: Refuse) -> None:
    more = {} if refuse.retry_after_s is None else {"retry-after": f"{refuse.retry_after_s:g}"}
    error = {"message": refuse.message, "type": "error", "param": None, "code": refuse.code or None}
    await _send(writer, refuse.status, {"error": error}, more)


async def _send(
    writer: asyncio.StreamWriter,
    status: int,
    body: Mapping[str, object],
    more: Mapping[str, str] | None = None,
) -> None:
    data = json.dumps(body).encode()
    length = {"content-type": "application/json", "content-length": str(len(data))}
    await _head(writer, status, {**length, **(more or {})})
    writer.write(data)
    await writer.drain()


async def _head(writer: asyncio.StreamWriter, status: int, headers: Mapping[str, str]) -> None:
    lines = [f"HTTP/1.1 {status} {_HTTP.get(status, 'Error')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    await writer.drain()


async def _chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    """One chunk of a chunked body; an empty one ends it."""
    writer.write(b"%x\r\n%b\r\n" % (len(data), data))
    await writer.drain()
