"""Every rule as a line: what it matches, where, how often it was used, what is left of it."""

from collections.abc import Iterable

import msgspec

from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.ruling import Meter
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.verdict import Rule, RuleScope
from steerdeck_agents.gate.rule_book import RuleBook
from steerdeck_agents.gate.rule_terms import Left, in_words, left


class RuleLine(msgspec.Struct, frozen=True):
    """One rule and how it stands."""

    rule: Rule
    sha: Sha
    """Goes with an order that changes it."""
    words: str
    scope: RuleScope | None
    name: str
    """Of its session."""
    meter: Meter
    left: Left
    line: int = 0
    """In `rules.toml`; 0 for a session's."""


class RulesPage(msgspec.Struct, frozen=True):
    """All rules of a home."""

    rules: tuple[RuleLine, ...] = ()
    problems: tuple[str, ...] = ()
    """What of the file is not understood, a sentence each."""


def page(book: RuleBook, states: Iterable[SessionState], now_ms: int) -> RulesPage:
    """Lasting rules in the order of their file, then those of the sessions alive."""
    found = [_line(one.rule, one.meter, one.left, "", one.line) for one in book.standing()]
    for state in states:
        if state.archived:
            continue
        meters = {meter.rule: meter for meter in state.meters}
        for rule in state.rules:
            meter = meters.get(rule.id, Meter(rule.id))
            found.append(_line(rule, meter, left(rule, meter, now_ms, state), state.name, 0))
    return RulesPage(tuple(found), book.problems)


def _line(rule: Rule, meter: Meter, rest: Left, name: str, number: int) -> RuleLine:
    return RuleLine(rule, rule.sha(), in_words(rule), rule.scope, name, meter, rest, number)


def named(rules: Iterable[RuleLine], words: str) -> list[RuleLine]:
    """The rules whose id is `words`, else those whose id begins so."""
    lines = list(rules)
    exact = [one for one in lines if one.rule.id == words]
    return exact or [one for one in lines if words and one.rule.id.startswith(words)]
