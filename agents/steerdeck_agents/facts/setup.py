"""Facts about furnishing a workspace: files brought along, ports, set-up and tear-down scripts."""

from typing import Literal

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.places import Ports as Ports

SetupKind = Literal["setup", "teardown"]
SetupStatus = Literal["", "running", "done", "failed", "refused"]


class WorkspaceFurnished(Fact, frozen=True, kw_only=True, tag="workspace.furnished"):
    """What a new workspace got besides the files of its commit."""

    included: tuple[str, ...] = ()
    """Ignored files copied because `.worktreeinclude` names them."""
    folders: tuple[str, ...] = ()
    """Dependency folders, each with how it came."""
    links: tuple[str, ...] = ()
    """Folders of the developer that are linked, read-only in the sandbox."""
    ports: Ports = Ports()
    setup: str = ""
    """The set-up script its project names."""
    teardown: str = ""
    identity: Sha = Sha("")
    """What a consent to the set-up script is bound to."""
    teardown_identity: Sha = Sha("")
    network: bool = False
    timeout_s: float = 600.0


class SetupStarted(Fact, frozen=True, kw_only=True, tag="setup.started"):
    kind: SetupKind
    command: str


class SetupPrinted(Fact, frozen=True, kw_only=True, tag="setup.printed"):
    text: str


class SetupEnded(Fact, frozen=True, kw_only=True, tag="setup.ended"):
    kind: SetupKind
    status: SetupStatus
    reason: str = ""
    exit_code: int | None = None
    duration_ms: int = 0
    output: Sha | None = None


class Setup(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a workspace was furnished, as a state carries it."""

    status: SetupStatus = ""
    script: str = ""
    teardown: str = ""
    identity: Sha = Sha("")
    teardown_identity: Sha = Sha("")
    network: bool = False
    timeout_s: float = 600.0
    furnished: bool = False
    output: str = ""
    """The last lines of the running script, capped."""


SetupFact = WorkspaceFurnished | SetupStarted | SetupPrinted | SetupEnded
