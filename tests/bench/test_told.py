"""What the bench tells: every goal, what it stands beside, and what could not be measured."""

import ast
from pathlib import Path

import pytest

from bench import journal_append
from bench.goals import BY_NAME, GOALS, absent, no_peer, of_peer, reached
from bench.run import MEASURES
from bench.told import BEGIN, END, goals_text, readme_block, write_readme
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
    rows = between(README, "bench").splitlines()[2:]
    told = [row.split(" | ") for row in rows if row.startswith("|")]
    assert [row[1] for row in told] == [goal.what for goal in GOALS]
    assert all(row[3].startswith("≤ ") for row in told)
    assert rows[-1].startswith("Measured on 20")


def test_a_goal_stands_beside_its_reference_and_other_programs():
    rows = [
        reached("idle", 80.0),
        of_peer("idle", "Codex CLI 1", 160.0),
        no_peer("pi", "not found here"),
        reached("live", 90.0, reference=100.0, against="hello"),
    ]
    text = goals_text(rows, ["memory", "start"])
    assert "Codex CLI 1 160 MB (0.50×); pi: not found here" in text
    assert "hello 100 ms (0.90×)" in text
    assert "something on screen" in text


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
    assert "Measured on 2026-11-20 in one run: two cores." in block


def test_a_readme_without_marks_is_left_alone(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("nothing\n")
    with pytest.raises(ValueError, match="bench"):
        write_readme(readme, "block")
    assert readme.read_text() == "nothing\n"
