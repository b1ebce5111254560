"""MCP over streamable HTTP: the library's transport, with an end to all that a server may send.

It follows no redirect to another origin, and certificates are checked. Here answers get a limit,
are taken uncompressed only (else they have no size), and requests and messages are counted.
"""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import httpx2
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import SessionMessage

from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.lines import GONE, End, Streams, without_output_schemas
from steerdeck_agents.servers.meter import LARGEST_MESSAGE, MOST_PARTS, Meter, rough_parts
from steerdeck_agents.settings.address import is_loopback
from steerdeck_agents.settings.server import ServerSettings

_CONNECT_S = 30.0
Seen = Callable[[int], None]


@asynccontextmanager
async def over_http(
    server: ServerSettings, key: str, meter: Meter, on_end: End, on_status: Seen
) -> AsyncIterator[Streams]:
    """Both streams of a session; `on_status` hears of each answer that is an HTTP error."""

    client = _client(server, key, meter, on_end, on_status)
    into, messages = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    replies, out_of = anyio.create_memory_object_stream[SessionMessage](0)
    async with (
        into, messages, replies, out_of, client,
        streamable_http_client(
            server.url, http_client=client, max_sse_event_size=LARGEST_MESSAGE
        ) as (incoming, outgoing),
        anyio.create_task_group() as group,
    ):  # fmt: skip

        async def hear() -> None:
            fault: ServerFault | None = None
            try:
                async for one in incoming:
                    if isinstance(one, SessionMessage):
                        meter.count()
                        one = without_output_schemas(one)
                    await into.send(one)
            except ServerFault as found:
                fault = found
            except GONE:
                pass  # our own session is gone
            on_end(fault)
            await into.aclose()

        async def tell() -> None:
            with contextlib.suppress(*GONE):
                async for one in out_of:
                    await outgoing.send(one)

        group.start_soon(hear)
        group.start_soon(tell)
        try:
            yield messages, replies
        finally:
            group.cancel_scope.cancel()


def _client(
    server: ServerSettings, key: str, meter: Meter, on_end: End, on_status: Seen
) -> httpx2.AsyncClient:
    async def asked(request: httpx2.Request) -> None:
        try:
            meter.count()
        except ServerFault as fault:
            on_end(fault)
            raise

    async def answered(response: httpx2.Response) -> None:
        if response.status_code >= 400:
            on_status(response.status_code)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            fault = ServerFault(f"{server.name} sends compressed answers, unasked.", "flooding")
            on_end(fault)
            raise fault
        kind = response.headers.get("content-type", "").lower()
        events = kind.startswith("text/event-stream")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Counted(response.stream, meter, on_end, events=events)

    headers = {**dict(server.headers), "Accept-Encoding": "identity"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return httpx2.AsyncClient(
        headers=headers,
        # How long a call may take is timed above, where questions to the developer don't count.
        timeout=httpx2.Timeout(_CONNECT_S, read=None),
        trust_env=not is_loopback(server.url),
        event_hooks={"request": [asked], "response": [answered]},
    )


class _Counted(httpx2.AsyncByteStream):
    """A body that ends with a fault where it becomes a flood."""

    def __init__(
        self, inner: httpx2.AsyncByteStream, meter: Meter, on_end: End, *, events: bool
    ) -> None:
        self._inner = inner
        self._meter = meter
        self._on_end = on_end
        self._events = events
        """Whether a blank line ends a message: in JSON it doesn't."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        message = bytearray()
        parts, look_at = 0, MOST_PARTS
        async for chunk in self._inner:
            message += chunk
            parts += rough_parts(chunk)
            try:
                if len(message) > LARGEST_MESSAGE:
                    raise self._meter.too_long()
                if parts > look_at:
                    self._meter.take_apart(bytes(message))
                    look_at = 2 * parts
            except ServerFault as fault:
                self._on_end(fault)
                raise
            yield chunk
            if self._events and (end := _end_of_event(message, len(chunk))):
                del message[:end]
                parts, look_at = rough_parts(bytes(message)), MOST_PARTS

    async def aclose(self) -> None:
        await self._inner.aclose()


def _end_of_event(message: bytearray, fresh: int) -> int:
    """Where the last whole event in `message` ends, whose last `fresh` bytes are new; 0 is none."""
    start = max(0, len(message) - fresh - 3)
    ends = (message.rfind(mark, start) + len(mark) for mark in (b"\n\n", b"\r\n\r\n", b"\r\r"))
    return max((end for end in ends if end > start + 1), default=0)
