"""Sessions with checks, goals, shells, helpers and servers, as the events that made them."""

from msgspec import structs

from kit.desk import NOW, Feed, Story
from kit.shop import DIFF, OUTLOOK, Writer
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.checks import Check, CheckResult, Evidence, Weakening
from steerdeck_agents.facts.drift import Drift
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.ids import ApprovalId, SessionId, Sha, ShellId, TurnId
from steerdeck_agents.facts.setup import Ports

MAIL, SEED, LOGIN, RATE, LOOK, FEED = (
    SessionId(name) for name in ("mail", "seed", "login", "rate", "look", "feed")
)
CHECKS = (
    Check("pytest", "python -m pytest -q", source="pyproject.toml"),
    Check("ruff", "ruff check .", source="pyproject.toml"),
    Check("mypy", "mypy --strict shop", source="pyproject.toml"),
)
EXCERPT = """\
test_limit.py::test_burst
    for _ in range(61): answers.append(client.get("/items").status_code)
>   assert answers.count(200) == 60
E   assert 61 == 60
test_limit.py::test_reset
E   ConnectionError: redis:6379 refused
2 failed, 29 passed in 6.31s"""
GREEN = CheckResult("ruff", "passed", 0, 310)
RED = CheckResult(
    "pytest", "failed", 1, 6_310, ("test_limit.py::test_burst", "test_limit.py::test_reset"),
    "s1", 29, 2, excerpt=EXCERPT,
)  # fmt: skip
OLD = CheckResult("mypy", "failed", 1, 4_100, ("shop/legacy.py:88",), "s2", failed=1)
HUNG = CheckResult("pytest", "hung", None, 600_000, problem="It ran over its 600 s and was killed.")
EVIDENCE = Evidence(
    checks=(CheckResult("pytest", "passed", 0, 6_400, passed=212, skipped=3), GREEN, OLD),
    marks=(Weakening("tests/test_login.py", 42, "skipped", "The test test_clock is skipped now."),),
    old=("shop/legacy.py:88",),
    files=2, added=40, removed=3, dollars=0.19, tokens=61_000, seconds=724, rounds=2,
)  # fmt: skip


def yard() -> Feed:
    """mail works for a goal, seed waits for a secret, login says done, rate asks, feed drifts."""
    story = Story()
    for tell in (_mail, _seed, _login, _rate, _look, _feed):
        tell(story)
    told = sorted(story.events, key=lambda event: event.at_ms)
    numbered = [structs.replace(event, seq=seq) for seq, event in enumerate(told, start=1)]
    return Feed(numbered, OUTLOOK, {LOGIN: DIFF})


def _mail(story: Story) -> None:
    mail = Writer(story, MAIL, 1, "ship-mail", "gpt-5.2-codex", 1800)
    mail.add(e.ChecksSet(checks=CHECKS[:2]), 1799)
    objective = "Mails are sent when an order is shipped, from a queue, and nobody gets two."
    mail.add(e.GoalSet(goal=Goal(objective, check_in_turns=10)), 1798)
    mail.you("Send a mail when an order is shipped.", 1797)
    mail.plan(1700, ("read the job queue", "completed"), ("send from the queue", "in_progress"),
              ("a test that runs offline", "pending"))  # fmt: skip
    for number in range(6):
        ago = 1600 - 100 * number
        mail.end("completed", ago)
        mail.add(e.TurnStarted(turn=TurnId(f"t{number}"), trigger="goal"), ago - 1)
    mail.add(e.GoalCheckedIn(turns=6, text="6 turns: 1 of 3 steps, 4 files, $0.61"), 900)
    mail.call("read_file", "jobs/queue.py", "1–96", 700)
    mail.call("patch", "jobs/mail.py", "+38 -2", 640)
    mail.files("jobs/mail.py", ("jobs/mail.py", 38, 2), ("jobs/queue.py", 4, 1))
    call = mail.begin("shell", "npm run dev", 600)
    shell = ShellId("shell-1")
    mail.add(e.CallStarted(call=call, binding=Sha("b"), allowed_by="you, once"), 600)
    mail.add(e.ShellOpened(call=call, shell=shell, title="npm run dev"), 599)
    mail.add(e.ShellPrinted(shell=shell, text="VITE v6.2 ready in 312 ms\n"), 598)
    mail.add(e.ShellListened(shell=shell, ports=(5173,)), 597)
    mail.add(e.CallEnded(call=call, status="done", result="", summary="goes on as shell-1"), 596)
    mail.call("jira__search_issues", "jira search_issues: mail AND shipped", "3 hits", 500, 700)
    mail.says("The queue retries, so the mail job must know what it has sent. I let a helper look "
              "up how the invoice job does that.", 200)  # fmt: skip
    mail.add(e.CheckStarted(check="ruff", round=1, binding=Sha("b")), 14)
    mail.add(e.CheckEnded(round=1, result=GREEN), 13)
    mail.add(e.CheckStarted(check="pytest", round=1, binding=Sha("b")), 12)
    call = mail.begin("delegate", "helper: how does the invoice job avoid sending twice?", 11)
    mail.add(e.CallStarted(call=call, binding=Sha("b"), allowed_by="auto"), 11)
    mail.add(e.HelperStarted(call=call, helper=LOOK, name="look-up"), 10)
    mail.used(110_000, 100_000, 4_000, 0.71, 10)


def _seed(story: Story) -> None:
    seed = Writer(story, SEED, 2, "seed-data", "gpt-5.2-codex", 400)
    seed.you("Seed the test database with a year of orders.", 400)
    call = seed.begin("shell", "psql -h localhost shop", 90)
    shell = ShellId("shell-1")
    seed.add(e.CallStarted(call=call, binding=Sha("b"), allowed_by="you, once"), 90)
    seed.add(e.ShellOpened(call=call, shell=shell, title="psql -h localhost shop", tty=True), 89)
    seed.add(e.ShellPrinted(shell=shell, text="Password for user kim: "), 88)
    seed.add(e.ShellPrompted(shell=shell, text="Password for user kim:", hidden=True), 87)


def _login(story: Story) -> None:
    login = Writer(story, LOGIN, 3, "fix-login", "gpt-5.2-codex", 760)
    login.add(e.ChecksSet(checks=CHECKS), 759)
    login.you("The login drops after an hour. Find out why and fix it, with a test.", 758)
    login.call("patch", "auth/session.py", "+12 -3", 300)
    login.files("auth/session.py", ("auth/session.py", 12, 3), ("tests/test_login.py", 28, 0))
    for result in EVIDENCE.checks:
        login.add(e.CheckStarted(check=result.check, round=1, binding=Sha("b")), 60)
        login.add(e.CheckEnded(round=1, result=result), 50)
    login.add(e.ChecksJudged(round=1, verdict="old", old=EVIDENCE.old, marks=EVIDENCE.marks), 45)
    login.says("The row keeps its expiry no longer; the test covers both clocks.", 44)
    login.used(60_000, 55_000, 1_000, 0.19, 43)
    login.end("completed", 42)
    login.add(e.DoneClaimed(evidence=EVIDENCE), 40)


def _rate(story: Story) -> None:
    rate = Writer(story, RATE, 4, "rate-limit", "gpt-5.2-codex", 500)
    rate.add(e.ChecksSet(checks=CHECKS[:2]), 499)
    rate.you("Limit the public API to 60 requests a minute for each key.", 498)
    rate.call("patch", "api/limit.py", "+41 -0", 300)
    rate.files("api/limit.py", ("api/limit.py", 41, 0))
    for round in (1, 2):
        ago = 200.0 - 40 * round
        for result in (RED, GREEN):
            rate.add(e.CheckStarted(check=result.check, round=round, binding=Sha("b")), ago)
            rate.add(e.CheckEnded(round=round, result=result), ago - 8)
        rate.add(e.ChecksJudged(round=round, verdict="red", new=RED.failures,
                                repeated=round == 2), ago - 10)  # fmt: skip
        if round == 1:
            rate.add(e.DoneRefused(round=1, reason="pytest fails in 2 tests"), ago - 11)
    rate.add(
        e.QuestionAsked(
            question=ApprovalId("ask_rate"), asker="checks",
            text="pytest fails in the same way for the second time. How should it go on?",
            choices=("try once more", "take the work as it is", "stop"),
        ),
        70,
    )  # fmt: skip


def _look(story: Story) -> None:
    look = Writer(story, LOOK, 5, "look-up", "gpt-5.2-mini", 10)
    look.story.events[-1] = structs.replace(look.story.events[-1], parent=MAIL)
    look.you("How does the invoice job avoid sending twice? Answer with file and line.", 9)
    look.call("search", "sent_at", "4 hits", 5)


def _feed(story: Story) -> None:
    feed = Writer(story, FEED, 6, "import-feed", "gpt-5.2-mini", 300)
    place = e.WorkspaceFurnished(ports=Ports(4100, 10), setup="make install", identity=Sha("c"))
    feed.add(place, 299)
    feed.add(e.SetupStarted(kind="setup", command="make install"), 298)
    feed.add(e.SetupPrinted(text="installing 48 packages\n"), 290)
    feed.add(e.SetupEnded(kind="setup", status="done", duration_ms=9_000), 289)
    feed.you("Import the supplier's feed every night.", 280)
    feed.add(e.ServerChanged(server="jira", status="dead", reason="It ended with exit 1."), 200)
    drift = Drift("outside_plan", "It changes files that are in no step of its plan.",
                  paths=("deploy/nginx.conf", "deploy/tls.pem"), events=(41, 47))  # fmt: skip
    feed.add(e.DriftFound(drift=drift), 30)


def asked(kind: str, what: str, **more: object) -> e.ApprovalRequested:
    """An approval of any kind."""
    return e.ApprovalRequested(
        approval=ApprovalId("a"), kind=kind, what=what, binding=Sha("c"), **more
    )


def at(event: e.KnownEvent, session: SessionId, seq: int = 9_000) -> e.KnownEvent:
    """The event as a runtime sends it now."""
    return structs.replace(event, session=session, seq=seq, at_ms=NOW)
