"""`rules.toml`: a bad entry costs no other rule, a bad denial closes the gate, edits keep words."""

from pathlib import Path

import pytest

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.facts.verdict import Pattern, Rule
from steerdeck_agents.gate.rules import load, read
from steerdeck_agents.settings import rules_file

GOOD = '[[rule]]\nid = "good"\ncommand = "make"\nrepository = "/r"\n'
FETCH = Rule(
    id="fetch",
    repository="/r",
    pattern=Pattern(("git", "fetch"), ("--tags", "-k slow"), ("v*",), ("src/**",), ("out.txt",)),
    until_ms=1_800_000_000_123,
    uses=7,
    made_ms=1_700_000_000_001,
    why="I fetch often",
    match=("git fetch --tags",),
    no_match=("git fetch --all",),
)
EVERYTHING = [
    FETCH,
    Rule(id="no", command="git push", everywhere=True, decision="deny", why="mine"),
    Rule(id="dev", command="npm run dev", repository="/r", keep=True),
    Rule(id="tool", command="docs search", kind="tool", everywhere=True),
    Rule(id="host", command="*.example.org", kind="network", repository="/r", decision="ask"),
    Rule(id="patch", kind="patch", paths=("docs/**",), repository="/r"),
]


def test_every_kind_of_rule_comes_back_exactly(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    for rule in EVERYTHING:
        rules_file.add(path, rule)
    assert read(path).problems == ()
    assert list(load(path)) == EVERYTHING


@pytest.mark.parametrize(
    ("entry", "closes"),
    [
        ('id = "r"\ncommand = "x"\n', False),
        ('id = "r"\ncommand = "x"\nrepository = ""\n', False),
        ('id = "r"\ncommand = "x"\nrepository = "relative"\n', False),
        ('id = "r"\ncommand = 1\nrepository = "/r"\n', False),
        ('id = "r"\ncommand = "x"\nrepository = "/r"\neverywhere = true\n', False),
        ('id = "r"\ncommand = "x"\nprefix = ["x"]\nrepository = "/r"\n', False),
        ('id = "r"\ncommand = "x"\noptions = ["-f"]\nrepository = "/r"\n', False),
        ('id = "r"\nprefix = [""]\nrepository = "/r"\n', False),
        ('id = "r"\nrepository = "/r"\n', False),
        ('id = "r"\ncommand = "x"\nrepository = "/r"\nuses = 0\n', False),
        ('id = "r"\ntool = "x y"\nrepository = "/r"\nkeep = true\n', False),
        ('id = "r"\ncommand = "x"\nrepository = "/r"\nuntil = 2030-01-01T00:00:00\n', False),
        ('id = "r"\ncommand = "x"\nrepository = "/r"\nexpires = 2020-01-01\n', False),
        ('id = "good"\ncommand = "x"\nrepository = "/r"\n', False),
        ('id = "r"\nprefix = ["git"]\nrepository = "/r"\nmatch = ["git push"]\n', False),
        ('id = "r"\nprefix = ["git"]\nrepository = "/r"\nno_match = ["git"]\n', False),
        ('id = "r"\ncommand = "x"\nrepository = "/r"\ndecision = "never"\n', True),
        ('id = "r"\ncommand = 1\nrepository = "/r"\ndecision = "deny"\n', True),
        ('id = "r"\ncommand = "x"\nrepository = "/r"\ndecison = "deny"\n', True),
        (
            'id = "r"\nprefix = ["git"]\neverywhere = true\ndecision = "deny"\nmatch = ["ls"]\n',
            True,
        ),
        ('id = "r"\nprefix = ["git"]\neverywhere = true\ndecision = "ask"\nmatch = ["ls"]\n', True),
    ],
)
def test_a_bad_entry_is_told_by_its_line_and_costs_no_other_rule(
    entry: str, closes: bool, tmp_path: Path
) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(f"{GOOD}\n[[rule]]\n{entry}\n" + GOOD.replace('"good"', '"after"'))
    found = read(path)
    assert len(found.problems) == 1
    assert found.problems[0].startswith(f"{path}, line 6: ")
    assert [entry.rule.id for entry in found.entries] == ["good", "after"]
    assert found.closed == closes
    assert ("every" in [rule.kind for rule in found.rules]) == closes


@pytest.mark.parametrize(
    "text",
    ["[[rule]", "rule = 1", GOOD + "rule", GOOD + GOOD.replace("[[rule]]", "[rule]")],
)
def test_of_a_file_that_is_no_list_of_rules_nothing_holds_and_everything_asks(
    text: str, tmp_path: Path
) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    found = read(path)
    assert found.closed and found.entries == ()
    assert [rule.decision for rule in found.rules] == ["ask"]


def test_a_strange_table_is_told_and_the_rules_hold(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(GOOD + '[defaults]\nallow = "all"\n')
    found = read(path)
    assert not found.closed and [rule.id for rule in found.rules] == ["good"]
    assert "line 5" in found.problems[0]


@pytest.mark.parametrize("how", ["bytes", "folder", "open to all"])
def test_a_file_that_can_not_be_trusted_makes_everything_ask(how: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    if how == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"\xff\xfe" if how == "bytes" else GOOD.encode())
        path.chmod(0o666 if how == "open to all" else 0o600)
    assert [rule.kind for rule in load(path)] == ["every"]


HAND_WRITTEN = """\
# My rules.

# tests are harmless
[[rule]]
id = "a"           # the first
command = "make test"
repository = "/r"

# never this
[[rule]]
repository = "/r"
id = "b"
decision = "deny"
prefix = ["git", "push"]

# the last one
[[rule]]
id = "c"
command = '''
[[rule]]
# no comment
'''
repository = "/r"
"""


def test_taking_a_rule_out_keeps_every_other_byte(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(HAND_WRITTEN)
    assert rules_file.remove(path, "b")
    start = HAND_WRITTEN.index("[[rule]]\nrepository")
    end = HAND_WRITTEN.index("# the last one")
    assert path.read_text() == HAND_WRITTEN[:start] + HAND_WRITTEN[end:]
    assert not rules_file.remove(path, "b")
    assert rules_file.remove(path, "c") and rules_file.remove(path, "a")
    assert load(path) == () and "# My rules." in path.read_text()


def test_a_new_rule_and_a_change_leave_what_people_wrote(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(HAND_WRITTEN)
    rules_file.add(path, FETCH)
    assert path.read_text().startswith(HAND_WRITTEN.rstrip("\n"))
    changed = Rule(id="a", command="make lint", repository="/r", uses=3)
    assert rules_file.replace(path, changed)
    text = path.read_text()
    assert "# the first" in text and "# tests are harmless" in text and "# never this" in text
    assert load(path)[0] == changed
    assert [rule.id for rule in load(path)] == ["a", "b", "c", "fetch"]
    assert not rules_file.replace(path, Rule(id="z", command="x", repository="/r"))


def test_a_broken_file_is_not_edited(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(GOOD + "oops")
    for edit in (
        lambda: rules_file.add(path, FETCH),
        lambda: rules_file.replace(path, FETCH),
        lambda: rules_file.remove(path, "good"),
    ):
        with pytest.raises(SettingsError, match="not changed"):
            edit()
    assert path.read_text() == GOOD + "oops"


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    real, path = tmp_path / "dotfiles.toml", tmp_path / "rules.toml"
    real.write_text(GOOD)
    path.symlink_to(real)
    rules_file.add(path, FETCH)
    assert path.is_symlink() and [rule.id for rule in load(real)] == ["good", "fetch"]


@pytest.mark.parametrize(
    "rule",
    [
        Rule(id="r", command="x", session="s", dollars=1.0),
        Rule(id="r", command="x", repository="/r", turn="t"),
        Rule(id="", kind="every", everywhere=True, decision="ask"),
    ],
)
def test_what_belongs_to_a_session_is_never_written(rule: Rule, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't last"):
        rules_file.add(tmp_path / "rules.toml", rule)
    assert list(tmp_path.iterdir()) == []
