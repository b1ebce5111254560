"""One connection to a server, spoken through the library: where MCP becomes our own words.

Loaded when a session first uses a server, since the library takes half a second to import. What
a server asks of us is answered here: elicitations go to the developer and only while a call of
theirs is open, the workspace is the only root, sampling is not offered.
"""

import asyncio
import base64
import binascii
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import metadata
from pathlib import Path

import mcp_types as types
import msgspec
from mcp import Client, MCPError
from mcp.client import ClientRequestContext, IncomingMessage
from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost

from steerdeck_agents.facts.errors import UNREADABLE
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.lines import Streams as Streams
from steerdeck_agents.servers.lines import over_lines as over_lines
from steerdeck_agents.servers.listing import Offered
from steerdeck_agents.servers.question import Asking, Elicit, Question
from steerdeck_agents.servers.result import DataPart, Part, Result, TextPart
from steerdeck_agents.servers.web import over_http as over_http

_MOST_PAGES = 64
_MOST_OFFERED = 1000
_MOST_BYTES = 4 * 1024 * 1024
_MOST_ASKING = 8
"""Questions of one server that are open at a time; more is no conversation."""

# What servers send wrong would fill our log, in their words.
for _name in ("mcp", "client"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False


class Link:
    """An open connection."""

    def __init__(self, name: str, client: Client) -> None:
        self._name = name
        self._client = client
        self._changed = asyncio.Event()
        self.fresh = asyncio.Event()
        """Set while nothing was heard of another list than the last one that was read."""
        self.fresh.set()
        self.listening = asyncio.Event()

    async def news(self) -> None:
        """Until the server says its list of tools is another one."""
        await self._changed.wait()
        self._changed.clear()

    def read(self) -> None:
        """The list was read: it is fresh, unless there was news meanwhile."""
        if not self._changed.is_set():
            self.fresh.set()

    def tell(self) -> None:
        """Its list of tools is another one."""
        self.fresh.clear()
        self._changed.set()

    async def offered(self) -> list[Offered]:
        """All tools, page by page; raises ServerFault."""
        found: list[Offered] = []
        size, cursor = 0, None
        try:
            for _ in range(_MOST_PAGES):
                page = await self._client.list_tools(cursor=cursor)
                for tool in page.tools:
                    found.append(
                        Offered(tool.name, tool.description or "", dict(tool.input_schema))
                    )
                    size += len(msgspec.json.encode(found[-1]))
                if len(found) > _MOST_OFFERED or size > _MOST_BYTES:
                    break
                cursor = page.next_cursor
                if cursor is None:
                    return found
        except (MCPError, RuntimeError, ValueError, BaseExceptionGroup) as error:
            raise ServerFault(f"{self._name} did not list its tools: {_words(error)}") from error
        raise ServerFault(
            f"{self._name} lists tools without an end and was ended.",
            "flooding",
            "Correct or replace the server, then allow it again.",
        )

    async def call(
        self,
        tool: str,
        arguments: dict[str, object],
        on_progress: Callable[[str], None],
    ) -> Result:
        """One call; raises ServerFault. A cancelled call is cancelled at the server, too."""

        async def tell(progress: float, total: float | None, message: str | None) -> None:
            part = f"{progress:g} of {total:g}" if total else f"{progress:g}"
            on_progress(f"{part} {message}".strip() if message else part)

        try:
            answer = await self._client.call_tool(tool, arguments, progress_callback=tell)
        except (MCPError, RuntimeError, ValueError, BaseExceptionGroup) as error:
            closed = isinstance(error, MCPError) and error.code == types.CONNECTION_CLOSED
            raise ServerFault(
                f"{self._name} answered with an error: {_words(error)}", "dead" if closed else None
            ) from error
        return Result(tuple(_parts(answer)), failed=answer.is_error)

    async def listen(self) -> None:
        """Hear of changes where the protocol wants that to be asked for (2026-07-28).

        `listening` is set once no change can be missed, so that the first list is read after it.
        """
        try:
            async with self._client.listen(tools_list_changed=True) as changes:
                self.listening.set()
                async for _ in changes:
                    self.tell()
        except (ListenNotSupportedError, SubscriptionLost, MCPError, TimeoutError):
            pass  # older servers tell without being asked, and some never do
        finally:
            self.listening.set()


@asynccontextmanager
async def connect(
    name: str,
    streams: AbstractAsyncContextManager[Streams],
    *,
    root: str,
    elicit: Elicit,
    asking: Asking,
) -> AsyncIterator[Link]:
    """Open a connection; raises ServerFault, and whatever the transport raises in groups."""
    held: list[Link] = []

    async def heard(message: IncomingMessage) -> None:
        if isinstance(message, types.ToolListChangedNotification) and held:
            held[0].tell()

    async def roots(context: ClientRequestContext) -> types.ListRootsResult:
        uri = types.Root.model_validate({"uri": Path(root).as_uri(), "name": "workspace"})
        return types.ListRootsResult(roots=[uri])

    async def elicited(
        context: ClientRequestContext, params: types.ElicitRequestParams
    ) -> types.ElicitResult:
        # A server that asks while nobody called it has a reason of its own to ask.
        if not asking.wanted:
            return types.ElicitResult(action="decline")
        if asking.open >= _MOST_ASKING:
            return types.ElicitResult(action="cancel")
        if isinstance(params, types.ElicitRequestURLParams):
            question = Question(name, params.message, url=params.url)
        else:
            question = Question(name, params.message, _plain(params.requested_schema))
        asking.open += 1
        try:
            answer = await elicit(question)
        finally:
            asking.open -= 1
            asking.answered_at = asyncio.get_running_loop().time()
        if answer.action != "accept" or question.url:
            return types.ElicitResult(action=answer.action)
        return types.ElicitResult(action="accept", content=dict(answer.values))

    client = Client(
        streams,
        cache=None,
        message_handler=heard,
        elicitation_callback=elicited,
        list_roots_callback=roots,
        client_info=types.Implementation(name="steerdeck", version=metadata.version("steerdeck")),
    )
    async with client:
        link = Link(name, client)
        held.append(link)
        yield link


def _parts(answer: types.CallToolResult) -> list[Part]:
    parts: list[Part] = []
    for block in answer.content:
        match block:
            case types.TextContent(text=text):
                parts.append(TextPart(text))
            case types.ImageContent(data=data, mime_type=kind):
                parts.append(_data(kind, data))
            case types.AudioContent(data=data, mime_type=kind):
                parts.append(_data(kind, data))
            case types.ResourceLink(uri=uri, name=name, description=description):
                parts.append(TextPart(f"link: {name} <{uri}> {description or ''}".strip()))
            case types.EmbeddedResource(resource=types.TextResourceContents(uri=uri, text=text)):
                parts.append(TextPart(f"{uri}:\n{text}"))
            case types.EmbeddedResource(resource=types.BlobResourceContents() as blob):
                kind = blob.mime_type or "application/octet-stream"
                parts.append(_data(kind, blob.blob, str(blob.uri)))
    structured = answer.structured_content
    # Servers send it as text besides, for clients that know no better.
    if structured is not None and not any(_same(part, structured) for part in parts):
        parts.append(TextPart(msgspec.json.encode(structured).decode()))
    return parts


def _same(part: Part, structured: object) -> bool:
    if not isinstance(part, TextPart):
        return False
    try:
        return bool(msgspec.json.decode(part.text) == structured)
    except UNREADABLE:
        return structured == {"result": part.text}


def _data(kind: str, text: str, name: str = "") -> Part:
    try:
        return DataPart(kind, base64.b64decode(text, validate=True), name)
    except (binascii.Error, ValueError):
        return TextPart(f"[{kind} that is no base64]")


def _plain(schema: object) -> dict[str, object]:
    return dict(schema) if isinstance(schema, dict) else {}


def _words(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error)[:1000] or type(error).__name__
