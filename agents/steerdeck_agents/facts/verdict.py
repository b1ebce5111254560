"""What the gate says of an action, what a decision is bound to (law 6), and what a rule is."""

from typing import Literal

import msgspec

from steerdeck_agents.facts.ids import Sha, sha_of
from steerdeck_agents.facts.outline import Outline

RuleKind = Literal["command", "patch", "tool", "network", "every"]
"""`every`: whatever could take effect; only the gate makes such rules, and they only ask."""
RuleScope = Literal["turn", "session", "repository", "everywhere"]


class Auto(msgspec.Struct, frozen=True, tag="auto"):
    """Runs without asking; `because` names the rule or the class that allows it."""

    because: str
    rule: str | None = None
    rules: tuple[str, ...] = ()
    """All rules it rests on, where one alone does not cover it."""

    @property
    def rests_on(self) -> tuple[str, ...]:
        return self.rules or ((self.rule,) if self.rule is not None else ())


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """The developer decides; each reason is a short sentence."""

    reasons: tuple[str, ...]
    danger: str = ""
    """A sentence when it could destroy what nobody can bring back; no rule covers it."""
    outline: Outline = Outline()


class Deny(msgspec.Struct, frozen=True, tag="deny"):
    """Never runs; the reason goes to the model."""

    reason: str
    by: Literal["plan mode", "a rule", "the gate"] = "the gate"
    """Who refuses it, for the developer, who did not."""


Verdict = Auto | Ask | Deny


def alarm(danger: str) -> str:
    """A danger as the first of the reasons; `danger` is its sentence."""
    return f"danger: {danger[:1].lower()}{danger[1:].rstrip('.')}"


class Pattern(msgspec.Struct, frozen=True, omit_defaults=True):
    """Commands of one program, by the words it gets; the shell's syntax is understood before.

    A rule that allows needs every word to be named here; one that denies is met by any.
    """

    prefix: tuple[str, ...]
    """The program and the words right after it, exactly."""
    options: tuple[str, ...] = ()
    """Words that may follow, exactly; `-k slow` is an option with its value."""
    words: tuple[str, ...] = ()
    """Other words; `*` and `?` stand for characters but `/`, `=` and `:`."""
    paths: tuple[str, ...] = ()
    """Files below the workspace; `**` stands for folders too."""
    writes: tuple[str, ...] = ()
    """Files below the workspace that output may be sent to."""
    folder: str = ""
    """Where it starts, below the workspace; empty is anywhere in it."""
    input: bool = False
    """It may be fed by a pipe or a file."""


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stored answer to approvals: what it matches, where it holds, and until when."""

    id: str
    command: str = ""
    """The exact text of a command, `server tool` of a tool, or a host; with it no pattern."""
    repository: str = ""
    """Top folder of the repository it holds for; empty with a session scope."""
    session: str = ""
    """Session it holds for; empty when it holds for the repository."""
    by: str = "developer"
    kind: RuleKind = "command"
    """`tool`: `command` is the name of a server's tool, whatever its arguments."""
    decision: Literal["allow", "ask", "deny"] = "allow"
    everywhere: bool = False
    turn: str = ""
    """The turn it ends with, of its session."""
    pattern: Pattern | None = None
    paths: tuple[str, ...] = ()
    """What a patch may change, as in a pattern."""
    until_ms: int | None = None
    uses: int | None = None
    """How often it may be used in all."""
    dollars: float | None = None
    """What its session may spend on its model from then on."""
    made_ms: int = 0
    why: str = ""
    match: tuple[str, ...] = ()
    """Texts it must match, or it is not stored."""
    no_match: tuple[str, ...] = ()
    """Texts it must not match."""
    keep: bool = False
    """What it allows may also go on after its call, as a shell session."""

    @property
    def scope(self) -> RuleScope | None:
        """How far it reaches; None is nowhere."""
        if self.turn:
            return "turn" if self.session else None
        if self.session:
            return "session"
        if self.repository:
            return "repository"
        return "everywhere" if self.everywhere else None

    @property
    def ends(self) -> bool:
        """Whether it ends by itself."""
        limits = (self.until_ms, self.uses, self.dollars)
        return bool(self.turn) or any(limit is not None for limit in limits)

    def sha(self) -> Sha:
        """Hash of all it says, for a decision that rests on what was shown of it."""
        # Fields left out because they are defaults are told apart by identity, so none is left out.
        pattern = None if self.pattern is None else msgspec.structs.astuple(self.pattern)
        fields = {**msgspec.structs.asdict(self), "pattern": pattern}
        return sha_of(msgspec.json.encode(fields))


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a rule that is being made ends; None is without limit."""

    uses: int | None = None
    seconds: float | None = None
    dollars: float | None = None

    @property
    def possible(self) -> bool:
        return all(value is None or value > 0 for value in (self.uses, self.seconds, self.dollars))


class Binding(msgspec.Struct, frozen=True):
    """Everything an allow is bound to; its hash is recomputed when the call is performed."""

    kind: str
    text: str
    folder: str
    environment: tuple[tuple[str, str], ...]
    level: str
    bases: tuple[tuple[str, str], ...] = ()
    """Path and base hash of each patched file, or of each file a command runs."""
    head: str = ""
    """HEAD of the workspace, for commands."""
    place: str = ""
    """Which folders `folder` and the workspace are on the disk, for commands."""
    hosts: tuple[str, ...] = ()
    """What of the network a command may reach."""

    def sha(self) -> Sha:
        """Hash of the canonical JSON of all fields."""
        return sha_of(msgspec.json.encode(self))
