"""Plans: how many steps are done, and which one is in hand."""

import pytest

from steerdeck_agents.facts.plan import Plan, Step, StepStatus


def plan(*states: StepStatus) -> Plan:
    return Plan(tuple(Step(f"step {at}", state) for at, state in enumerate(states, 1)))


def test_an_empty_plan_has_nothing_done_and_nothing_in_hand():
    assert (Plan().done, Plan().in_hand) == (0, None)


def test_only_completed_steps_count_as_done():
    assert plan("completed", "failed", "in_progress", "pending", "completed").done == 2


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
