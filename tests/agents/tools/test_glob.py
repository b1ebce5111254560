import pytest

from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.tools.glob import Glob


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        ("", ["a", "a/b"], []),
        ("*.py", ["a.py", "src/deep/a.py"], ["a.pyc", "py"]),
        ("src/*.py", ["src/a.py"], ["src/b/a.py", "lib/src/a.py"]),
        ("src/**/*.py", ["src/a.py", "src/b/c/a.py"], ["a.py"]),
        ("**/test_?.py", ["test_a.py", "x/test_b.py"], ["test_ab.py"]),
        ("*.{py,md}", ["a.py", "x/b.md"], ["a.rs"]),
        ("src/", ["src/a", "src/b/c"], ["a"]),
        ("/top.txt", ["top.txt"], ["x/top.txt"]),
        ("[ab]*.txt", ["a1.txt", "x/b.txt"], ["c.txt"]),
        ("a{", ["a{"], ["a"]),
    ],
)
def test_globs_mean_what_people_expect(glob: str, yes: list[str], no: list[str]) -> None:
    matcher = Glob(glob)
    assert [path for path in [*yes, *no] if matcher.matches(path)] == yes


def test_a_glob_cannot_make_the_matching_explode() -> None:
    assert not Glob("/".join(["**", "*a*"] * 30)).matches("/".join(["aaaa"] * 200) + "/b")
    assert not Glob("*a" * 100 + "b").matches("a" * 250)
    with pytest.raises(BadArguments):
        Glob("{a,b}" * 10)
    with pytest.raises(BadArguments):
        Glob("x" * 1000)
