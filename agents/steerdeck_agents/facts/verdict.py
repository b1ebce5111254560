"""What the gate says of an action, and what a decision is bound to (law 6)."""

from typing import Literal

import msgspec

from steerdeck_agents.facts.ids import Sha, sha_of


class Auto(msgspec.Struct, frozen=True, tag="auto"):
    """Runs without asking; `because` names the rule or the class that allows it."""

    because: str
    rule: str | None = None


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """The developer decides; each reason is a short sentence."""

    reasons: tuple[str, ...]


class Deny(msgspec.Struct, frozen=True, tag="deny"):
    """Never runs; the reason goes to the model."""

    reason: str


Verdict = Auto | Ask | Deny


class Rule(msgspec.Struct, frozen=True):
    """A stored answer: exactly this text in exactly this repository (first cut: no patterns)."""

    id: str
    command: str
    repository: str = ""
    """Top folder of the repository it holds for; empty with a session scope."""
    session: str = ""
    """Session it holds for; empty when it holds for the repository."""
    by: str = "developer"
    kind: Literal["command", "tool"] = "command"
    """`tool`: `command` is the name of a server's tool, whatever its arguments."""


class Binding(msgspec.Struct, frozen=True):
    """Everything an allow is bound to; its hash is recomputed when the call is performed."""

    kind: str
    text: str
    folder: str
    environment: tuple[tuple[str, str], ...]
    level: str
    bases: tuple[tuple[str, str], ...] = ()
    """Path and base hash of each patched file."""
    head: str = ""
    """HEAD of the workspace, for commands."""

    def sha(self) -> Sha:
        """Hash of the canonical JSON of all fields."""
        return sha_of(msgspec.json.encode(self))
