"""The four sessions of the reference pictures, as the events that made them."""

from functools import cache

from msgspec import structs

from kit.desk import NOW, Feed, Story
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import (
    ApprovalId,
    CallId,
    ItemId,
    MessageId,
    RequestId,
    SessionId,
    Sha,
    TurnId,
)
from steerdeck_agents.facts.outline import Command, Outline
from steerdeck_agents.facts.places import FileChange, Level, Workspace
from steerdeck_agents.facts.plan import Step
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.facts.verdict import Pattern, Rule
from steerdeck_agents.gate.rule_past import Example, pasts
from steerdeck_agents.gate.rule_propose import Proposal
from steerdeck_agents.runtime import wire

BUBBLEWRAP = Level("bubblewrap", files=True, network=True, processes=True)
OUTLOOK = wire.Outlook(
    repository="/home/kim/shop",
    branch="main",
    head="4f21c0a8",
    branches=("main", "release"),
    ahead=2,
    models=(
        wire.ModelLine("gpt-5.2-codex", 1.25, 10.0, preferred=True),
        wire.ModelLine("gpt-5.2-mini", 0.25, 2.0),
    ),
    budget=2.0,
    sandbox="bubblewrap",
)
DIFF = """\
--- a/auth/session.py
+++ b/auth/session.py
@@ -48,3 +48,6 @@ class Session:
     def refresh(self, token: Token) -> Session:
-        token.renew(self.clock.now())
+        now = self.clock.now()
+        with self.db.begin():
+            token.renew(now)
+            self.row.expires = now + self.ttl
         return self
"""


class Writer:
    """Writes one session's events."""

    def __init__(self, story: Story, id: str, slot: int, name: str, model: str, age: float) -> None:
        self.story, self.id = story, id
        self.calls = 0
        self.add(
            e.SessionCreated(
                name=name,
                task="",
                model=model,
                slot=slot,
                level=BUBBLEWRAP,
                workspace=Workspace(f"/w/{id}", "/home/kim/shop", f"steerdeck/{name}", "4f21c0a8"),
            ),
            age,
        )

    def add(self, event: e.KnownEvent, ago: float = 0.0) -> None:
        self.story.add(self.id, event, ago)

    def you(self, text: str, ago: float, delivery: e.Delivery = "first") -> None:
        message = MessageId(f"{self.id}_m{len(self.story.events)}")
        self.add(e.MessageSent(message=message, text=text, delivery=delivery), ago)
        if delivery == "first":
            self.add(e.TurnStarted(turn=TurnId(f"{self.id}_t")), ago)
        self.add(e.MessageDelivered(message=message, request=RequestId("req")), ago)

    def says(self, text: str, ago: float) -> None:
        item = ItemId(f"{self.id}_i{len(self.story.events)}")
        self.add(e.ItemEnded(item=item, kind="message", text=text), ago)

    def plan(self, ago: float, *steps: tuple[str, str]) -> None:
        made = tuple(Step(text, status) for text, status in steps)  # type: ignore[arg-type]
        self.add(e.PlanUpdated(steps=made), ago)

    def begin(self, tool: str, title: str, ago: float) -> CallId:
        self.calls += 1
        call = CallId(f"{self.id}_c{self.calls}")
        self.add(e.CallRequested(call=call, tool=tool, arguments="{}", title=title), ago)
        return call

    def call(
        self,
        tool: str,
        title: str,
        summary: str,
        ago: float,
        took: int = 40,
        result: str = "",
        status: e.CallStatus = "done",
    ) -> None:
        call = self.begin(tool, title, ago)
        self.add(e.CallStarted(call=call, binding=Sha("b"), allowed_by="auto"), ago)
        self.add(
            e.CallEnded(call=call, status=status, result=result, summary=summary, duration_ms=took),
            ago - took / 1000,
        )

    def used(self, input: int, cached: int, output: int, dollars: float, ago: float) -> None:
        usage = Usage(input=input, cached=cached, output=output, dollars=dollars, priced=True)
        self.add(
            e.RequestEnded(request=RequestId("req"), status="completed", calls=1, usage=usage),
            ago,
        )

    def files(self, newest: str, *files: tuple[str, int, int]) -> None:
        table = tuple(FileChange(path, "changed", plus, minus) for path, plus, minus in files)
        self.add(e.FilesChanged(files=table, newest=newest), 20)

    def end(self, status: e.TurnStatus, ago: float, error: str = "") -> None:
        self.add(e.TurnEnded(status=status, error=error), ago)


def _past(what: str, allowed: bool, name: str, ago_s: int) -> Example:
    session = SessionId("csv" if name == "add-csv" else name)
    repository = "/home/kim/reports" if name == "reports" else "/home/kim/shop"
    return Example(what, "/w/csv", "/w/csv", allowed, session, name, repository,
                   NOW - 1000 * ago_s)  # fmt: skip


@cache
def with_past(made: Proposal, *past: Example) -> Proposal:
    """The same rules with what these answers, newest last, say of each at each reach."""
    asked = _past("pip install 'csvkit==2.*'", False, "add-csv", 0)
    found = pasts((made.narrower, made.rule, made.wider), asked, past)
    return structs.replace(made, pasts=found)


@cache
def proposal() -> Proposal:
    """What the rules make of the command of add-csv."""
    words = ("pip", "install")
    rule = Rule(id="", pattern=Pattern(words, words=("csvkit==2.*",)))
    made = Proposal(
        rule=rule,
        sha=rule.sha(),
        words="pip install csvkit==2.*",
        narrower=Rule(id="", pattern=Pattern((*words, "csvkit==2.1.0"))),
        wider=Rule(id="", pattern=Pattern(words, words=("csvkit==*",))),
        allowed=(
            _past("pip install csvkit==2.1.0", True, "add-csv", 300),
            _past("cd export && pip install csvkit==2.0.4", True, "add-csv", 900),
            _past("pip install 'csvkit==2.*'", True, "reports", 1_200_000),
        ),
        asks=(
            _past("pip install csvkit==1.3", False, "add-csv", 4_000),
            _past("pip install -r dev.txt", False, "docs", 1_500_000),
        ),
        near=("pip install csvkit==3.0", "pip install other", "pip install csvkit==2.1 && make"),
        alike=2,
        looked=40,
    )
    return with_past(made, *reversed(made.asks), *reversed(made.allowed))


def shop() -> Feed:
    """fix-login works, add-csv needs you, docs is done, rate-limit failed."""
    story = Story()
    _fix_login(story)
    _add_csv(story)
    _docs(story)
    _rate_limit(story)
    told = sorted(story.events, key=lambda event: event.at_ms)
    numbered = [structs.replace(event, seq=seq) for seq, event in enumerate(told, start=1)]
    feed = Feed(numbered, OUTLOOK, {"fix": DIFF})
    feed.proposal = proposal()
    return feed


def _fix_login(story: Story) -> None:
    fix = Writer(story, "fix", 1, "fix-login", "gpt-5.2-codex", 724)
    fix.you("The login drops after an hour. Find out why and fix it, with a test.", 724)
    fix.plan(
        700,
        ("reproduce the failing test", "completed"),
        ("renew the session on refresh", "in_progress"),
        ("cover the expired token", "pending"),
        ("run the whole suite", "pending"),
    )
    fix.says("I can reproduce it: the refresh call answers 401 after 60 minutes, although the "
             "token itself is still valid.", 600)  # fmt: skip
    fix.call("read", "auth/session.py", "1–120", 500)
    fix.call("search", "refresh(", "9 hits", 490)
    output = "test_login.py::test_refresh_after_an_hour\n  assert 401 == 200\n"
    fix.call("shell", "pytest tests/test_login.py", "1 failed", 480, 1200, output, "failed")
    fix.says("The session row keeps its first expiry. refresh() renews the token but never the "
             "row, so the check after it reads a stale time.", 400)  # fmt: skip
    fix.you("Use the clock of the session, not `time.time()`, so that the test can set it.", 350,
            "steer")  # fmt: skip
    fix.call("patch", "auth/session.py", "+12 -3", 300)
    fix.files("auth/session.py", ("auth/session.py", 12, 3), ("tests/test_login.py", 28, 0))
    fix.used(60_000, 55_000, 1_000, 0.19, 200)
    queued = MessageId("queued")
    fix.add(e.MessageSent(message=queued, text="When done, note it in the changelog.",
                          delivery="queue"), 60)  # fmt: skip
    fix.add(
        e.TextAdded(
            item=ItemId("open"),
            kind="message",
            text="The token is now renewed together with the row, in one transaction. Next I "
            "cover the case in which the token has expired but the",
        ),
        1,
    )


def _add_csv(story: Story) -> None:
    csv = Writer(story, "csv", 2, "add-csv", "gpt-5.2-codex", 190)
    csv.you("Add a CSV export next to the JSON one. Same columns, same order.", 190)
    csv.plan(
        180,
        ("read the exporter", "completed"),
        ("add the csv dependency", "in_progress"),
        ("write csv export, with a test", "pending"),
    )
    csv.call("read", "export/json.py", "1–84", 170)
    csv.call("read", "pyproject.toml", "1–40", 160)
    csv.says("The columns come from one list, so both exports can share it. csvkit quotes the "
             "decimal commas of the German shop correctly.", 120)  # fmt: skip
    csv.used(17_000, 15_000, 1_000, 0.06, 110)
    what = "cd export && pip install 'csvkit==2.*' && python -m export.csv --check"
    call = csv.begin("shell", what, 108)
    csv.add(
        e.ApprovalRequested(
            approval=ApprovalId("ask_csv"),
            call=call,
            kind="command",
            what=what,
            binding=Sha("f" * 64),
            why="The German shop needs decimal commas quoted; csvkit does that and the standard "
            "csv module does not.",
            reasons=("no rule names this exact command", "pip install reaches the network"),
            level="bubblewrap",
            outline=Outline(
                (
                    Command("cd", ("export",)),
                    Command("pip", ("install", "csvkit==2.*"), network=True),
                    Command("python", ("-m", "export.csv", "--check")),
                ),
                whole=True,
                network=("pip",),
            ),
        ),
        108,
    )


def _docs(story: Story) -> None:
    docs = Writer(story, "docs", 3, "docs", "gpt-5.2-mini", 470)
    docs.you("Document every option of the shop command.", 470)
    docs.call("patch", "docs/options.md", "+70 -0", 100)
    docs.files("docs/options.md", ("docs/options.md", 70, 0), ("README.md", 8, 4))
    docs.says("Every option is documented, with an example each.", 10)
    docs.end("completed", 9)


def _rate_limit(story: Story) -> None:
    rate = Writer(story, "rate", 4, "rate-limit", "gpt-5.2-codex", 104)
    rate.you("Limit the public API to 60 requests a minute for each key.", 104)
    rate.plan(
        100,
        ("find the entry point", "completed"),
        ("add a token bucket", "completed"),
        ("run the whole suite", "failed"),
    )
    rate.says("A token bucket per key in Redis, checked in the one middleware that every route "
              "already passes.", 90)  # fmt: skip
    rate.call("patch", "api/limit.py", "+41 -0", 80)
    rate.call("patch", "api/app.py", "+3 -1", 70)
    rate.call("shell", "pytest -q", "2 failed", 60, 6400,
              "test_limit.py::test_burst\n  assert 61 == 60\ntest_limit.py::test_reset\n"
              "  ConnectionError: redis:6379 refused\n", "failed")  # fmt: skip
    rate.files("api/limit.py", ("api/limit.py", 41, 0), ("api/app.py", 3, 1))
    rate.used(24_000, 20_000, 1_000, 0.17, 30)
    rate.end("failed", 22, "the sandbox has no Redis")
