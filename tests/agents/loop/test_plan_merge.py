"""What the agent sends as its plan against what the developer made of the one before."""

import pytest

from steerdeck_agents.facts.plan import Plan, Step, numbered
from steerdeck_agents.facts.plan_edits import edited
from steerdeck_agents.facts.plan_orders import (
    AddStep,
    CommentStep,
    MoveStep,
    PlanChange,
    Reword,
    StrikeStep,
)
from steerdeck_agents.loop.plan_merge import Merged, merge


def merged(changes: list[PlanChange], sent: str, *, unknown: bool = False, told: int = 9) -> Merged:
    """The agent sends these after the developer changed `look|fix the parser|run the tests`."""
    steps, last = numbered([Step("look"), Step("fix the parser"), Step("run the tests")], 0)
    plan = Plan(steps, last_id=last, told=told)
    for change in changes:
        made, _ = edited(plan, change)
        plan = Plan(made, last_id=max(last, *(s.id for s in made)), told=told)
    return merge(plan, [Step(text) for text in sent.split("|")], unknown=unknown)


def told(made: Merged) -> str:
    return "|".join(f"{'-' if step.struck else ''}{step.text}" for step in made.steps)


SAME = "look|fix the parser|run the tests"


@pytest.mark.parametrize(
    ("changes", "sent", "unknown", "result"),
    [
        ([], "look|run the tests", False, "look|run the tests"),
        ([StrikeStep(2)], SAME, False, "look|-fix the parser|run the tests"),
        ([StrikeStep(2)], "look|fix the old parser|run the tests", False,
         "look|-fix the parser|run the tests"),
        ([StrikeStep(2)], "look|run the tests", False, "look|-fix the parser|run the tests"),
        ([Reword(2, "mend the grammar")], SAME, False, "look|mend the grammar|run the tests"),
        ([Reword(2, "mend the grammar")], "look|mend the grammar of lists|run the tests", False,
         "look|mend the grammar of lists|run the tests"),
        ([Reword(2, "mend the grammar")], "look|fix the parsers|run the tests", True,
         "look|mend the grammar|run the tests"),
        ([AddStep("ask Kim", 1)], SAME, False, "look|ask Kim|fix the parser|run the tests"),
        ([MoveStep(3, -2)], SAME, True, "run the tests|look|fix the parser"),
        ([MoveStep(3, -2)], SAME, False, SAME),
        ([MoveStep(3, -2)], "look|fix the parser|say so|run the tests", True,
         "run the tests|look|fix the parser|say so"),
    ],
    ids=["the agent may drop its own", "struck stays struck", "in much the same words too",
         "left out it stays struck", "the developer's words stay", "the agent may go on from them",
         "unknown words stay", "an added step stays", "an unknown order stays",
         "else the agent's order holds", "a new step stays behind its neighbour"],
)  # fmt: skip
def test_the_developers_word_stays(
    changes: list[PlanChange], sent: str, unknown: bool, result: str
):
    assert told(merged(changes, sent, unknown=unknown)) == result


def test_the_agent_is_told_what_was_not_taken_as_it_sent_it():
    made = merged([StrikeStep(2), AddStep("ask Kim", 1), Reword(3, "test it")], SAME)
    assert [note.split("”")[0] for note in made.notes] == [
        "“fix the parser", "The developer's words for “run the tests", "“ask Kim"
    ]  # fmt: skip
    assert merged([], SAME).notes == ()


def test_steps_keep_their_ids_in_other_words_and_new_ones_get_new_ones():
    made = merged([], "look at the whole house|fix the parser of lists|write it down")
    assert [step.id for step in made.steps] == [4, 2, 5]


def test_a_comment_stays_until_the_model_heard_it_and_changed_the_step():
    changes: list[PlanChange] = [CommentStep(2, "no regex")]
    other = "look|fix the parser by hand|run the tests"
    assert [step.comment for step in merged(changes, SAME).steps] == ["", "no regex", ""]
    assert [step.comment for step in merged(changes, other).steps] == ["", "", ""]


def test_a_plan_of_very_many_steps_stays_small():
    steps, last = numbered([Step(f"old {n}", struck=True) for n in range(50)], 0)
    sent = [Step(f"quite another thing {n * 7919}") for n in range(50)]
    assert len(merge(Plan(steps, last_id=last), sent, unknown=False).steps) == 50
