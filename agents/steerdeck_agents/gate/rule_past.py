"""What a rule would have meant for what the developer was asked before, where it would hold.

Every answer is tried on the rule itself; nothing is told from words that look alike.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from steerdeck_agents.facts.asking import Kind
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.network import asked_for
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_cover import covering
from steerdeck_agents.gate.rule_ground import Names
from steerdeck_agents.gate.rule_hosts import through
from steerdeck_agents.gate.rule_words import path_glob

MOST_TRIED = 400
"""Past commands of the same program a rule is tried on, the newest."""
SHOWN = 8
"""Examples of one kind that are told one by one."""
_LONGEST = 400
Where = Literal["session", "repository", "everywhere"]
WHERE: tuple[Where, ...] = ("session", "repository", "everywhere")


class Example(msgspec.Struct, frozen=True):
    """Something the developer was asked before, and what they said."""

    what: str
    folder: str
    """Absolute."""
    root: str
    """The workspace of that time."""
    allowed: bool
    session: SessionId = SessionId("")
    name: str = ""
    """Of the session."""
    repository: str = ""
    at_ms: int = 0
    seq: int = 0
    kind: Kind = "command"
    files: tuple[str, ...] = ()
    """Of a patch."""
    keep: bool = False
    """It would have gone on after its call."""


class Past(msgspec.Struct, frozen=True):
    """A rule at one reach, and the answers it speaks about; the newest examples of each kind."""

    rule: Rule
    where: Where
    rejected: tuple[Example, ...] = ()
    """What you rejected and it would have let pass."""
    allowed: tuple[Example, ...] = ()
    asks: tuple[Example, ...] = ()
    """Alike, and asked for all the same."""
    counts: tuple[int, int, int] = (0, 0, 0)
    """How many there are of the three."""
    elsewhere: int = 0
    """Rejected ones it matches, where it would not hold."""


def pasts(
    rules: Sequence[Rule | None], asked: Example, past: Sequence[Example]
) -> tuple[Past, ...]:
    """For each rule, None left out, what it would have meant at each reach; newest last in."""
    return tuple(
        found for rule in rules if rule is not None for found in _of_rule(rule, asked, past)
    )


def _of_rule(rule: Rule, asked: Example, past: Sequence[Example]) -> list[Past]:
    tried = alike_in_name(rule, asked, past)
    passing = [lets(rule, one) for one in tried]
    found = []
    for where in WHERE:
        kinds: tuple[list[Example], list[Example], list[Example]] = ([], [], [])
        elsewhere = 0
        for one, passes in zip(tried, passing, strict=True):
            if not _within(one, asked, where):
                elsewhere += passes and not one.allowed
            elif passes:
                kinds[1 if one.allowed else 0].append(one)
            else:
                kinds[2].append(one)
        counts = (len(kinds[0]), len(kinds[1]), len(kinds[2]))
        rejected, allowed, asks = (_newest(kind) for kind in kinds)
        found.append(Past(rule, where, rejected, allowed, asks, counts, elsewhere))
    return found


def alike_in_name(rule: Rule, asked: Example, past: Sequence[Example]) -> list[Example]:
    """The answers a rule is tried on: of its kind, with its program's name in them."""
    name = rule.pattern.prefix[0] if rule.pattern else rule.command.partition("\n")[0]
    return [one for one in past if one.kind == asked.kind and name in one.what][-MOST_TRIED:]


def lets(rule: Rule, one: Example) -> bool:
    """Whether the rule would have let this pass."""
    if rule.kind == "tool":
        return one.what.partition("\n")[0] == rule.command
    if rule.kind == "network":
        hosts, _ = asked_for(one.what)
        return bool(hosts) and len(through([rule], hosts)) == len(hosts)
    if rule.kind == "patch":
        named = [path_glob(glob) for glob in rule.paths]
        return bool(one.files) and all(any(g.fullmatch(f) for g in named) for f in one.files)
    if one.keep and not rule.keep:
        return False
    if rule.pattern is None:
        return one.what == rule.command
    if rule.pattern.prefix[0] not in one.what:
        return False
    ground = Names(one.root)
    return bool(covering(one.what, [rule], folder=one.folder, ground=ground, confined=True))


def is_home(one: Example, asked: Example) -> bool:
    """Whether both belong to one session or one repository."""
    same = bool(one.repository) and one.repository == asked.repository
    return same or one.session == asked.session


def _within(one: Example, asked: Example, where: Where) -> bool:
    """Whether a rule made of what is asked would have held there."""
    match where:
        case "session":
            return one.session == asked.session
        case "repository":
            return is_home(one, asked)
        case "everywhere":
            return True


def _newest(found: Sequence[Example]) -> tuple[Example, ...]:
    return tuple(
        msgspec.structs.replace(one, what=one.what[:_LONGEST]) for one in reversed(found[-SHOWN:])
    )
