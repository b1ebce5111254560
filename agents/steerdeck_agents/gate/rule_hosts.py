"""Rules about hosts of the network: which one speaks of a host, and whether all hosts have one.

A rule names a host on its usual ports, `host:port`, or with `*.name` all hosts below a name.
"""

from collections.abc import Sequence

from steerdeck_agents.facts.verdict import Rule

_USUAL = ("", "80", "443")


def through(rules: Sequence[Rule], hosts: Sequence[str]) -> tuple[Rule, ...]:
    """The rules that let a command reach its hosts; none when one of them has none."""
    found: list[Rule] = []
    for host in hosts:
        name, _, port = host.partition(":")
        rule = host_rule(rules, name if port in _USUAL else host)
        if rule is None:
            return ()
        found.append(rule)
    return tuple(found)


def speaks_of(rule: str, host: str) -> bool:
    """Whether a rule is about a host, about its port, or about one of those `*.name` stands for."""
    name = host.partition(":")[0]
    return any((_is_host(rule, host), _is_host(rule, name), _is_host(name, rule.partition(":")[0])))


def host_rule(rules: Sequence[Rule], host: str) -> Rule | None:
    """The rule that decides about a host, a denial first; `*.name` names all below a name."""
    name = host.lower().rstrip(".")
    named = [
        rule
        for rule in rules
        if rule.kind == "network" and name and _is_host(rule.command.lower(), name)
    ]
    return min(named, key=lambda rule: ("deny", "ask", "allow").index(rule.decision), default=None)


def named_by(host: str) -> str:
    """What a rule about this host and no other says: its usual ports need no naming."""
    name, _, port = host.lower().partition(":")
    return name if port in _USUAL else f"{name}:{port}"


def _is_host(rule: str, name: str) -> bool:
    if rule.startswith("*."):
        return name.endswith(rule[1:]) and len(name) > len(rule) - 1
    return rule == name
