"""`steerdeck policy check`: the gate's answer for people and for programs, with nothing run."""

import json
from pathlib import Path

import pytest

from steerdeck.cli import begin


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home, top = tmp_path / "home", tmp_path / "top"
    (top / ".git").mkdir(parents=True)
    (top / "src").mkdir()
    (home / "config").mkdir(parents=True)
    monkeypatch.setenv("STEERDECK_HOME", str(home))
    return top


def test_one_command_is_answered_in_words(place: Path, capsys: pytest.CaptureFixture[str]):
    assert begin(["policy", "check", "--cwd", str(place), "--", "ls src | wc -l"]) == 0
    assert begin(["policy", "check", "--cwd", str(place), "--", "git", "push", "--force"]) == 0
    read, pushed = capsys.readouterr().out.split("\nask\n")
    assert read.startswith("auto\n")
    assert pushed.splitlines()[0].startswith("  danger: it ")


@pytest.mark.parametrize(
    ("script", "cwd", "level", "verdict"),
    [
        ("git status", "", "bubblewrap", "auto"),
        ("git status", "", "none", "ask"),
        ("cat ../README.md", "src", "landlock", "auto"),
        ("cat ../README.md", "", "bubblewrap", "ask"),
        ("ls", ".git", "bubblewrap", "deny"),
        (" ", "", "bubblewrap", "deny"),
    ],
)
def test_folder_and_level_count(
    place: Path, capsys: pytest.CaptureFixture[str], script: str, cwd: str, level: str, verdict: str
):
    where = ["--cwd", str(place / cwd), "--level", level]
    assert begin(["policy", "check", *where, "--json", "--", script]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] == verdict
    assert answer["reasons"]


def test_lines_are_answered_in_order_and_a_bad_one_is_never_allowed(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    rule = f'[[rule]]\nid = "r1"\ncommand = "make test"\nrepository = "{place}"\n'
    (place.parent / "home/config/rules.toml").write_text(rule)
    lines = [
        {"id": 1, "cmd": "ls"}, {"id": "b", "cmd": "rm -rf /"}, {"id": None, "cmd": "make test"},
        {"id": 4, "cmd": "ls \x00"}, {"id": 5},
    ]  # fmt: skip
    given = place.parent / "given"
    deep = '{"id": ' + "[" * 100_000
    given.write_text("\n".join([*map(json.dumps, lines), "{", deep]) + "\n")
    with given.open() as file:
        monkeypatch.setattr("sys.stdin", file)
        assert begin(["policy", "check", "--cwd", str(place), "--stdin", "--json"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [a["verdict"] for a in answers] == ["auto", "ask", "auto", *["deny"] * 4]
    assert [a["id"] for a in answers] == [1, "b", None, 4, 5, None, None]
    assert [a["rule"] for a in answers[:3]] == [None, None, "r1"]
    assert all(set(a) == {"id", "verdict", "reasons", "rule"} for a in answers)


@pytest.mark.parametrize("words", [[], ["--stdin", "--", "ls"]])
def test_neither_or_both_is_a_wrong_use(words: list[str], place: Path):
    assert begin(["policy", "check", "--cwd", str(place), *words]) == 2
