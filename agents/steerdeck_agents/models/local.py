"""Servers of models on the developer's own machine, looked for on their usual ports.

Only loopback is asked, and only when somebody looks what there is. A port nobody listens on refuses
at once; one that belongs to something else does not answer with a list of models.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from urllib.parse import urlsplit

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.models.choose import list_models
from steerdeck_agents.models.known import CANT_WORK
from steerdeck_agents.settings.address import is_loopback
from steerdeck_agents.settings.config import at_local
from steerdeck_agents.settings.model import ModelSettings

KNOCK_S = 0.25
LIST_S = 2.0


async def find(servers: Mapping[str, str]) -> list[ModelSettings]:
    """The models that can work at these servers (name to base URL), in the order given."""
    found = await asyncio.gather(*(_at(name, url) for name, url in servers.items()))
    return [model for models in found for model in models]


async def _at(server: str, url: str) -> list[ModelSettings]:
    if not is_loopback(url) or not await _listens(url):
        return []
    asked = at_local(server, "", url)
    names: list[str] = []
    with contextlib.suppress(ModelError, TimeoutError):
        async with asyncio.timeout(LIST_S):
            names = await list_models(asked, None)
    return [at_local(f"{server}/{name}", name, url) for name in names if not CANT_WORK.search(name)]


async def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(KNOCK_S):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
