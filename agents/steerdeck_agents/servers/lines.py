"""MCP over the pipes of a process: one JSON message a line, both ways, counted as it comes.

The library's own stdio client would start the process itself, outside every sandbox of ours, and
reads lines of any length. Lines that are no JSON are passed over: many servers print a greeting.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCResponse, jsonrpc_message_adapter

from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.meter import LARGEST_MESSAGE, Meter
from steerdeck_agents.servers.pipes import Pipes

Streams = tuple[
    MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]
]
End = Callable[[ServerFault | None], None]
GONE = (anyio.BrokenResourceError, anyio.ClosedResourceError)
"""What a stream says whose other end was closed."""


@asynccontextmanager
async def over_lines(pipes: Pipes, meter: Meter, on_end: End) -> AsyncIterator[Streams]:
    """Both streams of a session; `on_end` is told when the server said its last word, and why."""
    into, messages = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    replies, out_of = anyio.create_memory_object_stream[SessionMessage](0)
    async with into, messages, replies, out_of, anyio.create_task_group() as group:
        group.start_soon(_read, pipes, meter, into, on_end)
        group.start_soon(_write, pipes, out_of, into)
        try:
            yield messages, replies
        finally:
            group.cancel_scope.cancel()


async def _read(
    pipes: Pipes,
    meter: Meter,
    into: MemoryObjectSendStream[SessionMessage | Exception],
    on_end: End,
) -> None:
    waiting = bytearray()
    fault: ServerFault | None = None
    try:
        while data := await pipes.read():
            *lines, rest = data.split(b"\n")
            for line in lines:
                waiting += line
                await _take(bytes(waiting), meter, into)
                waiting.clear()
            waiting += rest
            if len(waiting) > LARGEST_MESSAGE:
                raise meter.too_long()
    except ServerFault as found:
        fault = found
    except (OSError, *GONE):
        pass  # the pipe or our own session is gone: both are an end like any other
    on_end(fault)
    await into.aclose()


async def _take(
    line: bytes, meter: Meter, into: MemoryObjectSendStream[SessionMessage | Exception]
) -> None:
    meter.take(line)
    if not line.lstrip().startswith(b"{"):
        return
    try:
        message = jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        return
    await into.send(without_output_schemas(SessionMessage(message)))


async def _write(
    pipes: Pipes,
    out_of: MemoryObjectReceiveStream[SessionMessage],
    into: MemoryObjectSendStream[SessionMessage | Exception],
) -> None:
    try:
        async for one in out_of:
            text = one.message.model_dump_json(by_alias=True, exclude_unset=True)
            await pipes.write(text.encode() + b"\n")
    except (OSError, *GONE):
        # It may still be running: the session is told, so that no request waits for ever.
        await into.aclose()


def without_output_schemas(one: SessionMessage) -> SessionMessage:
    """A list of tools without the schemas of their results.

    The library would check every result against them on our loop, with patterns the server chose.
    """
    if isinstance(one.message, JSONRPCResponse):
        tools = one.message.result.get("tools")
        for tool in tools if isinstance(tools, list) else ():
            if isinstance(tool, dict):
                tool.pop("outputSchema", None)
    return one
