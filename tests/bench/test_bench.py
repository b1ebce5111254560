"""The bench runs: every measure of the engine gives its rows, however fast it was."""

import os

import pytest

from bench import call_gap, journal_append, seeking, shelter, verdicts
from bench.rows import Row, machine, median, share, table, within
from bench.terminal import Terminal


def test_keeping_a_fact_is_measured_beside_sqlite_alone():
    streamed, _, said, _ = journal_append.measure(quick=True)
    assert streamed.ours > 0
    assert said.ours > 0
    assert streamed.reference is not None
    assert said.reference is not None


def test_a_long_session_is_opened_and_searched_through():
    opened, worst, packed, middle, size = seeking.measure(quick=True)
    assert 0 < middle.ours <= worst.ours
    assert opened.ours > 0
    assert 0 < packed.ours < size.ours


def test_the_gap_of_a_call_is_told_in_parts_of_the_whole():
    rows = call_gap.measure(quick=True)
    whole, before, after, quietest, _ = rows[:5]
    assert quietest.ours <= whole.ours
    assert whole.name == "gap-bare"
    assert before.ours > 0
    assert after.ours > 0
    assert whole.reference is not None


def test_what_the_sandbox_adds_is_told_for_each_tier():
    bare, *tiers = shelter.measure(quick=True)
    assert bare.ours > 0
    assert all(row.reference == bare.ours for row in tiers[::2])
    assert len(tiers) % 2 == 0


def test_what_a_verdict_costs_is_told_with_its_goal():
    half, most = verdicts.measure(quick=True)
    assert 0 < half.ours <= most.ours and most.goal == "≤ 2 ms"


@pytest.mark.parametrize(
    ("goals", "ours", "met"),
    [
        ({"most": 5}, 4.0, True),
        ({"most": 5}, 6.0, False),
        ({"least_ratio": 12, "reference": 60.0}, 5.0, True),
        ({"least_ratio": 12, "reference": 50.0}, 5.0, False),
        ({"most_ratio": 1.35, "reference": 100.0}, 135.0, True),
        ({"most": 5, "most_ratio": 1, "reference": 3.0}, 4.0, False),
        ({}, 4.0, None),
    ],
)
def test_a_goal_is_met_when_every_part_of_it_is(goals, ours, met):
    assert within("x", ours, "ms", **goals).met is met


def test_the_table_shows_ours_reference_ratio_and_goal_of_each_row():
    text = table(
        [Row("first frame", 120.0, "ms", "≤ 170 ms", True, 100.0, "hello"), Row("size", 1.5, "MB")]
    )
    _, _, first, second = text.splitlines()
    assert first.split() == ["✓", "first", "frame", "120", "ms", "100", "ms", "hello", "1.20×",
                             "≤", "170", "ms"]  # fmt: skip
    assert second.split() == ["size", "1.50", "MB"]


def test_half_of_the_values_lie_below_the_median_and_none_above_the_last_share():
    values = [float(number) for number in range(101)]
    assert median(values) == 50
    assert share(values, 99) == 99
    assert share([3.0], 99) == 3


def test_the_machine_is_named_in_one_line():
    assert "cores" in machine()
    assert "\n" not in machine()


def test_words_that_were_drawn_bit_by_bit_are_seen_on_the_screen():
    script = r"printf 'wo'; sleep 0.05; printf '\033[?25l\033[1;3Hrd'; read end"
    with Terminal(["/bin/sh", "-c", script], dict(os.environ)) as shown:
        assert shown.wait_for("rd", timeout_s=20) is not None
        assert shown.wait_for("word", timeout_s=0) is None
        assert shown.drawn("word") == shown.wait_for("rd")
        assert shown.drawn("words") is None
