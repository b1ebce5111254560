"""`land --look` and `overlaps` in words; what they do to a repository is tested on real git."""

import pytest
from msgspec import structs

from steerdeck.pushing import Push, push
from steerdeck.verbs.landing import looked, met_rows
from steerdeck_agents.facts.checks import Check, Verify
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.overlap import Lines, Overlap, SharedFile
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.facts.shore_page import ShoreLine, ShorePage
from steerdeck_agents.facts.state import SessionState

ONE, TWO = SessionId("ses_1"), SessionId("ses_2")
WORK = SessionState(
    id=ONE,
    name="add-csv",
    files=(FileChange("a.py"),),
    verify=Verify(checks=(Check("pytest", "pytest"),)),
)
PAGE = ShorePage(ShoreLine(ONE, "main", 2, 1), tried=True)


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({}, "merges without a conflict"),
        ({"held": True}, "your branch holds this work already"),
        ({"conflicts": ("a.py", "b.py")}, "conflicts: a.py, b.py"),
        ({"blocked": ("c.py",)}, "in the way, uncommitted: c.py"),
        ({"tried": False}, "whether it merges is not known: trying needs git 2.38"),
    ],
)
def test_a_look_says_only_what_is_known(more: dict[str, object], line: str):
    lines = looked(WORK, structs.replace(PAGE, **more))
    assert lines[0] == "add-csv: 2 ahead of main, 1 behind"
    assert line in lines
    assert lines[-1] == "checks that --queue runs on the result: pytest"


def test_what_can_not_be_looked_at_says_why():
    page = ShorePage(ShoreLine(ONE, problem="Its workspace is not made yet."))
    assert looked(WORK, page) == ["add-csv: Its workspace is not made yet."]


def test_each_shared_file_is_listed_once_and_the_deepest_first():
    lines = SharedFile("a.py", "lines", lines=(Lines(3, 5),), their_lines=(Lines(4, 4),))
    reads = SharedFile("b.py", "reads", "writes", "plans")
    back = Overlap(ONE, (structs.replace(lines, lines=(Lines(4, 4),)),))
    one = structs.replace(WORK, overlaps=(Overlap(TWO, (reads, lines)),))
    two = SessionState(id=TWO, name="fix-login", overlaps=(back,))
    rows = met_rows([two, one])
    assert [(row.session, row.other, row.path, row.words) for row in rows] == [
        ("add-csv", "fix-login", "a.py", "same lines 3–5"),
        ("add-csv", "fix-login", "b.py", "it plans to change what this one changed"),
    ]
    assert met_rows([one]) == []


@pytest.mark.parametrize(("folder", "remote"), [("gone", "origin"), ("", "a\0b"), ("a\0b", "o")])
def test_a_push_that_can_t_be_run_says_so_and_raises_nothing(tmp_path, folder: str, remote: str):
    ended = push(Push(str(tmp_path / folder), remote, "steerdeck/docs", "4f21c0a8"))
    assert ended.problem.startswith("git could not be run: ")
