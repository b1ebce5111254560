"""`rules` from the outside: a file people edit, and a runtime that keeps what verbs make."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kit.command import end_runtimes
from steerdeck.cli import begin
from steerdeck.verbs.group import group

RULES = """\
[[rule]]
id = "fetch"
prefix = ["git", "fetch"]
options = ["--tags"]
repository = "TOP"
uses = 5

[[rule]]
id = "fetch-again"
prefix = ["git", "fetch"]
options = ["--tags"]
repository = "TOP"
match = ["git fetch --tags"]

[[rule]]
id = "never"
prefix = ["git", "push"]
decision = "deny"
everywhere = true
why = "I push"

[[rule]]
id = "over"
command = "make"
everywhere = true
until = 2020-01-01T00:00:00Z
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = tmp_path / "top"
    (top / ".git").mkdir(parents=True)
    (tmp_path / "home/config").mkdir(parents=True)
    (tmp_path / "home/config/rules.toml").write_text(RULES.replace("TOP", str(top)))
    monkeypatch.setenv("STEERDECK_HOME", str(tmp_path / "home"))
    return top


def test_rules_are_listed_with_what_is_left_of_them(
    place: Path, capsys: pytest.CaptureFixture[str]
):
    assert begin(["rules", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["id", "does", "matches", "where", "used", "left", "by"]
    assert "git fetch [--tags]" in lines[1] and "5 uses" in lines[1] and str(place) in lines[1]
    assert lines[3].split()[:2] == ["never", "denies"] and "its time is over" in lines[4]
    assert begin(["rules", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["rule"]["id"] for one in found["rules"]] == [
        "fetch", "fetch-again", "never", "over",
    ]  # fmt: skip
    assert found["problems"] == []


def test_edit_opens_the_file_in_the_editor_and_checks_it_on_return(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    file = place.parent / "home/config/rules.toml"
    file.unlink()
    editor = place.parent / "editor"
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{editor} --wait")
    editor.write_text('#!/bin/sh\ntest "$1" = --wait && cp "$2" "$0.saw"\n')
    editor.chmod(0o700)
    assert begin(["rules", "edit"]) == 0
    assert "0 rules are read" in capsys.readouterr().err
    assert "[[rule]]" in (place.parent / "editor.saw").read_text()
    editor.write_text('#!/bin/sh\necho "[[rule]]" >> "$2"\necho \'decision = "deny"\' >> "$2"\n')
    assert begin(["rules", "edit"]) == 1
    assert "until then everything asks" in capsys.readouterr().out
    editor.unlink()
    assert begin(["rules", "edit"]) == 1
    assert "could not be run" in capsys.readouterr().err


def test_check_tells_what_does_not_hold(place: Path, capsys: pytest.CaptureFixture[str]):
    file = place.parent / "home/config/rules.toml"
    text = file.read_text().replace("uses = 5\n", "")
    file.write_text(text + '[[rule]]\nid = "bad"\ncommand = "x"\n')
    assert begin(["rules", "check"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told == [
        f"{file}, line {len(text.splitlines()) + 1}: it needs either repository or everywhere ="
        " true. Correct or remove it; until then that rule does not hold.",
        "Rule fetch-again never answers: fetch answers first.",
        "Rule over has ended: its time is over.",
    ]
    file.write_text('[[rule]]\nid = "a"\ncommand = "make"\neverywhere = true\n')
    assert begin(["rules", "check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("git fetch --tags", ["matches  fetch: allows it", "matches  fetch-again: allows it"]),
        ("git fetch x", ["no  fetch: 'git fetch x': the rule does not name x"]),
        ("git fetch | tee x", ["no  fetch: 'tee x': it does not begin with git fetch"]),
        ("ls; git push &", ["no  fetch: it holds a command in the background",
                            "matches  never: forbids it"]),
        ("git log", ["no  fetch: it would run unasked without a rule"]),
        ("make", ["no  over: it has ended: its time is over"]),
        ("rm -rf /", ["no  fetch: no rule covers what can't be taken back: It removes / for good"]),
    ],
)  # fmt: skip
def test_a_command_is_tried_on_every_rule(
    place: Path, capsys: pytest.CaptureFixture[str], script: str, told: list[str]
):
    assert begin(["rules", "test", "--cwd", str(place), "--", script]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and set(told) <= set(lines)


def test_policy_check_knows_patterns_denials_and_ends(
    place: Path, capsys: pytest.CaptureFixture[str]
):
    for script, verdict, rule in (
        ("git fetch --tags", "auto", "fetch"),
        ("env git push", "deny", None),
        ("make", "ask", None),
    ):
        assert begin(["policy", "check", "--cwd", str(place), "--json", "--", script]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["verdict"], answer["rule"]) == (verdict, rule)


def test_a_rule_is_made_and_taken_back_by_verbs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    top = tmp_path / "top"
    (top / ".git").mkdir(parents=True)
    monkeypatch.setenv("STEERDECK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(top)

    def run(*words: str) -> tuple[int, str]:
        code = begin(["rules", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    try:
        code, told = run(
            "add", "--program", "git", "--prefix", "git fetch", "--option", "--tags", "--repo",
            "--uses", "3", "--for", "2h", "--match", "git fetch --tags",
        )  # fmt: skip
        assert (code, told.endswith(f": allows git fetch [--tags] ({top})\n")) == (0, True)
        (line,) = json.loads(run("list", "--json")[1])["rules"]
        assert line["left"]["uses"] == 3 and 7_000_000 < line["left"]["ms"] <= 7_200_000
        code, told = run("add", "--prefix", "git push", "--everywhere", "--match", "git pull")
        assert code == 1 and "does not match" in told
        code, told = run("revoke", line["rule"]["id"][:8])
        assert code == 0 and "git fetch [--tags]" in told
        assert json.loads(run("list", "--json")[1])["rules"] == []
        assert run("revoke", "rule_x")[0] == 1
    finally:
        end_runtimes(tmp_path / "home")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["rules", "add", "--prefix", "git"], "--repo or --everywhere"),
        (["rules", "add", "--prefix", "git", "--repo", "--everywhere"], "--repo or --everywhere"),
        (["rules", "add", "--prefix", "git", "--deny", "--ask", "--repo"], "exclude each other"),
        (["rules", "add", "--program", "hg", "--prefix", "git x", "--repo"], "which is hg"),
        (["rules", "add", "--prefix", "git 'x", "--repo"], "can't be read"),
        (["rules", "add", "--prefix", "git", "--repo", "--for", "soon"], "write 30m"),
        (["approve", "x", "--scope", "turn", "--session"], "exclude each other"),
        (["approve", "x", "--uses", "3"], "need a --scope"),
        (["approve", "x", "--proposed"], "need a --scope"),
        (["approve", "x", "--scope", "turn", "--for", "0m"], "write 30m"),
    ],
)
def test_wrong_words_are_told_before_anything_is_started(words: list[str], sentence: str):
    done = CliRunner().invoke(group, words)
    assert done.exit_code == 2 and sentence in done.stderr
