"""A scripted model's server in a thread, for tests whose Steerdeck is a process of its own."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager

from steerdeck_agents.models.scripted import Script
from steerdeck_agents.models.scripted_server import ScriptedServer, serve

Served = Callable[..., Coroutine[None, None, ScriptedServer]]
"""Starts a server, given its scripts and `pace`."""


@contextmanager
def playing(
    scripts: Mapping[str, Script], *, pace: float = 0, served: Served = serve
) -> Iterator[str]:
    """Play these scripts until the block ends; the server's base URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(served(scripts, pace=pace), loop).result(30)
    try:
        yield server.url
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
