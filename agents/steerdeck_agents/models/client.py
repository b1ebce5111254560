"""The openai client: imported late, configured so that nothing waits or retries unseen."""

import asyncio
import contextlib
import importlib
import json
import ssl
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.models import failures, sse
from steerdeck_agents.models.headers import worth_keeping
from steerdeck_agents.models.model import Opened
from steerdeck_agents.settings.address import is_loopback
from steerdeck_agents.settings.model import ModelSettings

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

CONNECT_S = 10.0
_REST_S = 0.5
"""How long the end of an answer may take after its last word; else its connection is dropped."""
_LARGEST = 64 * 1024 * 1024
_loading = threading.Lock()
_PATHS = {"responses": "/responses", "chat": "/chat/completions"}


class Whole(dict[str, object]):
    """A server that was asked to stream sent its whole answer as one JSON object."""


async def make_client(settings: ModelSettings, key: str | None, idle_s: float) -> "AsyncOpenAI":
    """A client for one server; importing openai takes 0.4 s, so that is done in a thread.

    Raises:
        ModelError: the server needs a key and there is none that can be sent.
    """
    if settings.key_place and not key:
        raise failures.no_key(settings)
    if key and not (key.isascii() and key.isprintable()):
        where = settings.key_variable or "what key_command printed"
        raise ModelError(
            f"The key in {where} holds a line break or a character no key has. "
            "Export it again, without anything around it."
        )
    try:
        return await asyncio.to_thread(_make_client, settings, key, idle_s)
    except (OSError, ValueError, ImportError) as error:
        raise ModelError(
            f"The connection to {failures.host_of(settings)} can't be set up: {error}. "
            "Check proxy and ca_file of this model in config.toml."
        ) from error


async def ask(
    client: "AsyncOpenAI",
    api: Literal["responses", "chat"],
    body: bytes,
    settings: ModelSettings,
    idle_s: float,
) -> AsyncGenerator[Opened | sse.Json | sse.Mark, None]:
    """`Opened`, then the events of the answer to exactly these bytes.

    Closing the iterator drops the request.

    Raises:
        ModelError: refused, unreachable, silent, or no answer of a model.
    """
    import httpx2
    from openai import APIError, APIStatusError, AsyncStream

    host = failures.host_of(settings)
    try:
        # Only the SDK's connection is used: its reader ends at the first bad byte.
        answer = await client.post(
            path(settings, api),
            cast_to=object,
            content=body,
            options={"headers": {"Content-Type": "application/json"}},
            stream=True,
            stream_cls=AsyncStream[object],
        )
    except APIError as error:
        if isinstance(error, APIStatusError):
            yield Opened(worth_keeping(error.response.headers))
        raise failures.from_sdk(error, settings, idle_s) from error
    except ValueError as error:
        raise failures.unreadable(host) from error
    try:
        yield Opened(worth_keeping(answer.response.headers))
        async for event in _events(answer.response, host, idle_s):
            yield event
    except (sse.TooSilent, httpx2.TimeoutException) as error:
        raise failures.silent(host, idle_s) from error
    except sse.TooLarge as error:
        raise failures.unreadable(host, "an event without end") from error
    except (httpx2.HTTPError, httpx2.StreamError) as error:
        raise failures.unreachable(error, host) from error
    finally:
        await answer.close()


class Remains:
    """What is left of answers after their last word, read so that the connection can be kept.

    One that is left with something in it has to be closed, and the next request would have to
    greet the server anew: a round trip, and with TLS two more.
    """

    def __init__(self) -> None:
        self._reading: set[asyncio.Task[None]] = set()

    def leave(self, events: AsyncGenerator[Opened | sse.Json | sse.Mark, None]) -> None:
        """Read the rest of an answer beside what follows from it; not for long."""
        task = asyncio.create_task(_drained(events))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def close(self) -> None:
        """Drop what is still read."""
        for task in tuple(self._reading):
            task.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)


class Caller:
    """Asks one server; its client is made when it is first used and kept until it is closed."""

    def __init__(self, settings: ModelSettings, key: str | None, idle_s: float | None) -> None:
        """Without `idle_s` seconds of its own a silence lasts as long as the settings say."""
        self.settings = settings
        self.remains = Remains()
        self._key = key
        self._idle_s = settings.silence_s if idle_s is None else idle_s
        self._client: AsyncOpenAI | None = None

    async def ask(
        self, api: Literal["responses", "chat"], body: bytes
    ) -> AsyncGenerator[Opened | sse.Json | sse.Mark, None]:
        """The events of `ask`, to be given to `over` at the end; ModelError without a client."""
        if self._client is None:
            self._client = await make_client(self.settings, self._key, self._idle_s)
        return ask(self._client, api, body, self.settings, self._idle_s)

    async def over(
        self, events: AsyncGenerator[Opened | sse.Json | sse.Mark, None], *, whole: bool
    ) -> None:
        """Nobody reads them any more; what is left of a `whole` answer is read beside the rest."""
        # A connection that outlives its client would be closed by nobody.
        if whole and self._client is not None:
            self.remains.leave(events)
        else:
            await events.aclose()

    async def close(self) -> None:
        client, self._client = self._client, None
        await self.remains.close()
        if client is not None:
            await client.close()


async def _drained(events: AsyncGenerator[Opened | sse.Json | sse.Mark, None]) -> None:
    try:
        # Whatever comes, the answer is whole: nobody has to hear of it.
        with contextlib.suppress(ModelError, TimeoutError):
            async with asyncio.timeout(_REST_S):
                async for _ in events:
                    pass
    finally:
        await events.aclose()


async def _events(
    response: "httpx2.Response", host: str, idle_s: float
) -> AsyncIterator[sse.Json | sse.Mark]:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    match kind:
        case "application/json" | "application/problem+json":
            yield Whole(await _whole(response, host, idle_s))
        case "" | "text/event-stream" | "text/plain" | "application/octet-stream":
            async for event in sse.events(response.aiter_bytes(), idle_s):
                yield event
        case _:
            raise failures.unreadable(host, kind)


async def _whole(response: "httpx2.Response", host: str, idle_s: float) -> sse.Json:
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(idle_s):
            async for part in response.aiter_bytes():
                parts.append(part)
                size += len(part)
                if size > _LARGEST:
                    raise sse.TooLarge
    except TimeoutError as error:
        raise sse.TooSilent from error
    try:
        found = sse.read_json(b"".join(parts))
    except ValueError as error:
        raise failures.broken(host) from error
    if not isinstance(found, dict):
        raise failures.unreadable(host, "JSON")
    return found


def path(settings: ModelSettings, api: Literal["responses", "chat"]) -> str:
    """Where below the base URL an API is; Azure's older form names the deployment in it."""
    if settings.azure_version and api == "chat":
        return f"/deployments/{quote(settings.model, safe='')}{_PATHS[api]}"
    return _PATHS[api]


def dump(value: object) -> str:
    """JSON text, compact, in the order the value has; the only time an item is serialised."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError as error:
        raise ModelError("The model sent an item nested too deep to be kept.") from error


def _make_client(settings: ModelSettings, key: str | None, idle_s: float) -> "AsyncOpenAI":
    import httpx2

    _load()
    from openai import AsyncOpenAI, DefaultAsyncHttpx2Client

    # A proxy of the environment must not see (or break) what is meant for this machine, and
    # without TLS there are no certificates to load.
    near = is_loopback(settings.base_url)
    plain = settings.base_url.startswith("http://") and not settings.proxy
    verify: ssl.SSLContext | bool = not (near and plain)
    if settings.ca_file:
        verify = ssl.create_default_context(cafile=settings.ca_file)
    url, query = settings.base_url, dict(settings.query)
    headers, hooks = dict(settings.headers), []
    if settings.azure_version:
        url = f"{url.removesuffix('/openai')}/openai"
        query = {"api-version": settings.azure_version, **query}
        headers = {"api-key": key or "", **headers}
        hooks.append(_without_bearer)
    return AsyncOpenAI(
        api_key=key or "none",
        organization=settings.organization or None,
        project=settings.project or None,
        base_url=url,
        max_retries=0,
        timeout=httpx2.Timeout(idle_s, connect=CONNECT_S),
        default_headers=headers,
        default_query=query,
        http_client=DefaultAsyncHttpx2Client(
            trust_env=not near and not settings.proxy,
            proxy=settings.proxy or None,
            verify=verify,
            event_hooks={"request": hooks},
        ),
    )


class _WithoutAiohttp(MetaPathFinder):
    """Says that aiohttp is not installed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if fullname == "aiohttp":
            raise ModuleNotFoundError("It is not asked for.", name=fullname)


def _load() -> None:
    """Import openai without aiohttp, a way to servers that is not taken here.

    Where it is installed for something else, openai loads it too: 7 MB and 0.1 s for nothing.
    """
    with _loading:
        # Another thread may be going through the list right now: were it changed, that one would
        # pass over a finder and miss a module that is there. So others take its place.
        refusing = _WithoutAiohttp()
        sys.meta_path = [refusing, *sys.meta_path]
        try:
            importlib.import_module("openai")
        finally:
            sys.meta_path = [finder for finder in sys.meta_path if finder is not refusing]


async def _without_bearer(request: "httpx2.Request") -> None:
    """Azure takes a key as `api-key`, and a bearer only when it is a token of its own."""
    request.headers.pop("Authorization", None)
