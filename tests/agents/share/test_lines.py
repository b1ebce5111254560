"""Line mode: golden lines, each fact once, and nothing a terminal could obey."""

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import (
    ApprovalId,
    CallId,
    CheckpointId,
    MessageId,
    RequestId,
    SessionId,
    Sha,
)
from steerdeck_agents.facts.inert import inert
from steerdeck_agents.facts.places import FileChange, Level, Workspace
from steerdeck_agents.facts.plan import Step
from steerdeck_agents.share.lines import LineTeller, labelled

ONE = SessionId("ses_1")
CALL = CallId("call_1")
PLACE = Workspace("/w/ses_1", "/shop", "steerdeck/csv", "abc")
HOSTILE = "\x1b]52;c;ZXZpbA==\x07\x1b[2J‮evil​\x9b31m\r"

STORY: tuple[e.KnownEvent, ...] = (
    e.SessionCreated(
        session=ONE, name="csv", task="t", workspace=PLACE, model="gpt", level=Level("none")
    ),
    e.MessageSent(session=ONE, message=MessageId("m"), text="Add CSV\nwith a test",
                  delivery="first"),
    e.WorkspaceMade(session=ONE, workspace=PLACE),
    e.WorkspaceMade(session=ONE, workspace=PLACE),
    e.PlanUpdated(session=ONE, call=CALL, steps=(Step("look", "in_progress"), Step("write"))),
    e.CallEnded(session=ONE, call=CALL, status="done", result="Plan updated."),
    e.PlanUpdated(session=ONE, steps=(Step("look", "in_progress"), Step("write"))),
    e.TextAdded(session=ONE, kind="message", text="I lo"),
    e.ItemEnded(session=ONE, kind="message", text="I look.\n"),
    e.ItemEnded(session=ONE, kind="reasoning", text="hidden"),
    e.CallRequested(session=ONE, call=CallId("c2"), tool="shell", arguments="{}",
                    title="make test"),
    e.ApprovalRequested(
        session=ONE, call=CallId("c2"), approval=ApprovalId("a"), kind="command", what="make test",
        binding=Sha("b"), why="to see", reasons=("no rule names it",),
    ),
    e.ApprovalDecided(session=ONE, approval=ApprovalId("a"), decision="allow", scope="session"),
    e.CallStarted(session=ONE, call=CallId("c2"), binding=Sha("b"), allowed_by="you",
                  level="none"),
    e.OutputAdded(session=ONE, call=CallId("c2"), text="..."),
    e.CallEnded(
        session=ONE, call=CallId("c2"), status="failed", summary="exit 1", duration_ms=1234,
        result="\n".join(f"line {number}" for number in range(9)),
    ),
    e.QuestionAsked(
        session=ONE, call=CallId("c3"), question=ApprovalId("q"), text="Which?", choices=("A", "B")
    ),
    e.QuestionAnswered(session=ONE, question=ApprovalId("q"), text="A"),
    e.FilesChanged(session=ONE, files=(FileChange("a.py", "changed", 3, 1),), newest="a.py"),
    e.FilesChanged(session=ONE, files=(FileChange("a.py", "changed", 3, 1),), newest="b.py"),
    e.FilesChanged(session=ONE, files=()),
    e.RetryPlanned(
        session=ONE, request=RequestId("r"), attempt=1, delay_ms=2000, reason="asked too often"
    ),
    e.SessionParked(session=ONE, reason="No key.", way_out="Resume it."),
    e.CallLost(session=ONE, call=CallId("c9"), reason="nobody saw it"),
    e.WorkLanded(session=ONE, how="merge", where="main"),
    e.Noticed(session=ONE, text="a note"),
    e.TurnEnded(session=ONE, status="completed"),
    e.SessionArchived(session=ONE, reason="landed"),
)  # fmt: skip

GOLDEN = """\
csv            starts   ses_1 on gpt, sandbox: NO SANDBOX
csv            task     Add CSV
csv                     with a test
csv            branch   steerdeck/csv in /w/ses_1
csv            plan     0 of 2 done, now: look
csv            says     I look.
csv            asks     to run: make test
csv                     because (it says): to see
csv                     asked since no rule names it
csv            decided  allow for this session
csv            runs     make test  (allowed by: you, sandbox: NO SANDBOX)
csv            result   make test: exit 1, 1.2 s
csv                       line 3
csv                       line 4
csv                       line 5
csv                       line 6
csv                       line 7
csv                       line 8
csv            asks     Which? (A / B)
csv            answer   A
csv            changed  a.py +3 -1
csv            changed  nothing any more
csv            retries  in 2 s: asked too often
csv            parked   No key. Resume it.
csv            lost     : nobody saw it
csv            landed   merge: main
csv            notice   a note
csv            ends     completed
csv            archived landed
"""


def teller() -> LineTeller:
    return LineTeller(lambda _: "csv")


def told(*events: e.Event) -> str:
    speaking = teller()
    return "".join(f"{line}\n" for event in events for line in speaking.tell(event))


def test_a_session_is_told_in_these_lines():
    assert told(*STORY) == GOLDEN


def test_hostile_text_is_inert_wherever_it_comes_from():
    place = Workspace(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    hostile: list[e.Event] = [
        e.SessionCreated(session=ONE, name="n", task="t", workspace=place, model=HOSTILE),
        e.MessageSent(session=ONE, message=MessageId("m"), text=HOSTILE),
        e.WorkspaceMade(session=ONE, workspace=place),
        e.PlanUpdated(session=ONE, steps=(Step(HOSTILE, "in_progress"),)),
        e.ItemEnded(session=ONE, kind="message", text=HOSTILE),
        e.CallRequested(session=ONE, call=CALL, tool="shell", arguments="", title=HOSTILE),
        e.CallStarted(session=ONE, call=CALL, binding=Sha(""), allowed_by=HOSTILE),
        e.CallEnded(
            session=ONE, call=CALL, status="failed", result=HOSTILE * 9, summary=HOSTILE
        ),
        e.ApprovalRequested(
            session=ONE, approval=ApprovalId("a"), kind="command", what=HOSTILE, binding=Sha(""),
            why=HOSTILE, reasons=(HOSTILE,),
        ),
        e.ApprovalDecided(
            session=ONE, approval=ApprovalId("a"), decision="reject", words=HOSTILE
        ),
        e.QuestionAsked(
            session=ONE, question=ApprovalId("q"), text=HOSTILE, choices=(HOSTILE, HOSTILE)
        ),
        e.QuestionAnswered(session=ONE, question=ApprovalId("q"), text=HOSTILE),
        e.FilesChanged(session=ONE, files=(FileChange(HOSTILE),)),
        e.FilesRestored(session=ONE, checkpoint=CheckpointId("c"), paths=(HOSTILE,)),
        e.TurnEnded(session=ONE, status="failed", error=HOSTILE),
        e.SessionParked(session=ONE, reason=HOSTILE, way_out=HOSTILE),
        e.RetryPlanned(
            session=ONE, request=RequestId("r"), attempt=1, delay_ms=1, reason=HOSTILE
        ),
        e.CallLost(session=ONE, call=CALL, reason=HOSTILE),
        e.WorkLanded(session=ONE, how="patch", where=HOSTILE),
        e.LandingFailed(session=ONE, how="merge", reason=HOSTILE),
        e.Noticed(session=ONE, text=HOSTILE),
        e.Unknown(raw=HOSTILE, type=HOSTILE, session=ONE),
    ]  # fmt: skip
    speaking = LineTeller(lambda _: HOSTILE)
    for event in hostile:
        lines = speaking.tell(event)
        assert lines or isinstance(event, e.CallRequested)
        for line in lines:
            assert inert(line) == line
            assert "\n" not in line


def test_what_would_run_is_shown_with_every_character_of_it():
    asked = e.ApprovalRequested(
        session=ONE, approval=ApprovalId("a"), kind="command", what="ls \x1b[8m; rm -rf ~\x1b[0m",
        binding=Sha(""),
    )  # fmt: skip

    assert told(asked) == "csv            asks     to run: ls ␛[8m; rm -rf ~␛[0m\n"


def test_a_long_text_keeps_its_lines_below_each_other():
    assert labelled("a-very-long-name-of-one", "says", "a\n\nb") == [
        "a-very-long-name-of-one says     a",
        "a-very-long-name-of-one",
        "a-very-long-name-of-one          b",
    ]
