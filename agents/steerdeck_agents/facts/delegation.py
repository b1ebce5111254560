"""Facts about helper sessions: normal sessions that an agent starts, with a brief of its own."""

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import SessionId


class HelperStarted(Fact, frozen=True, kw_only=True, tag="helper.started"):
    """A fact of the parent: `call` is the call that asked for it and waits for its answer."""

    helper: SessionId
    name: str
    brief: str = ""
    writes: bool = False


class HelperReported(Fact, frozen=True, kw_only=True, tag="helper.reported"):
    """A fact of the parent: a helper came to an end of its work."""

    helper: SessionId
    status: str
