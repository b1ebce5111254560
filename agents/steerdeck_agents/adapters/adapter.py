"""Who runs the turns of a session."""

from typing import Protocol

from steerdeck_agents.loop.site import Site


class Adapter(Protocol):
    """Runs the open turn of a session to its end; all it does is visible as events."""

    async def turn(self, site: Site) -> None: ...
