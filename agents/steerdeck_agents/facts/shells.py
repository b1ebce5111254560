"""Facts about shell sessions: processes an agent starts that go on between its calls.

Like a call, one is begun by a committed intent; unlike a call it ends when it is stopped, with its
session, or with the runtime. Its output is streamed text: on the wire it may be dropped.
"""

from typing import Literal

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import CallId, Sha, ShellId

ShellEnding = Literal[
    "exited", "stopped", "developer", "session", "runtime", "capped", "crowded", "memory", "lost"
]
"""`stopped`: the agent ended it; `capped`: it printed more than is kept; `crowded`: it had too many
processes; `memory`: it took too much memory; `lost`: a crash hid it."""


class ShellOpened(Fact, frozen=True, kw_only=True, tag="shell.opened"):
    """`call` is the call that started it, whose intent and approval cover it."""

    shell: ShellId
    title: str
    tty: bool = False


class ShellPrinted(Fact, frozen=True, kw_only=True, tag="shell.printed"):
    shell: ShellId
    text: str


class ShellListened(Fact, frozen=True, kw_only=True, tag="shell.listened"):
    """The TCP ports its processes listen on, all of them, each time they differ."""

    shell: ShellId
    ports: tuple[int, ...]


class PortOpened(Fact, frozen=True, kw_only=True, tag="shell.port_opened"):
    """The developer can reach a port of it from this machine, until it or its session ends."""

    shell: ShellId
    port: int
    at: int
    """Port of this machine, on 127.0.0.1."""


class ShellPrompted(Fact, frozen=True, kw_only=True, tag="shell.prompted"):
    """It waits for something to be typed; without a text it does so no more."""

    shell: ShellId
    text: str
    hidden: bool = False
    """What is typed is not echoed: a password, for the developer alone."""


class ShellTyped(Fact, frozen=True, kw_only=True, tag="shell.typed"):
    """The developer typed into it; of what is not echoed nothing is kept."""

    shell: ShellId
    text: str = ""
    hidden: bool = False


class ShellEnded(Fact, frozen=True, kw_only=True, tag="shell.ended"):
    shell: ShellId
    how: ShellEnding
    exit_code: int | None = None
    duration_ms: int = 0
    output: Sha | None = None
    """Blob with its complete output, up to a cap."""


class OpenShell(msgspec.Struct, frozen=True, omit_defaults=True):
    """A shell session that lives."""

    id: ShellId
    title: str
    seq: int
    at_ms: int
    tty: bool = False
    call: CallId | None = None
    ports: tuple[int, ...] = ()
    opened: tuple[tuple[int, int], ...] = ()
    """Ports the developer has opened, each with that of this machine which leads to it."""
    prompt: str = ""
    hidden: bool = False
    prompted_ms: int = 0
    output: str = ""
    """The last output, capped."""


ShellFact = (
    ShellOpened | ShellPrinted | ShellListened | PortOpened | ShellPrompted | ShellTyped
    | ShellEnded
)  # fmt: skip
