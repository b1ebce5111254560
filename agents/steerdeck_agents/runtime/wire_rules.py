"""What a client may ask about rules."""

import msgspec

from steerdeck_agents.facts.ids import ApprovalId, SessionId
from steerdeck_agents.facts.ruling import Meter
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_terms import Left


class Rules(msgspec.Struct, frozen=True, tag="rules", tag_field="ask"):
    """Every rule and what is left of it: RulesPage of gate.rule_lines."""


class Propose(msgspec.Struct, frozen=True, tag="propose", tag_field="ask"):
    """The rule that would answer an open approval and its like: Proposal of gate.rule_propose."""

    session: SessionId
    approval: ApprovalId


class RuleStands(msgspec.Struct, frozen=True):
    """Of a line of that page what a deck needs: it loads neither the file nor the shell's words."""

    rule: Rule
    meter: Meter = Meter("")
    left: Left = Left()


class RulesStand(msgspec.Struct, frozen=True):
    """The same page, read for a deck."""

    rules: tuple[RuleStands, ...] = ()
    problems: tuple[str, ...] = ()
    """What of the file is not understood, a sentence each."""
