"""Stored answers to approvals: read with their examples, and matched by the whole text.

Lasting rules live in a `rules.toml` of the developer's, outside every workspace; no repository can
bring one. A rule whose own examples fail does not mean what its author thinks and does not hold.
While something that may deny can't be read, one rule stands for all of it: everything asks.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_cover import covering
from steerdeck_agents.gate.rule_deny import met
from steerdeck_agents.gate.rule_ground import Names
from steerdeck_agents.gate.rule_terms import reaches
from steerdeck_agents.gate.rule_words import path_glob
from steerdeck_agents.settings import rules_file
from steerdeck_agents.settings.rules_file import Entry, Problem

save = rules_file.save


class RuleSet(msgspec.Struct, frozen=True):
    """The lasting rules as they stand in their file."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()
    """A sentence each, with file and line."""
    closed: bool = False
    """Something that may deny is not understood, so everything asks."""
    text: str = ""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that hold; behind them the one that asks for everything, where it must."""
        found = tuple(entry.rule for entry in self.entries)
        if not self.closed:
            return found
        why = f"a rule that may forbid something can't be read: {self.problems[0]}"
        return (*found, Rule(id="", kind="every", decision="ask", everywhere=True, why=why))


def read(path: Path) -> RuleSet:
    """The lasting rules whose examples hold, and what is wrong with the others; never raises."""
    try:
        file = rules_file.read(path)
    except SettingsError as error:
        return RuleSet(problems=(str(error),), closed=True)
    kept: list[Entry] = []
    problems = list(file.problems)
    for entry in file.entries:
        if why := broken_example(entry.rule):
            closes = entry.rule.decision != "allow"
            problems.append(Problem(entry.line, f"rule {entry.rule.id}: {why}", closes))
        else:
            kept.append(entry)
    problems.sort(key=lambda one: one.line)
    told = tuple(
        f"{path}, line {one.line}: {one.what}. Correct or remove it; until then"
        + (" everything asks." if one.closes else " that rule does not hold.")
        for one in problems
    )
    return RuleSet(tuple(kept), told, any(one.closes for one in problems), file.text)


def load(path: Path) -> tuple[Rule, ...]:
    """The lasting rules, in the order of the file; none when there is no file."""
    return read(path).rules


def broken_example(rule: Rule) -> str:
    """Which example of a rule does not hold, as the end of a sentence; empty when all do."""
    for text in rule.match:
        if not matches_text(rule, text):
            return f"its example {text!r} does not match"
    for text in rule.no_match:
        if matches_text(rule, text):
            return f"it matches {text!r}, which it must not"
    return ""


def matches_text(rule: Rule, text: str) -> bool:
    """Whether a rule alone is about this text: a command, or the name its kind goes by."""
    if rule.kind == "patch":
        return any(path_glob(glob).fullmatch(text) for glob in rule.paths)
    if rule.kind != "command":
        return rule.command == text
    if rule.decision != "allow":
        return met(rule, text) == "yes"
    if rule.pattern is None:
        return rule.command == text
    ground = Names()
    folder = rule.pattern.folder
    plain = folder if "*" not in folder and "?" not in folder else ""
    start = f"{ground.root}/{plain}" if plain not in ("", ".") else ground.root
    return bool(covering(text, [rule], folder=start, ground=ground, confined=True))


def matching(
    rules: Sequence[Rule],
    script: str,
    repository: str,
    session: SessionId,
    kind: Literal["command", "tool"] = "command",
) -> Rule | None:
    """The first rule that allows exactly this text, here; equality of the whole text only."""
    for rule in rules:
        exact = rule.pattern is None and rule.decision == "allow" and rule.kind == kind
        if exact and script and rule.command == script and reaches(rule, repository, session):
            return rule
    return None
