"""Plans: how many steps are done, and which one is in hand."""

import pytest
from msgspec.structs import replace

from steerdeck_agents.facts.events import PlanUpdated
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.plan import Plan, PlanEdited, Step, StepStatus, how_far, plan_words
from steerdeck_agents.facts.reduce.session import reduce


def plan(*states: StepStatus) -> Plan:
    return Plan(tuple(Step(f"step {at}", state) for at, state in enumerate(states, 1)))


def test_an_empty_plan_has_nothing_done_and_nothing_in_hand():
    assert (how_far(()), Plan().in_hand) == ("0 of 0", None)


def test_only_completed_steps_count_as_done():
    steps = plan("completed", "failed", "in_progress", "pending", "completed").steps
    assert plan_words(steps) == "2 of 5 done, now: step 3"


def test_what_was_struck_counts_nowhere_whether_it_was_done_or_not():
    steps = (
        Step("look", "completed"),
        Step("start Redis", "completed", struck=True),
        Step("fill it", "in_progress", struck=True),
        Step("test"),
    )
    assert plan_words(steps) == "1 of 2 done"


def test_a_strike_leaves_no_older_count_in_the_last_words():
    session, steps = SessionId("s"), (Step("look", "completed", 1), Step("test", "completed", 2))
    state = reduce(None, PlanUpdated(session=session, steps=steps))
    said = replace(state, last_words=plan_words(steps))
    fewer = (steps[0], replace(steps[1], struck=True))
    edit = PlanEdited(session=session, steps=fewer, words="struck step 2")
    assert reduce(said, edit).last_words == "1 of 1 done"
    spoke = replace(said, last_words="All is done.")
    assert reduce(spoke, edit).last_words == "All is done."


@pytest.mark.parametrize(
    ("states", "in_hand"),
    [
        (("pending", "in_progress", "failed"), "step 2"),
        (("completed", "pending", "failed"), "step 3"),
        (("completed", "pending", "pending"), "step 2"),
        (("pending", "in_progress", "in_progress"), "step 2"),
    ],
    ids=["the one at work", "else a failed one", "else the next to come", "the first of several"],
)
def test_the_step_in_hand_is(states: tuple[StepStatus, ...], in_hand: str):
    step = plan(*states).in_hand

    assert step is not None
    assert step.text == in_hand


def test_a_finished_plan_has_nothing_in_hand():
    assert plan("completed", "completed").in_hand is None
