"""Why a server can't be used now: one of the named states, in a sentence with the way out."""

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.servers import ServerStatus


class ServerFault(SteerdeckError):
    """A server didn't do what was asked of it.

    `status` is the state it is in from now on; None leaves it as it is, when only one call failed.
    """

    def __init__(self, reason: str, status: ServerStatus | None = None, way_out: str = "") -> None:
        super().__init__(f"{reason} {way_out}".strip())
        self.reason = reason
        self.status = status
        self.way_out = way_out
