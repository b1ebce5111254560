"""Checks, claims, goals and what agents leave running, told in plain words."""

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.checks import Check, CheckResult, Evidence, Weakening
from steerdeck_agents.facts.drift import Drift
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.ids import CallId, SessionId, Sha, ShellId
from steerdeck_agents.share.lines import LineTeller

ONE = SessionId("ses_1")
SHELL = ShellId("sh-1")
OLD = ("tests/a.py::old",)
BEFORE = CheckResult("pytest", "failed", 1, 2000, OLD, "s", 9, 1, excerpt="not told")
RED = CheckResult(
    "pytest", "failed", 1, 2100, ("tests/a.py::new", *OLD), "s2", 8, 2,
    excerpt="E   assert 1 == 2\x1b[31m\n\n2 failed",
)  # fmt: skip
HUNG = CheckResult("e2e", "hung", None, 600_000, problem="hung after 600 s, so it was killed")
MARK = Weakening("tests/a.py", 4, "skipped", "The test test_x is skipped now.")
EVIDENCE = Evidence(
    (BEFORE, CheckResult("types", "passed", 0, 300)), (MARK,), OLD,
    files=1, added=3, removed=1, dollars=0.1, tokens=61_000, seconds=12.4, rounds=2,
)  # fmt: skip

STORY: tuple[e.KnownEvent, ...] = (
    e.ChecksSet(checks=(Check("pytest", "python3 -m pytest", source="tox.ini"), Check("t", "t"))),
    e.GoalSet(goal=Goal("It is fast.")),
    e.CheckStarted(check="pytest", round=0, binding=Sha("b")),
    e.CheckEnded(round=0, result=BEFORE),
    e.ChecksJudged(round=0, verdict="old", old=OLD),
    e.ShellOpened(shell=SHELL, title="npm run dev", call=CallId("c")),
    e.ShellPrinted(shell=SHELL, text="..."),
    e.ShellListened(shell=SHELL, ports=(5173, 5174)),
    e.ShellPrompted(shell=SHELL, text="Password:", hidden=True),
    e.ShellPrompted(shell=SHELL, text=""),
    e.ShellTyped(shell=SHELL, hidden=True),
    e.CheckEnded(round=1, result=RED),
    e.CheckEnded(round=1, result=HUNG),
    e.ChecksJudged(round=1, verdict="red", new=("tests/a.py::new",), marks=(MARK,), repeated=True),
    e.DoneRefused(round=1, reason="pytest failed (round 1 of 3)"),
    e.GoalCheckedIn(turns=3, text="goal: 3 turns, red: pytest"),
    e.DriftFound(drift=Drift("no_change", "It spent $2 and changed nothing.")),
    e.SetupStarted(kind="setup", command="make deps"),
    e.SetupEnded(kind="setup", status="failed", reason="exit 2"),
    e.ServerChanged(server="jira", status="dead", reason="it ended with 1"),
    e.HelperStarted(helper=SessionId("ses_2"), name="look-up", call=CallId("c2")),
    e.HelperReported(helper=SessionId("ses_2"), status="done"),
    e.ShellEnded(shell=SHELL, how="session"),
    e.DoneClaimed(evidence=EVIDENCE),
    e.GoalEnded(how="met", turns=4),
)

GOLDEN = """\
it             checks   pytest: python3 -m pytest  (tox.ini)
it                      t
it             goal     It is fast.
it             check    before it began: pytest failed in 2.0 s (9 passed, 1 failed)
it             before   failed before it began: tests/a.py::old
it             shell    sh-1 began: npm run dev
it             shell    sh-1 listens on 5173, 5174
it             shell    sh-1 waits for input: Password:
it             shell    you typed into sh-1
it             check    pytest failed in 2.1 s (8 passed, 2 failed)
it                        E   assert 1 == 2
it                        2 failed
it             check    e2e hung in 600.0 s: hung after 600 s, so it was killed
it             checks   round 1: red, new: tests/a.py::new, the same failure as before
it                      weakened test: tests/a.py:4: The test test_x is skipped now.
it             sent on  not done: pytest failed (round 1 of 3)
it             goal     3 turns, red: pytest
it             warns    It spent $2 and changed nothing.
it             setup    setup script: make deps
it             setup    setup script failed: exit 2
it             server   server jira: dead. it ended with 1
it             helper   helper look-up started
it             helper   ses_2 is done
it             shell    sh-1 ended with its session
it             done     2 checks green but for what failed before,\
 1 file +3 −1, $0.10, 1 test weakened
it                        pytest failed in 2.0 s (9 passed, 1 failed) (failed before)
it                        types passed in 0.3 s
it                        failed before: tests/a.py::old
it                        weakened test: tests/a.py:4: The test test_x is skipped now.
it                        spent: 61,000 tokens, 12 s of work, 2 rounds
it             goal     met after 4 turns
"""


def test_the_conscience_of_a_session_is_told_in_these_lines():
    teller = LineTeller(lambda _: "it")

    assert "".join(f"{line}\n" for event in STORY for line in teller.tell(event)) == GOLDEN


def test_a_claim_the_developer_took_says_so():
    red = Evidence((RED, CheckResult("types", "passed")), files=2)
    teller = LineTeller(lambda _: "it")

    first, *_ = teller.tell(e.DoneClaimed(session=ONE, evidence=red, accepted=True))
    assert "done     taken by you although 1 of 2 checks red, 2 files" in first
