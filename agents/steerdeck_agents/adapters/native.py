"""Our own agent: the loop on the Responses API."""

from steerdeck_agents.loop import turn
from steerdeck_agents.loop.site import Site


class NativeAdapter:
    """Runs turns with `loop.turn`."""

    async def turn(self, site: Site) -> None:
        await turn.run(site)
