"""How a session stands, in lines: what there is nothing of has none."""

from msgspec.structs import replace

from kit.asks import ruled
from kit.yard import LOGIN, MAIL, RATE, yard
from steerdeck.verbs.sessions import line_of, told
from steerdeck.verbs.standing import aspects, short
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.overlap import Overlap, SharedFile
from steerdeck_agents.facts.state import SessionState

STATES = yard().states()


def told_of(state: SessionState) -> str:
    return "\n".join(told(state, "mail", {}))


def test_a_session_without_any_of_it_has_no_line():
    plain = SessionState(id=SessionId("s"), name="plain")

    assert aspects(plain, "") == [] and short(plain, "") == ""


def test_a_session_with_a_goal_tells_how_far_it_is_and_what_listens():
    lines = told_of(STATES[MAIL])

    assert "goal        Mails are sent when an order is shipped" in lines
    assert "            6 turns, since " in lines
    assert "            checks in every 10 turns\n            budget: " in lines
    assert "checks      check pytest runs, 1 round" in lines
    assert "shell       shell-1: npm run dev, listens on port 5173, for " in lines
    assert short(STATES[MAIL], "") == "goal, 6 turns, check pytest runs, shell-1 on port 5173"


def test_who_is_at_the_same_files_is_told_by_name():
    file = SharedFile("a.py")
    state = SessionState(SessionId("s"), overlaps=(Overlap(SessionId("ses_2"), (file,)),))
    said = told(state, "", {SessionId("ses_2"): "docs"})
    assert "overlap     a.py with docs: " in "\n".join(said) and "ses_2" not in "\n".join(said)


def test_red_checks_are_told_apart_from_what_failed_before():
    red, claimed = told_of(STATES[RATE]), told_of(STATES[LOGIN])

    assert "checks      checks red, 2 rounds" in red
    assert "              last   failed in 6.3 s (29 passed, 2 failed)" in red
    assert "fails since: test_limit.py::test_burst, test_limit.py::test_reset" in red
    assert "checks      checks green but for what failed before it began" in claimed
    assert "failed before it began: shop/legacy.py:88" in claimed
    assert "weakened test: tests/test_login.py:42: The test test_clock is skipped now." in claimed
    assert "it claims to be done: 3 checks green but for what failed before, 2 files" in claimed
    assert line_of(STATES[LOGIN]).claims and line_of(STATES[LOGIN]).checks == "old"


def test_a_helper_names_whose_it_is():
    helper = replace(STATES[RATE], parent=MAIL)

    assert f"helper      of mail ({MAIL})" in told_of(helper)
    assert short(helper, "mail").startswith("helper of mail, checks red")
    assert line_of(helper).parent == MAIL


def test_the_rules_of_a_session_are_told_with_their_uses_and_what_ended_ones_let_pass():
    lines = told_of(ruled().states()[SessionId("docs")])

    assert "rule        r1 allows npm test for this session, 10 times, until " in lines
    assert lines.count("; used 0 times") == 1
    assert "rule ended  r2, it was used as often as it may be; it let 2 pass:\n" in lines
    assert "\n              cd web && npm install left-pad" in lines
