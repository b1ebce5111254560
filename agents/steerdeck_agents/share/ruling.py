"""Rules in plain words: made, used, ended, taken back; for lines without colour.

What a rule matches may be a model's text: whoever prints it makes it inert.
"""

from datetime import datetime

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.limits import amount
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_terms import in_words

_DOES = {"allow": "allows", "ask": "asks for", "deny": "forbids"}
_SCOPES = {
    "turn": "for this turn", "session": "for this session", "everywhere": "everywhere",
}  # fmt: skip
_LONGEST = 300


def told(event: e.Event) -> tuple[str, str] | None:
    """Label and text of an event about a rule, where it is one."""
    match event:
        case e.RuleAdded():
            return "rule", f"{event.rule.id} {rule_words(event.rule)}"
        case e.RuleChanged():
            return "rule", f"{event.rule.id} was changed: it {rule_words(event.rule)}"
        case e.RuleUsed():
            return "rule", f"{event.rule} lets pass: {one_line(event.what, _LONGEST)}"
        case e.RuleExpired():
            times = counted(event.used, "time")
            return "rule", f"{event.rule.id} has ended: {event.reason}; it was used {times}"
        case e.RuleRevoked():
            return "rule", f"{event.rule} was taken back"
        case e.RuleOffered():
            likes = f"you allowed {event.alike} like it before"
            return "rule", f"a rule could answer this: {_named(event.rule)}; {likes}"
        case e.RuleReviewed():
            return "rule", f"you looked at what {event.rule} let pass"
        case _:
            return None


def rule_words(rule: Rule) -> str:
    """What a rule does, where, and until when: `allows make for this session, 3 times`."""
    where = _SCOPES.get(rule.scope or "", f"in {rule.repository}")
    return ", ".join((f"{_DOES[rule.decision]} {_named(rule)} {where}", *_ends(rule)))


def _named(rule: Rule) -> str:
    return one_line(in_words(rule), _LONGEST)


def _ends(rule: Rule) -> list[str]:
    told = []
    if rule.uses is not None:
        told.append(counted(rule.uses, "time"))
    if rule.until_ms is not None:
        told.append(f"until {datetime.fromtimestamp(rule.until_ms / 1000):%Y-%m-%d %H:%M}")
    if rule.dollars is not None:
        told.append(f"until {amount('dollars', rule.dollars)} more are spent")
    return told
