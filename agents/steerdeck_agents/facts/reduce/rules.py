"""Aspect of a state: the rules of a session, how far they were used, and what they let pass."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    Event,
    RuleAdded,
    RuleChanged,
    RuleExpired,
    RuleOffered,
    RuleReviewed,
    RuleRevoked,
    RuleUsed,
    TurnEnded,
)
from steerdeck_agents.facts.ruling import PASSED_KEPT, Meter, Offer, Passed, RuleReview
from steerdeck_agents.facts.state import SessionState


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case RuleAdded(rule=rule):
            state = _without(state, rule.id)
            begins = Meter(
                rule.id,
                dollars_from=state.usage.dollars,
                unpriced_from=state.counts.unpriced,
            )
            return replace(state, rules=(*state.rules, rule), meters=(*state.meters, begins))
        case RuleChanged(rule=rule):
            rules = tuple(rule if one.id == rule.id else one for one in state.rules)
            return replace(state, rules=rules)
        case RuleUsed():
            meters = tuple(used(m, event) if m.rule == event.rule else m for m in state.meters)
            return replace(state, meters=meters)
        case RuleExpired():
            return _ended(_without(state, event.rule.id), event)
        case RuleRevoked():
            return _without(state, event.rule)
        case RuleReviewed():
            left = tuple(one for one in state.rule_reviews if one.rule.id != event.rule)
            return replace(state, rule_reviews=left)
        case RuleOffered():
            offer = Offer(event.rule, event.alike)
            approvals = tuple(
                replace(a, offer=offer) if a.id == event.approval else a for a in state.approvals
            )
            return replace(state, approvals=approvals)
        case TurnEnded() if any(rule.turn for rule in state.rules):
            return _turn_ended(state, event)
        case _:
            return state


def used(meter: Meter, event: RuleUsed) -> Meter:
    """The meter after one more use."""
    passed = Passed(event.what, event.seq, event.at_ms, event.call)
    return replace(meter, used=meter.used + 1, passed=(*meter.passed, passed)[-PASSED_KEPT:])


def _turn_ended(state: SessionState, event: TurnEnded) -> SessionState:
    """Rules of a turn end with it, whoever ends it, so no fact of their own is needed."""
    for rule in state.rules:
        if rule.turn:
            meter = next((m for m in state.meters if m.rule == rule.id), Meter(rule.id))
            told = RuleExpired(
                seq=event.seq,
                at_ms=event.at_ms,
                rule=rule,
                reason="its turn has ended",
                used=meter.used,
                passed=meter.passed,
            )
            state = _ended(_without(state, rule.id), told)
    return state


def _ended(state: SessionState, event: RuleExpired) -> SessionState:
    if not event.used:
        return state
    review = RuleReview(event.rule, event.reason, event.used, event.passed, event.seq, event.at_ms)
    others = tuple(one for one in state.rule_reviews if one.rule.id != event.rule.id)
    return replace(state, rule_reviews=(*others, review))


def _without(state: SessionState, rule: str) -> SessionState:
    return replace(
        state,
        rules=tuple(one for one in state.rules if one.id != rule),
        meters=tuple(one for one in state.meters if one.rule != rule),
    )
