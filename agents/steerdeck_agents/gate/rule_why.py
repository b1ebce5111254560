"""Which rule answers a command, and why the others do not; which rules never get to answer one."""

import posixpath
from collections.abc import Sequence

import msgspec

from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_cover import covering, only_reads, parts
from steerdeck_agents.gate.rule_deny import exact_pattern, met
from steerdeck_agents.gate.rule_terms import reaches
from steerdeck_agents.gate.rule_words import why_not
from steerdeck_agents.gate.rules import matches_text
from steerdeck_agents.gate.shell.danger import danger_of
from steerdeck_agents.gate.shell.places import Ground


class Tried(msgspec.Struct, frozen=True):
    """One rule against one command."""

    rule: str
    matches: bool
    why: str
    """Why not, or what it does; the end of a sentence."""


def tried(rule: Rule, script: str, *, folder: str, ground: Ground, repository: str) -> Tried:
    """Whether a rule answers a command that would start in `folder` (absolute)."""
    why = _why(rule, script, folder, ground, repository)
    does = {"allow": "allows it", "ask": "makes it ask", "deny": "forbids it"}[rule.decision]
    return Tried(rule.id, not why, why or does)


def _why(rule: Rule, script: str, folder: str, ground: Ground, repository: str) -> str:
    if rule.kind == "every":
        return ""
    if rule.kind != "command":
        return f"it is about a {rule.kind}"
    if not reaches(rule, repository, SessionId(rule.session)):
        return f"it holds in {rule.repository} only"
    if rule.decision != "allow":
        found = met(rule, script)
        return "" if found != "no" else "no command in it is the one it is about"
    if danger := danger_of(script, ground.root):
        return f"no rule covers what can't be taken back: {danger.rstrip('.')}"
    if rule.pattern is None:
        return "" if rule.command == script else "it names another exact text"
    found_parts = parts(script, folder=posixpath.normpath(folder), ground=ground)
    if isinstance(found_parts, str):
        return found_parts
    reasons = []
    for part in found_parts:
        why = why_not(rule.pattern, part.command, part.folder, ground, part.fed)
        if why and not only_reads(part, ground, confined=True):
            reasons.append(f"{part.text!r}: {why}")
    if reasons:
        return reasons[0]
    covers = covering(script, [rule], folder=folder, ground=ground, confined=True)
    return "" if covers else "it would run unasked without a rule"


def shadowed(rules: Sequence[Rule]) -> list[tuple[Rule, Rule, str]]:
    """Rules that never get to answer: each with the one before it, and what that does.

    Told by their own examples and exact texts; what no example shows is not claimed.
    """
    found = []
    for place, rule in enumerate(rules):
        texts = _texts(rule)
        for other in rules:
            if other is rule or not texts or not _wider(other, rule) or other.ends:
                continue
            stricter = _strict(other) > _strict(rule)
            earlier = _strict(other) == _strict(rule) and rules.index(other) < place
            if (stricter or earlier) and all(matches_text(other, text) for text in texts):
                found.append((rule, other, "answers first" if earlier else "is stricter"))
                break
    return found


def _texts(rule: Rule) -> tuple[str, ...]:
    if rule.command:
        return (rule.command,)
    if rule.match:
        return rule.match
    pattern = rule.pattern
    if pattern is not None and not (pattern.options or pattern.words or pattern.paths):
        text = " ".join(pattern.prefix)
        return (text,) if exact_pattern(text) else ()
    return ()


def _wider(other: Rule, rule: Rule) -> bool:
    if other.kind != rule.kind or other.scope is None:
        return False
    return other.everywhere or (other.repository == rule.repository and bool(rule.repository))


def _strict(rule: Rule) -> int:
    return ("allow", "ask", "deny").index(rule.decision)
