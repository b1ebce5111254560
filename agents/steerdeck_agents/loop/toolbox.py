"""The tools of one session: ours, and those its MCP servers offer after a consent.

The text that offers them is part of every request's prefix. It changes only when the developer
allowed another list, so what it costs in cache was somebody's decision.
"""

import msgspec

from steerdeck_agents.servers.listing import ServerTool
from steerdeck_agents.servers.servers import Servers
from steerdeck_agents.tools import registry
from steerdeck_agents.tools.server_tool import FromServer
from steerdeck_agents.tools.tool import Tool


class Toolbox:
    """Finds a tool by its name and offers all of them to the model."""

    def __init__(self, servers: Servers | None = None, *, helper: bool = False) -> None:
        self.servers = servers
        self._helper = helper
        self._offered: tuple[ServerTool, ...] = ()
        self._more = ""
        """The JSON text of what servers offer, each after a comma."""

    def by_name(self, name: str) -> Tool | None:
        """The tool of this name; None when the model made it up."""
        tool = registry.by_name(name)
        if tool is None and self.servers is not None:
            found = self.servers.tool(name)
            return None if found is None else FromServer(found)
        return tool

    def specs_text(self, *, freeform: bool) -> str:
        """The JSON text of all tools, the same bytes as long as the same are offered."""
        ours = registry.specs_text(freeform=freeform, helper=self._helper)
        offered = () if self.servers is None else self.servers.tools()
        if offered != self._offered:
            specs = (msgspec.json.encode(FromServer(tool).spec()).decode() for tool in offered)
            self._more = "".join(f",{spec}" for spec in specs)
            self._offered = offered
        return f"{ours[:-1]}{self._more}]"
