"""The openai client: imported late, configured so that nothing waits or retries unseen."""

import asyncio
import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.models.failures import no_key
from steerdeck_agents.settings.config import ModelSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

CONNECT_S = 10.0


async def make_client(settings: ModelSettings, key: str | None, idle_s: float) -> "AsyncOpenAI":
    """A client for one server; importing openai takes 0.4 s, so that is done in a thread.

    Raises:
        ModelError: the server needs a key and there is none that can be sent.
    """
    if settings.key_variable and not key:
        raise no_key(settings)
    if key and not (key.isascii() and key.isprintable()):
        raise ModelError(
            f"The key in {settings.key_variable} holds a line break or a character no key has. "
            "Export it again, without anything around it."
        )
    return await asyncio.to_thread(_make_client, settings, key, idle_s)


def _make_client(settings: ModelSettings, key: str | None, idle_s: float) -> "AsyncOpenAI":
    import httpx2
    from openai import AsyncOpenAI, DefaultAsyncHttpx2Client

    # A proxy of the environment must not see (or break) what is meant for this machine, and
    # without TLS there are no certificates to load.
    near = _is_loopback(settings.base_url)
    plain = settings.base_url.startswith("http://")
    return AsyncOpenAI(
        api_key=key or "none",
        base_url=settings.base_url,
        max_retries=0,
        timeout=httpx2.Timeout(idle_s, connect=CONNECT_S),
        default_headers=settings.headers,
        http_client=DefaultAsyncHttpx2Client(trust_env=not near, verify=not (near and plain)),
    )


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
