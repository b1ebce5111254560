"""What a command is before it is started, and how it ended."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox import appetite
from steerdeck_agents.sandbox.descendants import Seen
from steerdeck_agents.sandbox.output import kept_of


class Spawn(msgspec.Struct, frozen=True, kw_only=True):
    """One command, as it was decided."""

    script: str
    workspace: Workspace
    environment: Mapping[str, str]
    """Complete: the command gets these variables and no others."""
    level: Level
    folder: str = "."
    """Relative to the workspace, and inside it."""
    timeout_s: float = 120.0
    surroundings: Surroundings = Surroundings()
    binding: Sha | None = None
    """What it was allowed under; it starts only while that is still so. None: nobody was asked
    about it in this way, as with the checks and servers the developer consented to."""
    loopback: Seen | None = None
    """A process whose network it shares (see `loopback.py`); without one it has its own."""
    allowed: str | None = ""
    """Secrets it may print, since the developer said so; any, when it is None: it prints a key."""
    network: bool = False
    """It reaches what this machine reaches. For what the developer has consented to by itself, a
    set-up script or a server; never for an agent's command."""
    hosts: tuple[str, ...] = ()
    """Hosts its command was allowed to reach; start it inside `proxy.online`, which opens them."""
    memory: int = msgspec.field(default_factory=appetite.most)
    """Bytes it may take together with all it starts; beyond that it is ended. 0: no limit."""


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """How a command ended. Inside bubblewrap a signal shows as exit code 128 + its number."""

    exit_code: int | None
    signal: int | None
    timed_out: bool
    interrupted: bool
    capped: bool
    """It was stopped because it printed more than the cap."""
    crowded: bool = False
    """It was stopped because it had too many processes."""
    memory: bool = False
    """It was stopped because it took too much memory."""
    duration_ms: int
    head_tail: str
    """At most 32 KiB of UTF-8; a mark names the number of bytes cut in the middle."""
    total: int
    """Bytes printed."""
    spool: Path | None
    """The complete output, when `head_tail` is less than that or not byte for byte."""
    problem: str = ""
    """What is to be told besides: why the complete output could not be kept, what it took, what it
    changed that was put back."""

    def kept(self) -> bytes:
        """What it printed, as it is stored; blocks."""
        if self.spool is None:
            return self.head_tail.encode(errors="replace")
        return kept_of(self.spool)
