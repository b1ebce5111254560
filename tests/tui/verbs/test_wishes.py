"""Checks and goals as options: what is told is understood in one way, or refused in words."""

import click
import pytest
from click.testing import CliRunner

from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.group import group
from steerdeck.verbs.wishes import checked, goal_of, named, rhythmic
from steerdeck_agents.facts.goals import Goal


@click.command()
@checked
@rhythmic
def wish(told: tuple[str, ...], source: str | None, rhythm: object, waits: bool) -> None:
    click.echo(repr((told, source, rhythm, waits)))


@pytest.mark.parametrize(
    ("told", "name", "command"),
    [
        ("pytest -q", "pytest -q", "pytest -q"),
        ("types=mypy .", "types", "mypy ."),
        ("CI=1 make test", "CI=1 make test", "CI=1 make test"),
        ("pytest -k a=b", "pytest -k a=b", "pytest -k a=b"),
        ("unit.fast= make CC=gcc", "unit.fast", "make CC=gcc"),
        ("x=one\ntwo", "x", "one\ntwo"),
    ],
)
def test_a_check_is_told_by_its_command_with_a_name_or_without(told: str, name: str, command: str):
    (check,) = named((told,))

    assert (check.name, check.command, check.source) == (name, command, "")


def test_names_of_checks_are_kept_apart():
    long = "pytest tests/a/very/long/way/to/one/folder"
    first, second, *more = named((f"{long}/one", f"{long}/two", f"{long}/one"))

    assert first.name != second.name and not more
    with pytest.raises(Ending, match="Two checks are named 'a'"):
        named(("a=x", "a=y"))
    for empty in ("", "a= "):
        with pytest.raises(Ending, match="holds no command") as refused:
            named((empty,))
        assert refused.value.code == USAGE


@pytest.mark.parametrize(
    ("told", "rhythm"), [("7", (7, 0.0)), ("0", (0, 0.0)), ("30m", (0, 1800.0)), ("2h", (0, 7200))]
)
def test_check_ins_come_after_turns_or_minutes(told: str, rhythm: tuple[int, float]):
    done = CliRunner().invoke(wish, ["--check-in", told])

    assert done.stdout == f"{((), None, (rhythm[0], float(rhythm[1])), False)!r}\n"


@pytest.mark.parametrize("told", ["soon", "-1", "1.5h", "10 m", ""])
def test_another_rhythm_is_refused_with_the_way_out(told: str):
    done = CliRunner().invoke(wish, ["--check-in", told])

    assert done.exit_code == 2 and "such as 30m" in done.stderr


def test_a_goal_has_the_rhythm_told_or_its_own():
    assert goal_of("It works.", None, waits=False) == Goal("It works.")
    assert goal_of("It works.", (0, 60.0), waits=True) == Goal("It works.", 0, 60.0, waits=True)
    assert goal_of(None, None, waits=False) is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "x", "--goal", "y"], "--check COMMAND, or --checks found"),
        (["run", "x", "--goal", " ", "--check", "true"], "needs an objective"),
        (["run", "x", "--check-in", "3"], "need a goal"),
        (["run", "x", "--check", ""], "holds no command"),
        (["checks", "--none"], "Name the session"),
        (["checks", "x", "--none", "--found"], "excludes"),
        (["goal", "x", "--check", "true"], "Say the objective"),
        (["goal", "x", "y", "--drop"], "takes no objective"),
        (["shells", "--end", "sh-1"], "Name the session"),
        (["type", "x", "sh-1", "secret", "--hidden"], "no text is taken from the command line"),
        (["consents", "--revoke", "abc"], "at least 6"),
    ],
)
def test_wrong_usage_ends_with_2_before_anything_is_started(words: list[str], sentence: str):
    with pytest.raises(Ending, match=sentence) as refused:
        CliRunner().invoke(group, words, standalone_mode=False, catch_exceptions=False)

    assert refused.value.code == USAGE
