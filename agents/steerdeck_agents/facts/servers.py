"""Facts about MCP servers: what each of a session's servers is doing, and what it offers."""

from typing import Literal

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import Sha

ServerStatus = Literal[
    "asks", "starting", "ready", "changed", "late", "flooding", "dead", "refused", "gone"
]
"""`asks`: waits for consent; `changed`: its tools are not those that were allowed."""


class ServerChanged(Fact, frozen=True, kw_only=True, tag="server.changed"):
    """A server of this session is in another state."""

    server: str
    status: ServerStatus
    reason: str = ""
    way_out: str = ""
    tools: int = 0
    pin: Sha = Sha("")
    """Hash of all it offers: names, descriptions, schemas."""


class OpenServer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A server as a state carries it."""

    name: str
    status: ServerStatus
    reason: str = ""
    way_out: str = ""
    tools: int = 0
    pin: Sha = Sha("")
