"""All MCP servers of one session: what the loop starts, asks, calls and closes."""

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from steerdeck_agents.facts.errors import BadArguments, OrderRefused
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.ground import Ground
from steerdeck_agents.servers.listing import ServerTool
from steerdeck_agents.servers.result import Result
from steerdeck_agents.servers.server import Server
from steerdeck_agents.servers.status import Status
from steerdeck_agents.settings.server import ServerSettings

MOST_TOOLS = 112
"""Of all servers together: with our own no more than the 128 a request may offer."""


class Servers:
    """The servers of one session, by name."""

    def __init__(self, configured: Iterable[ServerSettings], ground: Ground) -> None:
        self._servers = {one.name: Server(one, ground) for one in configured}

    def begin(self) -> None:
        """Start what the developer consented to before and ask for the rest; returns at once.

        Every new state is told through `on_change` of the ground.
        """
        for server in self._servers.values():
            server.begin()

    async def settled(self) -> None:
        """Until none is being started any more, each within its timeout."""
        await asyncio.gather(*(server.settled() for server in self._servers.values()))

    def statuses(self) -> tuple[Status, ...]:
        """What each is doing, sorted by name."""
        return tuple(self._servers[name].status for name in sorted(self._servers))

    def tools(self) -> tuple[ServerTool, ...]:
        """What the model may be offered now, sorted by server and the server's own names."""
        found = [tool for name in sorted(self._servers) for tool in self._servers[name].tools]
        return tuple(found[:MOST_TOOLS])

    def tool(self, name: str) -> ServerTool | None:
        """The tool of this name (`server__tool`); None when there is none now."""
        return next((tool for tool in self.tools() if tool.name == name), None)

    async def allow(self, server: str, sha: Sha, *, lasts: bool = True) -> None:
        """The developer consents to what `Status.asks` of this server is; raises OrderRefused.

        Unless it `lasts`, it is asked again in the next session.
        """
        await self._named(server).allow(sha, lasts=lasts)

    async def refuse(self, server: str, sha: Sha) -> None:
        """The developer refuses it; raises OrderRefused."""
        await self._named(server).refuse(sha)

    async def again(self, server: str) -> None:
        """The developer wants it started anew; raises OrderRefused."""
        await self._named(server).again()

    async def call(
        self,
        server: str,
        tool: str,
        arguments: str,
        *,
        pin: Sha,
        stop: asyncio.Event,
        on_progress: Callable[[str], None],
        timeout_s: float | None = None,
    ) -> Result:
        """One call: `tool` by the server's own name, `arguments` as JSON text of an object.

        Raises ServerFault, a sentence for the model, and BadArguments.
        """
        found = self._servers.get(server)
        if found is None:
            raise ServerFault(f"There is no server {server!r} in this session.")
        try:
            given = msgspec.json.decode(arguments, type=dict[str, object])
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise BadArguments("The arguments are no JSON object. Nothing was called.") from None
        return await found.call(
            tool, given, pin=pin, stop=stop, on_progress=on_progress, timeout_s=timeout_s
        )

    async def close(self) -> None:
        """End all of them; nothing of any is left afterwards."""
        await asyncio.gather(*(server.close() for server in self._servers.values()))

    def _named(self, name: str) -> Server:
        found = self._servers.get(name)
        if found is None:
            raise OrderRefused(f"There is no server {name!r} in this session.")
        return found
