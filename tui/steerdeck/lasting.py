"""Which of the lasting rules hold for a session: those of its own machine that reach it."""

from collections.abc import Sequence

from steerdeck.hosts.marks import host_of
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.gate.rule_terms import reaches
from steerdeck_agents.runtime.wire_rules import RuleStands


def holding(rules: Sequence[RuleStands], state: SessionState) -> list[RuleStands]:
    return [
        one
        for one in rules
        if host_of(one.rule.id) == host_of(state.id)
        and not one.left.over
        and reaches(one.rule, state.workspace.repository, state.id)
    ]
