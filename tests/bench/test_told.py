"""What the bench tells: every goal, what it stands beside, and what could not be measured."""

import ast
from pathlib import Path

import pytest

from bench import journal_append
from bench.goals import BY_NAME, GOALS, absent, no_peer, not_of_peer, of_peer, reached
from bench.rows import Row
from bench.run import MEASURES, _jobs, _rows_of
from bench.runs import in_the_middle
from bench.told import (
    BEGIN,
    END,
    goals_text,
    peers_text,
    readme_block,
    remarks_text,
    write_readme,
)
from kit.papers import between

BENCH = Path(__file__).parent
README = (BENCH.parents[1] / "README.md").read_text()


def named_in(module: str) -> set[str]:
    """Words that stand as such, or as the end of a made-up name, in a measure's source."""
    tree = ast.parse((BENCH / f"{module}.py").read_text())
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.name)
def test_every_goal_is_told_by_its_measure(goal):
    first, _, last = goal.name.partition("-")
    words = named_in(MEASURES[goal.measure][0])
    assert goal.name in words or {first, f"-{last}"} <= words


@pytest.mark.parametrize("goal", [goal for goal in GOALS if goal.peers], ids=lambda goal: goal.name)
def test_what_is_held_against_other_programs_is_measured_of_them(goal):
    assert goal.name in named_in("peers")


def test_no_two_goals_have_one_name():
    assert len(BY_NAME) == len(GOALS)


def test_the_table_of_the_readme_names_every_goal_and_its_limit():
    lines = between(README, "bench").splitlines()
    told = [row.split(" | ") for row in lines[2 : lines.index("")]]
    assert [row[1] for row in told] == [goal.what for goal in GOALS]
    assert all(row[3].startswith("≤ ") for row in told)
    assert lines[-1].startswith("Measured on 20")


def test_a_goal_stands_beside_its_reference_and_the_best_other_program():
    rows = [
        reached("idle", 80.0),
        of_peer("idle", "Codex CLI 1", 160.0),
        of_peer("idle", "OpenCode 2", 320.0),
        reached("live", 90.0, reference=100.0, against="hello"),
    ]
    text = goals_text(rows, ["memory", "start"])
    assert "best of the others: Codex CLI 1 160 MB (0.50×)" in text
    assert "OpenCode" not in text
    assert "hello 100 ms (0.90×)" in text
    assert "something on screen" in text


def test_what_is_missed_or_behind_is_said_with_the_reason():
    rows = [
        reached("gap-bare", 7.9),
        of_peer("gap-bare", "pi 1", 7.5),
        of_peer("gap-bare", "Codex CLI 1", 15.0),
        reached("idle", 80.0),
        of_peer("idle", "pi 1", 160.0),
        reached("headless", 214.0),
        not_of_peer("headless", "pi 1", "a turn without a screen: it ended with 1"),
        no_peer("Mistral Vibe", "not found here"),
    ]
    rows += [
        reached("long", 114.0),
        of_peer("long", "pi 1", 112.0),
        reached("append", 14.2, reference=4.26, against="SQLite alone"),
        reached("append-searched", 9.0, reference=7.5, against="SQLite and FTS5 alone"),
        reached("echo-tools", 31.0),
    ]
    for text in (readme_block(rows, "two cores", "2026-11-20"), remarks_text(rows)):
        lines = [line for line in text.splitlines() if line.startswith("- ")]
        assert len(lines) == 8
        (both,) = [line for line in lines if line.startswith("- Missed and behind, ")]
        assert "memory after 50,000 tokens" in both
        assert "114 MB here, pi 1 112 MB. Deck and runtime are two" in both
        assert any("7.90 ms here, pi 1 7.50 ms. A call here is on disk" in line for line in lines)
        (floor,) = [line for line in lines if "SQLite" in line]
        assert floor.endswith("More than the goal is taken by SQLite alone: 4.26 µs.")
        assert any("31.0 ms here. Why is not known yet." in line for line in lines)
        assert "- pi 1: a turn without a screen: it ended with 1." in lines
        assert "- Mistral Vibe: not found here." in lines
        assert "- One run, of ours and of other programs." in lines
    assert "| one headless turn with a warm runtime | 214 ms | – | – |" in readme_block(
        rows, "", ""
    )


def test_without_another_program_only_that_is_said():
    rows = [reached("idle", 80.0), no_peer("pi", "not found here")]
    assert peers_text(rows, ["peers"]) == ""
    assert "- pi: not found here." in remarks_text(rows)
    assert "here |" not in readme_block(rows, "", "").partition("\n\n")[2]


def test_what_could_make_ours_worse_is_known_for_all_that_is_held_against_others():
    assert all(goal.because.endswith(".") for goal in GOALS if goal.peers)


def test_a_goal_that_is_missed_by_little_does_not_look_reached():
    missed = [reached("four-pss", 110.04), reached("live", 152.0, reference=112.5, against="8")]
    text = goals_text(missed, ["four", "start"])
    assert "110.04 MB  ≤ 110 MB" in text
    assert "(1.351×)" in text
    assert "109.6" not in goals_text([reached("four-pss", 109.6)], ["four"])


def test_what_the_runtime_takes_besides_the_deck_is_told_with_it():
    rows = [reached("cpu-32", 6.5, besides="the runtime besides 5.2 %")]
    assert "| 6.50 % | ≤ 12 % | the runtime besides 5.2 % |" in readme_block(rows, "", "")


def test_of_several_runs_the_one_in_the_middle_is_told_with_its_own_reference():
    runs = [
        [reached("live", ours, reference=beside, against="hello")]
        for ours, beside in ((90.0, 1.0), (300.0, 2.0), (100.0, 3.0))
    ]
    (row,) = in_the_middle(runs)
    assert (row.ours, row.reference, row.met, row.got, row.runs) == (100.0, 3.0, False, 3, 3)
    assert "100 ms (90.0 to 300)" in goals_text([row], ["start"])
    assert remarks_text([row]).splitlines()[-1].startswith("- 3 runs, ours and other programs'")


def test_a_run_without_a_number_is_counted_and_hides_no_other():
    lost = not_of_peer("idle", "pi 1", "memory: it never came")
    one, none = in_the_middle(
        [
            [of_peer("idle", "pi 1", 160.0), lost],
            [lost, lost],
        ]
    )
    assert (one.ours, one.got, one.runs, one.missing) == (160.0, 1, 2, "")
    assert (none.got, none.missing) == (0, "memory: it never came")
    assert "160 MB (1 of 2 runs)" in peers_text([reached("idle", 80.0), one], ["peers"])
    assert "160 MB (1 of 2 runs)" in goals_text([reached("idle", 80.0), one], ["memory"])


def test_rows_that_share_their_words_are_told_apart_by_their_order():
    runs = [[Row("bytes", 1.0 + run, "B"), Row("bytes", 50.0 + run, "B")] for run in range(3)]
    assert [row.ours for row in in_the_middle(runs)] == [2.0, 51.0]


def test_a_goal_without_a_number_says_why():
    text = goals_text([absent("gap-sandboxed", "no bubblewrap here")], ["gap"])
    assert "no bubblewrap here" in text
    assert "its measure was not taken or failed" in text


def test_only_the_goals_of_what_was_measured_are_told():
    text = goals_text([], ["append"])
    assert "append with the search index" in text
    assert "headless" not in text


def test_a_row_that_was_measured_has_the_name_of_its_goal():
    names = [row.name for row in journal_append.measure(quick=True) if row.name]
    assert names == ["append", "append-searched"]


def test_the_readme_is_written_between_its_marks_alone(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n\n{BEGIN}old{END}\n\nafter\n")
    block = readme_block([reached("idle", 80.0)], "two cores", "2026-11-20")
    write_readme(readme, block)
    assert readme.read_text() == f"before\n\n{BEGIN}{block}{END}\n\nafter\n"
    assert "| ✓ | memory idle, deck and runtime, PSS | 80.0 MB | ≤ 85 MB |" in block
    assert block.endswith("\n\nMeasured on 2026-11-20: two cores.")


def test_a_readme_without_marks_is_left_alone(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("nothing\n")
    with pytest.raises(ValueError, match="bench"):
        write_readme(readme, "block")
    assert readme.read_text() == "nothing\n"


def test_each_other_program_is_a_measure_of_its_own():
    assert _jobs("start") == ["start"]
    assert _jobs("peers")[:2] == ["peers:codex", "peers:vibe"]


def test_a_measure_that_fails_leaves_the_others_alone():
    assert _rows_of("nothing", quick=True) is None


def test_a_measure_that_takes_too_long_is_ended():
    assert _rows_of("verdict", quick=True, limit_s=0.01) is None
