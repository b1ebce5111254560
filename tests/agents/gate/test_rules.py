"""Exact-command rules: kept without loss, matched by the whole text only."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rules import load, matching, save

HOSTILE = [
    'echo "x"',
    "echo 'x' \\ \\\\ \\n",
    'a"""b',
    "a'''b",
    'x"\n[[rule]]\nid = "evil"\ncommand = "rm -rf /',
    "\x00\x01\x1b[2J\x7f\x85\u2028\u202e\ufeff",
    "tab\there\r\nand lines\n",
    "日本 😀 \U0010ffff",
    "# not a comment",
    "\\u0041 \\U00000041",
    " leading and trailing ",
]


def lasting(command: str, repository: str = "/r", id: str = "rule_1") -> Rule:
    return Rule(id=id, command=command, repository=repository)


def test_without_a_file_there_are_no_rules(tmp_path: Path) -> None:
    assert load(tmp_path / "rules.toml") == ()


def test_hostile_text_comes_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "rules.toml"
    rules = tuple(
        Rule(id=f"rule_{n}", command=text, repository=f"/r/{text}".strip(), by=text)
        for n, text in enumerate(HOSTILE)
    )
    save(path, rules)
    assert load(path) == rules
    assert len(tomllib.loads(path.read_text())["rule"]) == len(HOSTILE)
    assert path.stat().st_mode & 0o777 == 0o600


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_comes_back_exactly(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("rules") / "rules.toml"
    save(path, [lasting(text, f"/{text}")])
    assert load(path) == (lasting(text, f"/{text}"),)


@pytest.mark.parametrize(
    "rule",
    [
        Rule(id="r", command="x", session="s1"),
        Rule(id="r", command="x", repository="/r", session="s1"),
        Rule(id="r", command="x"),
        Rule(id="r", command="", repository="/r"),
        Rule(id="r", command="\ud800", repository="/r"),
    ],
)
def test_what_can_not_last_is_refused_and_changes_nothing(rule: Rule, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    save(path, [lasting("kept")])
    with pytest.raises(SettingsError):
        save(path, [rule])
    assert load(path) == (lasting("kept"),)
    assert [entry.name for entry in tmp_path.iterdir()] == ["rules.toml"]


def test_a_rule_holds_where_it_says_and_nowhere_else() -> None:
    here, there = SessionId("s1"), SessionId("s2")
    repository = lasting("make", "/r")
    session = Rule(id="b", command="make", session="s1")
    both = Rule(id="c", command="make", session="s1", repository="/r")
    nowhere = Rule(id="d", command="make")
    assert matching([repository], "make", "/r", there) is repository
    assert matching([repository], "make", "/other", there) is None
    assert matching([session], "make", "/other", here) is session
    assert matching([session], "make", "/other", there) is None
    assert matching([both], "make", "/r", here) is both
    assert matching([both], "make", "/other", here) is None
    assert matching([nowhere], "make", "/r", here) is None
    assert matching([nowhere], "make", "", SessionId("")) is None
    assert matching([session, repository], "make", "/r", there) is repository


@pytest.mark.parametrize("script", ["make ", " make", "make\n", "make x", "mak", "MAKE", "make\0"])
def test_only_the_whole_text_matches(script: str) -> None:
    assert matching([lasting("make")], script, "/r", SessionId("s")) is None
