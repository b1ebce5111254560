"""Orders about rules: made of a decision or of words, changed, taken back, looked at.

The file of lasting rules is written before the fact: a rule that could not be kept was not made,
and what a crash leaves in the file without a fact is told when the file is read again.
"""

import asyncio
import posixpath
from collections.abc import Sequence

from msgspec.structs import replace

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import (
    KnownEvent,
    RuleAdded,
    RuleChanged,
    RuleReviewed,
    RuleRevoked,
)
from steerdeck_agents.facts.ids import OrderId, SessionId
from steerdeck_agents.facts.network import asked_for
from steerdeck_agents.facts.orders import (
    AddRule,
    ChangeRule,
    Decide,
    ReviewRule,
    RevokeRule,
)
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.facts.verdict import Rule, Terms
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.gate.rule_cover import covering
from steerdeck_agents.gate.rule_ground import Names
from steerdeck_agents.gate.rule_hosts import named_by, through
from steerdeck_agents.gate.rule_propose import near_misses
from steerdeck_agents.gate.rule_terms import limited
from steerdeck_agents.gate.rule_words import path_glob
from steerdeck_agents.gate.rules import broken_example
from steerdeck_agents.gate.secret_marks import MARK
from steerdeck_agents.gate.shell.danger import danger_of
from steerdeck_agents.journal.enclosures import OrderAnswered
from steerdeck_agents.settings import rules_file
from steerdeck_agents.work.rule_keeping import asked_now

NOWHERE = SessionId("")


def made(fleet: Fleet, state: SessionState, asked: OpenApproval, order: Decide) -> Rule:
    """The rule a decision stores; OrderRefused when there can't be one, and nothing is decided."""
    rule = _exact(asked) if order.rule is None else order.rule
    if order.rule is not None:
        if order.rule.sha() != order.rule_shown:
            raise OrderRefused(
                "The rule is not the one that was on your screen, so nothing was decided."
            )
        if rule.decision != "allow" or not _answers(rule, asked, state):
            raise OrderRefused("That rule would not answer this, so nothing was decided.")
    if asked.kind in ("command", "network") and MARK.search(asked.what):
        raise OrderRefused("No rule covers a text that holds a secret. Decide it once.")
    if asked.kind == "command" and (danger := danger_of(asked.what, state.workspace.path)):
        raise OrderRefused(f"No rule covers what can't be taken back: {danger} Decide it once.")
    rule = limited(rule, _possible(order.terms), fleet.clock.now_ms())
    rule = replace(
        rule,
        id=fleet.ids.new("rule"),
        by="developer",
        session=state.id if order.scope in ("turn", "session") else "",
        turn=state.turn.id if order.scope == "turn" and state.turn is not None else "",
        repository=state.workspace.repository if order.scope == "repository" else "",
        everywhere=order.scope == "everywhere",
    )
    if order.scope == "turn" and not rule.turn:
        raise OrderRefused(f"{state.name} is in no turn, so there is nothing to allow it for.")
    return rule if rule.session else _lasting(_with_examples(rule, asked, state))


async def keep(fleet: Fleet, facts: Sequence[KnownEvent]) -> None:
    """Write the lasting rules among facts that are about to be told; SettingsError if that fails"""
    for fact in facts:
        if isinstance(fact, RuleAdded) and fact.session == NOWHERE:
            await _store(fleet, fact.rule)


async def rule(fleet: Fleet, order: AddRule | ChangeRule | RevokeRule) -> tuple[SessionId, int]:
    """Carry out an order about a rule; the session it belongs to, if any, and the seq."""
    async with fleet.keeping.taking.lock:
        match order:
            case AddRule():
                fact = await _add(fleet, order)
            case ChangeRule():
                fact = await _change(fleet, order)
            case RevokeRule():
                fact = await _revoke(fleet, order)
        return fact.session, await _record(fleet, order.id, fact)


def reviewed(state: SessionState, order: ReviewRule) -> RuleReviewed:
    """What passed under an ended rule was looked at."""
    if not any(one.rule.id == order.rule for one in state.rule_reviews):
        raise OrderRefused("There is nothing of that rule to look at any more.")
    return RuleReviewed(session=state.id, actor="developer", rule=order.rule)


async def _add(fleet: Fleet, order: AddRule) -> KnownEvent:
    now_ms = fleet.clock.now_ms()
    wanted = limited(order.rule, _possible(order.terms), now_ms)
    new = _lasting(replace(wanted, id=fleet.ids.new("rule"), by="developer"))
    await _store(fleet, new)
    return RuleAdded(actor="developer", rule=new, spent=fleet.keeping.book.spent(new))


async def _store(fleet: Fleet, rule: Rule) -> None:
    with fleet.keeping.book.writing(rule.id, rule.sha()):
        await asyncio.to_thread(rules_file.add, fleet.rules_file, rule)


async def _change(fleet: Fleet, order: ChangeRule) -> KnownEvent:
    new = order.rule
    owner = _owner(fleet, new.id)
    if owner is not None:
        before = next(one for one in owner.rules if one.id == new.id)
        same = (before.session, before.turn) == (new.session, new.turn)
        if not same or new.repository or new.everywhere:
            raise OrderRefused("A rule of a session stays with it; make another one instead.")
        _same_as_shown(before, order)
        return RuleChanged(session=owner.id, actor="developer", rule=new)
    standing = fleet.keeping.book.find(new.id)
    if standing is None:
        raise _unknown(new.id)
    _same_as_shown(standing.rule, order)
    if new.dollars is not None and not fleet.keeping.book.counts(new.id):
        raise OrderRefused(
            f"Nobody counted what was spent since {new.id} was made, so it can't end by dollars; "
            "take it back and make another one."
        )
    wanted = _lasting(new)
    with fleet.keeping.book.writing(new.id, new.sha()):
        await asyncio.to_thread(rules_file.replace, fleet.rules_file, wanted)
    return RuleChanged(actor="developer", rule=new)


async def _revoke(fleet: Fleet, order: RevokeRule) -> KnownEvent:
    owner = _owner(fleet, order.rule)
    if owner is None:
        with fleet.keeping.book.writing(order.rule, None):
            found = await asyncio.to_thread(rules_file.remove, fleet.rules_file, order.rule)
        if not found:
            raise _unknown(order.rule)
    fleet.keeping.taking.revoked.add(order.rule)
    session = NOWHERE if owner is None else owner.id
    return RuleRevoked(session=session, actor="developer", rule=order.rule)


def _owner(fleet: Fleet, rule: str) -> SessionState | None:
    """The session whose rule it is; None: it lasts, or is none."""
    for state in fleet.writer.states().values():
        if any(one.id == rule for one in state.rules):
            return state
    return None


def _same_as_shown(before: Rule, order: ChangeRule) -> None:
    if before.sha() != order.before:
        raise OrderRefused("The rule was changed meanwhile; look at it again.")


def _unknown(rule: str) -> OrderRefused:
    return OrderRefused(f"There is no rule {rule}; `steerdeck rules list` shows what there is.")


def _possible(terms: Terms) -> Terms:
    if not terms.possible:
        raise OrderRefused("A rule can't end before it begins: give more than nothing.")
    return terms


def _lasting(rule: Rule) -> Rule:
    """The rule, when it can last; OrderRefused says why not."""
    if rule.session or rule.turn or rule.kind == "every":
        raise OrderRefused("A rule that lasts belongs to a repository, or holds everywhere.")
    if bool(rule.repository) == rule.everywhere:
        raise OrderRefused("Say where the rule holds: in one repository, or everywhere.")
    if why := broken_example(rule):
        raise OrderRefused(f"The rule was not stored: {why}.")
    return rule


def _exact(asked: OpenApproval) -> Rule:
    match asked.kind:
        case "command":
            return Rule(id="", command=asked.what, keep=bool(asked.kept))
        case "tool":
            return Rule(id="", command=asked.what.partition("\n")[0], kind="tool")
        case "patch":
            return Rule(id="", kind="patch", paths=tuple(file.path for file in asked.files))
        case "network":
            names = {named_by(host) for host in asked_for(asked.what)[0]}
            if len(names) == 1:
                return Rule(id="", kind="network", command=names.pop())
            raise OrderRefused(
                "A rule is about one host, and this asks for several; decide it once, or make one"
                " for each with `steerdeck rules add --host`."
            )
    raise OrderRefused(
        "Only a command, a patch, a host or a server's tool can be allowed by a rule; decide this"
        " one once."
    )


def _answers(rule: Rule, asked: OpenApproval, state: SessionState) -> bool:
    """Whether a rule covers what is asked."""
    if rule.kind != asked.kind:
        return False
    match asked.kind:
        case "tool":
            return rule.command == asked.what.partition("\n")[0]
        case "patch":
            named = [path_glob(glob) for glob in rule.paths]
            return all(any(glob.fullmatch(f.path) for glob in named) for f in asked.files)
        case "network":
            hosts, _ = asked_for(asked.what)
            return bool(hosts) and bool(through([rule], hosts))
    if asked.kept and not rule.keep:
        return False
    if rule.pattern is None:
        return rule.command == asked.what
    ground = Names(state.workspace.path)
    folder = posixpath.normpath(asked.folder)
    return bool(covering(asked.what, [rule], folder=folder, ground=ground, confined=True))


def _with_examples(rule: Rule, asked: OpenApproval, state: SessionState) -> Rule:
    """The rule with what it was made for and what is near to it, as far as both hold alone."""
    if rule.pattern is None:
        return rule
    near = near_misses(rule, asked_now(asked, state))
    for match in ((asked.what,), ()):
        told = replace(rule, match=match, no_match=near)
        if not broken_example(told):
            return told
    return rule


async def _record(fleet: Fleet, order: OrderId, fact: KnownEvent) -> int:
    answered = OrderAnswered(order, fact.session)
    kept, *_ = await fleet.writer.append(fact, full=True, enclosed=(answered,))
    return kept.seq
