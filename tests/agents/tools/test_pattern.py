import re
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.tools.pattern import compiled

USUAL = [
    r"def foo", r"def\s+\w+\(.*\)\s*:", r"class\s+\w+\(.*\):", r"import .* from .*",
    r".*foo.*bar.*", r"(?:\w+\.)*\w+", r"\bself\.\w+\s*=\s*\w+", r"TODO|FIXME|XXX",
    r"(?i)error:\s+(\d+)", r"^\s*#", r"[A-Za-z_]\w*\s*=\s*\[", r"https?://[^\s\"']+",
    r"(\d{1,3}\.){3}\d{1,3}", r"foo(bar|baz)+", r"\w+\s*\(\s*\w+\s*,", r"x{", r"[]a-]+", r"\[\]",
    r"^from \S+ import .*\bname\b", r"raise \w+\(f?[\"'].*[\"']\)", r"(?P<n>abc)", r"(?<!a)b(?=c)",
    r"\s+$", r"ä+ö", r"a\.b\(", r"[[]", r"\x41\u00e4\n", r"[^\W\d_]+", r"a{2}b{1,3}?c*+", r"$",
    r"[^[\]]", r"\[[[]x", r"[!~~&&||-]", r"[]a[]",
]  # fmt: skip
EXPLOSIVE = [
    r"(a+)+$", r"(a|a)*b", r"(a|ab)*c", r"(\w*)*x", r"(.*a){20}", "a?" * 30 + "a" * 30,
    r"x.*.*.*.*=", r"\w+\s*\w+\s*\w+\s*;", r"(\w+\s?)*$", r"(a)\1", r"(?P<q>a)(?P=q)",
    r"((a?b?)*c)*", r"(a*)*", r"(?:a|b|ab)+$", r"(?=(a+)+$)", r"(\w|\d)*x", r"(.*)*",
    r"(?:(?:a?){5}){5}", r"(?:(?=.*x)a)*", r"(?:[ab]{9,99}){9,99}c", r"(x)(?(1)a|b)", r"[a--]",
    r"(?x)a b",
    r"(?i:(k|K)*)x", r"([a-c]|B)*x|y",
]  # fmt: skip
NO_PATTERN = ["", "(", "[", "*a", "a**", "(" * 500 + ")" * 500, "a{99999999999999}", "x" * 1001]


@pytest.mark.parametrize("text", USUAL)
def test_patterns_people_write_are_taken_and_end_on_any_line(text: str) -> None:
    pattern = compiled(text)
    assert pattern.line_limit >= 200
    for piece in ("a", " ", "ab,", "foobarbaz", "a.b.", "1.", "def a(", "self.x = "):
        pattern.regex.search((piece * pattern.line_limit)[: pattern.line_limit])


@pytest.mark.parametrize("text", EXPLOSIVE + NO_PATTERN)
def test_patterns_that_could_take_for_ever_are_refused(text: str) -> None:
    with pytest.raises(BadArguments, match=r"\.$"):
        compiled(text)


def test_sets_mean_what_they_meant() -> None:
    for text in (
        r"[^[\]]",
        r"[&&-(|||]",
        r"[]a[]",
        r"[\[&&]",
        r"[^]|]|\[[a]",
        r"[~~~-]",
        r"[a\-[]",
    ):
        regex = compiled(text).regex
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plain = re.compile(text)
        for code in range(32, 127):
            assert bool(regex.search(chr(code))) == bool(plain.search(chr(code)))


def test_what_every_matching_line_holds_is_known() -> None:
    assert compiled(r"^\s*def run\(").literal == "def run("
    assert compiled(r"a|b").literal == ""
    assert compiled(r"(?i)abc").literal == ""
    assert compiled(r"colou?r").literal == "colo"


@settings(max_examples=300)
@given(text=st.text(alphabet="ab|()[]*+?{},.\\dw^$-12:=i<!", min_size=1, max_size=14))
def test_a_pattern_that_is_taken_ends_soon_whatever_it_is(text: str) -> None:
    try:
        pattern = compiled(text)
    except BadArguments:
        return
    for piece in ("a", "b", "ab", "a1", "aab"):
        line = (piece * pattern.line_limit)[: pattern.line_limit]
        pattern.regex.search(f"{line[:-1]}!")


@settings(max_examples=200)
@given(
    text=st.sampled_from([r"a+b", r"(ab|b)c*", r"[^a]b{2}", r"\w+a", "b.a", r"a?b?c$", "ab"]),
    line=st.text(alphabet="abc ", max_size=12),
)
def test_the_literal_is_in_every_line_that_matches(text: str, line: str) -> None:
    pattern = compiled(text)
    if pattern.regex.search(line):
        assert pattern.literal in line
