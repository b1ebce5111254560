"""Pages of the tool log: calls as rows with what they add up to, and one call with its evidence."""

from typing import Literal

import msgspec

from steerdeck_agents.facts.ids import CallId, SessionId, Sha

Order = Literal["newest", "oldest", "slowest"]


class CallLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call of the log."""

    call: CallId
    session: SessionId
    seq: int
    """Of the wish."""
    at_ms: int
    tool: str
    title: str
    phase: str
    """`requested`, `asks`, `running`, `lost`, or how it ended."""
    started_ms: int = 0
    duration_ms: int = 0
    exit_code: int | None = None
    summary: str = ""
    allowed_by: str = ""
    level: str = ""
    by_hand: bool = False
    paths: tuple[str, ...] = ()
    """Files it named, was asked about or wrote, as far as that is on record."""
    ended_seq: int = 0
    """Of its result; 0 without one."""


class ToolTotal(msgspec.Struct, frozen=True):
    """What the calls of one tool add up to."""

    tool: str
    calls: int
    failed: int
    took_ms: int


class CallsPage(msgspec.Struct, frozen=True):
    """Part of the calls that pass a filter, and what all that pass add up to."""

    lines: tuple[CallLine, ...] = ()
    first: int = 0
    """How many of those that pass stand before them."""
    matched: int = 0
    total: int = 0
    """Calls without the filter."""
    tools: tuple[ToolTotal, ...] = ()
    """Of those that pass, the most used first."""
    sessions: int = 0
    """Sessions those that pass belong to."""
    problem: str = ""
    left_out: int = 0
    """Calls that pass the filter and are not wanted, because of their tool."""

    @property
    def failed(self) -> int:
        return sum(one.failed for one in self.tools)

    @property
    def took_ms(self) -> int:
        return sum(one.took_ms for one in self.tools)


class OutputPart(msgspec.Struct, frozen=True):
    """Some lines of a call's whole output."""

    lines: tuple[str, ...] = ()
    first: int = 0
    """How many lines stand before them."""
    total: int = 0
    size: int = 0
    """Bytes of the whole output."""
    cut: bool = False
    """A line here is longer than what is told of it."""


class Again(msgspec.Struct, frozen=True):
    """Another call of the session with the same words."""

    call: CallId
    at_ms: int
    phase: str


class Asked(msgspec.Struct, frozen=True):
    """The card as the developer was shown it, and the answer."""

    what: str
    why: str = ""
    reasons: tuple[str, ...] = ()
    folder: str = "."
    level: str = ""
    danger: str = ""
    network: tuple[str, ...] = ()
    taint: tuple[str, ...] = ()
    decision: str = ""
    """`allow`, `reject`, `expired`, or nothing while it waits."""
    scope: str = ""
    words: str = ""
    waited_ms: int = 0
    unattended: bool = False
    """A policy answered."""


class CallPage(msgspec.Struct, frozen=True):
    """One call closely."""

    line: CallLine
    name: str = ""
    """Its session's."""
    number: int = 0
    """Its place among the calls of the session."""
    arguments: str = ""
    """Its input exactly as the model wrote it, but for secrets."""
    edited: str = ""
    """The command the developer put in its place."""
    asked: tuple[Asked, ...] = ()
    rules: tuple[str, ...] = ()
    """Rules that were used."""
    network: tuple[str, ...] = ()
    """Connections, in words."""
    wrote: tuple[str, ...] = ()
    """Files whose state differed after it."""
    request: str = ""
    said: str = ""
    """What the agent said just before."""
    same: tuple[Again, ...] = ()
    output: Sha | None = None
    part: OutputPart = OutputPart()
    """The beginning of its output, or of a failed call the end."""
