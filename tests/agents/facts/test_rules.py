"""Rules in a state: counted, limited, ended, and looked at."""

import pytest

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import ApprovalId, CallId, SessionId, Sha, TurnId
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.ruling import PASSED_KEPT, Meter
from steerdeck_agents.facts.state import Counts, SessionState
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.facts.verdict import Pattern, Rule
from steerdeck_agents.gate.rule_terms import Left, left, of_session

S = SessionId("s")
TURN = TurnId("t")
MAKE = Rule(id="r", command="make", session="s")


def used(seq: int) -> e.RuleUsed:
    return e.RuleUsed(
        session=S, seq=seq, at_ms=seq, rule="r", what=f"make {seq}", call=CallId(f"c{seq}")
    )


def test_uses_are_counted_and_the_newest_are_kept() -> None:
    state = fold([e.RuleAdded(session=S, rule=MAKE), *map(used, range(PASSED_KEPT + 10))])
    (meter,) = state.meters
    assert meter.used == PASSED_KEPT + 10
    assert [one.what for one in meter.passed][::49] == ["make 10", "make 59"]


def test_the_end_of_a_used_rule_waits_to_be_looked_at_and_of_an_unused_does_not() -> None:
    added = e.RuleAdded(session=S, rule=MAKE)
    ended = e.RuleExpired(session=S, seq=9, at_ms=9, rule=MAKE, reason="over")
    assert fold([added, ended]).rule_reviews == ()
    some = e.RuleExpired(session=S, seq=9, at_ms=9, rule=MAKE, reason="over", used=2)
    state = fold([added, used(1), some])
    assert [(one.rule.id, one.reason, one.used) for one in state.rule_reviews] == [("r", "over", 2)]
    assert state.rules == () and state.meters == ()
    assert fold([e.RuleReviewed(session=S, rule="r")], state).rule_reviews == ()


def test_a_rule_of_a_turn_goes_with_it_and_others_stay() -> None:
    once = Rule(id="r", command="make", session="s", turn="t")
    other = Rule(id="o", command="x", session="s")
    state = fold(
        [
            e.TurnStarted(session=S, turn=TURN),
            e.RuleAdded(session=S, rule=once),
            e.RuleAdded(session=S, rule=other),
            used(3),
        ]
    )
    assert [rule.id for rule in of_session(state, 0)] == ["r", "o"]
    ended = fold([e.TurnEnded(session=S, seq=4, at_ms=4, turn=TURN, status="completed")], state)
    assert [rule.id for rule in ended.rules] == ["o"]
    (review,) = ended.rule_reviews
    assert (review.used, review.passed[0].what, review.reason) == (
        1, "make 3", "its turn has ended",
    )  # fmt: skip


def test_a_rule_is_changed_in_its_place_and_counts_on_and_revoked_without_review() -> None:
    state = fold([e.RuleAdded(session=S, rule=MAKE), used(1)])
    changed = Rule(id="r", command="make x", session="s", uses=3)
    state = fold([e.RuleChanged(session=S, rule=changed)], state)
    assert state.rules == (changed,) and state.meters[0].used == 1
    state = fold([e.RuleRevoked(session=S, rule="r")], state)
    assert (state.rules, state.meters, state.rule_reviews) == ((), (), ())


def test_an_offer_stands_on_its_approval_alone() -> None:
    def asked(name: str) -> e.ApprovalRequested:
        approval = ApprovalId(name)
        return e.ApprovalRequested(
            session=S, approval=approval, kind="command", what="make", binding=Sha("b")
        )

    offer = e.RuleOffered(session=S, approval=ApprovalId("b"), rule=MAKE, alike=3)
    first, second = fold([asked("a"), asked("b"), offer]).approvals
    assert first.offer is None and second.offer is not None and second.offer.alike == 3


@pytest.mark.parametrize(
    ("rule", "meter", "state", "rest"),
    [
        ({"uses": 3}, {"used": 1}, {}, Left(uses=2)),
        ({"uses": 3}, {"used": 4}, {}, Left(uses=0, over="it was used as often as it may be")),
        ({"until_ms": 1500}, {}, {}, Left(ms=500)),
        ({"until_ms": 1000}, {}, {}, Left(ms=0, over="its time is over")),
        ({"dollars": 1.0}, {"dollars_from": 2.0}, {}, Left(dollars=0.75)),
        ({"dollars": 0.25}, {"dollars_from": 2.0}, {},
         Left(dollars=0.0, over="its dollars are spent")),
        ({"dollars": 1.0}, {"dollars_from": 2.0}, {"counts": Counts(unpriced=1)},
         Left(dollars=0.75, over="what is spent under it is not known")),
        ({"turn": "other"}, {}, {}, Left(over="its turn has ended")),
    ],
)  # fmt: skip
def test_what_is_left_of_a_rule(
    rule: dict[str, object], meter: dict[str, object], state: dict[str, object], rest: Left
) -> None:
    given = SessionState(id=S, usage=Usage(dollars=2.25, priced=True), **state)
    made = Rule(id="r", command="make", session="s", **rule)
    assert left(made, Meter("r", **meter), 1000, given) == rest


def test_dollars_that_nobody_counts_let_nothing_pass() -> None:
    assert left(Rule(id="r", dollars=1.0), Meter("r"), 0).over


def test_the_hash_of_a_rule_depends_on_what_it_says_and_not_on_how_it_was_read() -> None:
    rule = Rule(id="r", pattern=Pattern(("git",)), by="developer", session="s")
    read = e.decode(e.encode(e.RuleAdded(session=S, rule=rule)))
    assert isinstance(read, e.RuleAdded) and read.rule.sha() == rule.sha()
    written = "".join(["devel", "oper"])
    assert Rule(id="r", pattern=Pattern(("git",)), by=written, session="s").sha() == rule.sha()
    for other in ({"uses": 1}, {"session": "x"}, {"pattern": Pattern(("git",), ("-f",))}):
        fields = {name: getattr(rule, name) for name in rule.__struct_fields__}
        assert Rule(**{**fields, **other}).sha() != rule.sha()
