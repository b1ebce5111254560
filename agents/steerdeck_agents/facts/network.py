"""What a command did in the network it was given: a fact for each connection, also refused."""

from steerdeck_agents.facts.fact import Fact


class NetworkUsed(Fact, frozen=True, kw_only=True, tag="network.used"):
    """`call` is the call whose command asked for it."""

    host: str
    port: int
    allowed: bool
    why: str = ""
    """Why it was refused or failed."""
    sent: int = 0
    """Bytes from the command."""
    received: int = 0
