"""What a client may ask about rules."""

import msgspec

from steerdeck_agents.facts.ids import ApprovalId, SessionId


class Rules(msgspec.Struct, frozen=True, tag="rules", tag_field="ask"):
    """Every rule and what is left of it: RulesPage of gate.rule_lines."""


class Propose(msgspec.Struct, frozen=True, tag="propose", tag_field="ask"):
    """The rule that would answer an open approval and its like: Proposal of gate.rule_propose."""

    session: SessionId
    approval: ApprovalId
