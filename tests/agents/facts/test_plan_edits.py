"""The developer's changes to a plan, its revision as a diff, and the evidence of each step."""

import pytest
from msgspec.structs import replace

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.checks import CheckResult
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import CallId, SessionId, Sha
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.facts.plan import Plan, Step, numbered
from steerdeck_agents.facts.plan_diff import counted, parts, rows
from steerdeck_agents.facts.plan_edits import edited
from steerdeck_agents.facts.plan_orders import (
    AddStep,
    CommentStep,
    MoveStep,
    Placed,
    PlanChange,
    Rearrange,
    Reword,
    StrikeStep,
)
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.state import SessionState

S = SessionId("s")
TEXTS = ("find the entry point", "add a token bucket", "run the whole suite", "start Redis",
         "measure one request", "document the limit")  # fmt: skip


def plan(*texts: str) -> Plan:
    steps, last = numbered([Step(text) for text in texts or TEXTS], 0)
    return Plan(steps, last_id=last)


@pytest.mark.parametrize(
    ("change", "texts", "words"),
    [
        (Reword(1, " search  the\nentry "), "search the entry|b|c", "reworded step 1 “a” to"),
        (AddStep("new", 2), "a|b|new|c", "added step 3 “new”"),
        (AddStep("new"), "new|a|b|c", "added step 1 “new”"),
        (MoveStep(3, -1), "a|c|b", "moved step 3 “c” up to place 2"),
        (MoveStep(1, 9), "b|c|a", "moved step 1 “a” down to place 3"),
        (StrikeStep(2), "a|-b|c", "struck step 2 “b”"),
        (
            Rearrange((Placed(3, "c"), Placed(0, "new"), Placed(1, "x"))),
            "c|new|x|-b",
            "added “new”; reworded step 1 “a” to “x”; put the steps into another order; struck",
        ),
        (CommentStep(2, "why?"), "a|b (why?)|c", "commented on step 2 “b”: why?"),
    ],
    ids=[
        "reword",
        "add behind",
        "add first",
        "move up",
        "move to the end",
        "strike",
        "whole",
        "comment",
    ],
)
def test_a_change_makes_other_steps_and_is_said_in_words(
    change: PlanChange, texts: str, words: str
):
    steps, said = edited(plan("a", "b", "c"), change)
    told = "|".join(
        f"{'-' if s.struck else ''}{s.text}{f' ({s.comment})' if s.comment else ''}" for s in steps
    )
    assert told == texts
    assert said.startswith(words)
    assert len({step.id for step in steps}) == len(steps)


@pytest.mark.parametrize(
    "change",
    [Reword(1, "a"), Reword(9, "x"), Reword(1, " "), MoveStep(1, -1), MoveStep(3, 1),
     Rearrange((Placed(1, "a"), Placed(2, "b"), Placed(3, "c"))),
     Rearrange((Placed(1, "a"), Placed(1, "b"))),
     StrikeStep(1, struck=False), AddStep("x" * 501), AddStep("x", 9), CommentStep(1, "")],
)  # fmt: skip
def test_a_change_that_changes_nothing_or_has_no_step_is_refused(change: PlanChange):
    with pytest.raises(OrderRefused, match=r"\.$"):
        edited(plan("a", "b", "c"), change)


def test_the_developers_wording_keeps_the_agents_beside_it_and_gives_it_back():
    first, _ = edited(plan("a"), Reword(1, "b"))
    second, _ = edited(Plan(first), Reword(1, "c"))
    back, _ = edited(Plan(second), Reword(1, "a"))
    assert [steps[0].before for steps in (first, second, back)] == ["a", "a", ""]


def test_the_binding_is_of_steps_order_and_comments_and_not_of_how_far_it_is():
    one = plan("a", "b")
    further = Plan((Step("a", "completed", id=1), Step("b", id=2)))
    assert one.binding == further.binding
    changes: tuple[PlanChange, ...] = (
        Reword(1, "x"), AddStep("x"), MoveStep(1, 1), StrikeStep(1), CommentStep(1, "x")
    )  # fmt: skip
    assert len({Plan(edited(one, change)[0]).binding for change in changes} | {one.binding}) == 6


def test_a_revision_says_what_is_new_other_moved_and_gone_and_where_it_was():
    base = plan()
    one, two, three, four, five, six = base.steps
    other = Step("run the whole suite without Redis", id=three.id)
    now = (one, two, Step("a Protocol for the store", id=7), other, six, five)
    found = rows(Plan(now, agreed=base.steps))
    assert [(row.number, row.change, row.was, row.moved) for row in found] == [
        (1, "same", 1, ""), (2, "same", 2, ""), (3, "new", 0, ""), (4, "reworded", 3, ""),
        (0, "dropped", 4, ""), (5, "moved", 6, "up"), (6, "same", 5, ""),
    ]  # fmt: skip
    assert found[3].old == "run the whole suite"
    assert counted(found).words == "1 new, 1 changed, 1 dropped, 1 moved"
    assert four.text == "start Redis" and found[4].step == four


def test_a_first_plan_has_nothing_to_compare_with_and_struck_steps_have_no_number():
    steps, _ = edited(plan("a", "b", "c"), StrikeStep(2))
    assert [(row.number, row.change) for row in rows(Plan(steps))] == [
        (1, "same"), (0, "struck"), (2, "same")
    ]  # fmt: skip
    assert counted(rows(Plan(steps))).words == ""


def test_where_nothing_differs_no_row_says_where_it_was_but_a_strike_is_a_difference():
    base = plan("a", "b")
    assert {row.was for row in rows(Plan(base.steps, agreed=base.steps))} == {0}
    steps, _ = edited(base, StrikeStep(2))
    assert [row.was for row in rows(Plan(steps, agreed=base.steps))] == [1, 2]
    assert {row.was for row in rows(Plan(steps, agreed=steps))} == {0}


def test_word_marks_are_drawn_only_where_enough_is_common():
    longer = "run the suite without Redis"
    assert parts("run the suite", longer) == ("run the suite ", "without Redis", "")
    assert parts("a b", "c d") is None
    assert parts("a b c", "a b c") is None
    assert parts("put it in a file", "put it in two files") == ("put it in ", "two files", "")


def working(*more: e.KnownEvent) -> SessionState:
    steps = (Step("look", "completed"), Step("fix", "in_progress"), Step("test"))
    facts = [e.PlanUpdated(session=S, actor="agent", steps=steps), *more]
    return fold([_at(fact, seq) for seq, fact in enumerate(facts, 1)])


def _at(fact: e.KnownEvent, seq: int) -> e.KnownEvent:
    return replace(fact, seq=seq, at_ms=seq * 1000)


def test_what_happens_while_a_step_is_in_hand_is_its_evidence():
    call = CallId("c")
    asked = e.CallRequested(session=S, call=call, tool="shell", arguments="{}", title="pytest -q")
    ended = e.CallEnded(session=S, call=call, status="failed", result="", summary="exit 1")
    files = e.FilesChanged(session=S, files=(FileChange("a.py", "changed", 1, 0),))
    check = e.CheckEnded(session=S, round=1, result=CheckResult("tests", "passed"))
    state = working(asked, ended, files, files, check)
    (work,) = state.plan.work
    assert (work.step, work.calls, work.failed, work.files, work.checks, work.red) == (
        2, 1, 1, 1, 1, 0
    )  # fmt: skip
    assert (work.first, work.last, work.paths) == (3, 6, ("a.py",))
    assert work.words == "check tests: passed"


def test_sending_the_plan_is_no_evidence_and_nothing_is_without_a_step_in_hand():
    call = CallId("c")
    asked = e.CallRequested(session=S, call=call, tool="update_plan", arguments="{}", title="1 of")
    ended = e.CallEnded(session=S, call=call, status="done", result="")
    assert working(asked, ended).plan.work == ()
    done = e.PlanUpdated(session=S, steps=(Step("look", "completed"), Step("fix")))
    files = e.FilesChanged(session=S, files=(FileChange("a.py"),))
    assert working(done, files).plan.work == ()


def test_an_offered_plan_waits_until_it_is_decided_or_something_else_is_done():
    offered = e.PlanOffered(session=S, binding=Sha("b"))
    ended = e.TurnEnded(session=S, status="completed")
    waiting = working(ended, offered)
    assert waiting.status == "needs_you"
    assert waiting.waits
    decided = e.PlanDecided(session=S, decision="approve", shown=Sha("b"), mode="auto")
    after = working(ended, offered, decided)
    assert (after.mode, after.plan.approved, after.plan.agreed) == ("auto", True, after.plan.steps)
    assert after.counts.waited_ms == 1000
    for fact in (e.TurnStarted(session=S), e.SessionArchived(session=S),
                 e.SessionConfigured(session=S, mode="ask"), decided):  # fmt: skip
        assert working(ended, offered, fact).plan.offer is None


def test_a_yes_leads_back_to_the_mode_before_plan_mode():
    into = e.SessionConfigured(session=S, mode="plan")
    assert working(e.SessionConfigured(session=S, mode="auto"), into, into).plan.leads_to == "auto"
    assert working().plan.leads_to == "ask"


def test_a_plan_from_a_journal_of_before_gets_ids_and_keeps_them():
    old = e.decode('{"type":"plan.updated","seq":1,"session":"s","steps":[{"text":"a"}]}')
    assert [step.id for step in fold([old]).plan.steps] == [1]
