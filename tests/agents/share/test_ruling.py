"""Rules in line mode: every fact about one in words, and none of their texts as it came."""

import time

import pytest

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import ApprovalId, CallId, SessionId
from steerdeck_agents.facts.verdict import Pattern, Rule
from steerdeck_agents.share.lines import LineTeller

ONE = SessionId("s")
TOUCH = Rule(id="r1", pattern=Pattern(("touch",), words=("*.txt",)), session="s", uses=2)
HOST = Rule(id="r2", kind="network", command="pypi.org", repository="/r", until_ms=0, dollars=2.0)
HOSTILE = Rule(id="r3", command="ls \x1b[2J\u202e", session="s")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (e.RuleAdded(session=ONE, rule=TOUCH), "r1 allows touch *.txt for this session, 2 times"),
        (e.RuleAdded(rule=HOST), "r2 allows the host pypi.org in /r, until 1970-01-01 00:00, "
                                 "until $2.00 more are spent"),
        (e.RuleUsed(session=ONE, rule="r1", what="touch\nb", call=CallId("c")),
         "r1 lets pass: touch b"),
        (e.RuleExpired(session=ONE, rule=TOUCH, reason="its time is over", used=1),
         "r1 has ended: its time is over; it was used 1 time"),
        (e.RuleRevoked(session=ONE, rule="r1"), "r1 was taken back"),
        (e.RuleChanged(session=ONE, rule=TOUCH),
         "r1 was changed: it allows touch *.txt for this session, 2 times"),
        (e.RuleOffered(session=ONE, approval=ApprovalId("a"), rule=TOUCH, alike=3),
         "a rule could answer this: touch *.txt; you allowed 3 like it before"),
        (e.RuleReviewed(session=ONE, rule="r1"), "you looked at what r1 let pass"),
        (e.RuleAdded(session=ONE, rule=HOSTILE),
         "r3 allows exactly: ls ␛[2J⟨U+202E⟩ for this session"),
    ],
)  # fmt: skip
def test_a_fact_about_a_rule_is_told_in_words(
    event: e.Event, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert LineTeller(lambda _: "it").tell(event) == [f"{'it':<14} rule     {said}"]
