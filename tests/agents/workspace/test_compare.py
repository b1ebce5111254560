"""How two versions are set beside each other, and which words are marked."""

import random

import pytest

from steerdeck_agents.workspace.compare import Row, hunks, lines_of, rows
from steerdeck_agents.workspace.lexing import lexed, lexed_as
from steerdeck_agents.workspace.word_marks import word_marks

OLD = """\
def refresh(self, token):
    token.renew(time.time())
    self.log.info("refreshed")
    return self
"""
NEW = """\
def refresh(self, token):
    now = self.clock.now()
    with self.db.begin():
        token.renew(now)
        self.row.expires = now + self.ttl
    self.log.info("refreshed")
    return self
"""


def marked(old: str, new: str) -> tuple[list[str], list[str]]:
    """The words that are marked on each side."""
    left, right = word_marks(old, new)
    return [old[a:b] for a, b in left], [new[a:b] for a, b in right]


@pytest.mark.parametrize(
    ("old", "new", "left", "right"),
    [
        (
            "    return self.row.expires < time.time()",
            "    return self.row.expires <= self.clock.now()",
            ["time.time"],
            ["= self.clock.now"],
        ),
        ("self.row.delete()", "self.row.delete(now)", [], ["now"]),
        ("token.renew(time.time())", "    token.renew(now)", ["time.time()"], ["now"]),
        ("total = one + two", "total = one - two", ["+"], ["-"]),
        ("call(a, b, c)", "call(x, y, c)", ["a, b"], ["x, y"]),
        ("one two three", "four five six", [], []),
        ("same", "same", [], []),
        ("", "new", [], []),
        ("    a = 1", "        a = 1", [], []),
    ],
)
def test_words_are_marked_only_where_enough_of_the_line_stayed(old, new, left, right):
    assert marked(old, new) == (left, right)


def test_a_line_with_under_forty_percent_in_common_has_no_marks():
    assert marked("abcd = 1234567890", "abcd = zyxwvutsrq") == ([], [])
    assert marked("abcdefgh = 1234567", "abcdefgh = zyxwvut") != ([], [])


def test_lines_stand_beside_what_they_became():
    old, new = lines_of(OLD), lines_of(NEW)
    found = rows(old, new)
    assert Row(1, 3, False) in found
    assert [row.new for row in found if row.old is None] == [1, 2, 4]
    assert [row for row in found if row.same][-1] == Row(3, 6, True)


def test_changes_with_more_than_three_equal_lines_between_are_two_hunks():
    old = [f"line {n}\n" for n in range(20)]
    near = ["x\n", *old[1:4], "y\n", *old[5:]]
    far = ["x\n", *old[1:5], "y\n", *old[6:]]
    assert len(hunks(rows(old, near))) == 1
    assert len(hunks(rows(old, far))) == 2


def test_a_new_function_begins_with_its_name_and_ends_with_a_blank():
    old = ["def a():\n", "    pass\n", "\n", "def z():\n", "    pass\n"]
    new = [*old[:3], "def m():\n", "    pass\n", "\n", *old[3:]]
    (place,) = hunks(found := rows(old, new))
    added = [new[row.new] for row in found[place.first : place.last + 1]]
    assert added == ["def m():\n", "    pass\n", "\n"]


def test_whitespace_is_ignored_on_request():
    old, new = ["if a:\n", "  b()\n"], ["if a :\n", "    b()\n"]
    assert len(hunks(rows(old, new))) == 1
    assert hunks(rows(old, new, ignore_space=True)) == []


@pytest.mark.parametrize("seed", range(30))
def test_every_line_of_both_sides_is_in_one_row_in_order(seed):
    dice = random.Random(seed)
    old = [f"{dice.choice('abc ')}{dice.randrange(4)}\n" for _ in range(dice.randrange(40))]
    new = [line for line in old if dice.random() > 0.2]
    for _ in range(dice.randrange(8)):
        new.insert(dice.randrange(len(new) + 1), f"{dice.choice('abc')}{dice.randrange(9)}\n")
    found = rows(old, new, ignore_space=bool(seed % 2))
    assert [row.old for row in found if row.old is not None] == list(range(len(old)))
    assert [row.new for row in found if row.new is not None] == list(range(len(new)))


def test_only_line_feeds_end_lines():
    assert lines_of("a\x0cb\r\nc\u2028d") == ["a\x0cb\r\n", "c\u2028d"]
    assert lines_of("") == []


def test_syntax_is_told_by_line_and_unknown_files_stay_plain():
    lines = lines_of('def f():\n    """One\n    two."""\n    return "x"\n')
    ink, names = lexed("src/a.py", lines)
    told = [
        [(line[a:b], names[k]) for a, b, k in spans] for line, spans in zip(lines, ink, strict=True)
    ]
    assert told[0] == [("def", "Keyword")]
    assert told[1] == [('    """One'.lstrip(" "), "Literal.String.Doc")]
    assert [name for _, name in told[2]] == ["Literal.String.Doc"]
    assert [text for text, _ in told[3]] == ["return", '"x"']
    assert lexed("a.nothing", lines) == ([(), (), (), ()], ())
    assert lexed("a.py", ["x = 1\n" * 100_000]).lines == [()]


def test_syntax_is_told_of_a_language_by_its_name_or_by_a_file_of_it():
    lines = ["return 1\n"]
    for name in ("python", "py", "src/a.py"):
        assert lexed_as(name, lines).kinds[0] == "Keyword", name
    assert lexed_as("sh", ["if true; then :; fi\n"]).lines != [()]
    assert lexed_as("no-such-language", lines) == ([()], ())
