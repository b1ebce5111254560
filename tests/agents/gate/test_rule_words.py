"""A rule covers the words it names and nothing else, however a command is written."""

import shlex
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from steerdeck_agents.facts.verdict import Pattern, Rule
from steerdeck_agents.gate.rule_cover import covering
from steerdeck_agents.gate.rule_ground import Names
from steerdeck_agents.gate.rule_words import literal, path_glob, word_glob

TESTS = Pattern(("pytest", "-q"), ("--lf", "-k slow"), ("v*",), ("tests/**",), ("out/*.txt",))


def covers(pattern: Pattern, script: str, folder: str = "/w") -> bool:
    rule = Rule(id="r", pattern=pattern, everywhere=True)
    return bool(covering(script, [rule], folder=folder, ground=Names("/w"), confined=True))


@pytest.mark.parametrize(
    "script",
    [
        "pytest -q",
        "pytest   -q\t--lf",
        "pytest -q tests/a.py tests/b/c.py",
        "pytest -q ./tests/a.py",
        "pytest -q /w/tests/a.py",
        "pytest -q 'tests/a b.py'",
        "pytest -q tests/a.py::test_x",
        "pytest -q -k slow v12",
        "pytest -q 2>&1",
        "pytest -q > out/a.txt 2>&1",
        "pytest -q > /dev/null",
        "pytest -q | tail -20",
        "pytest -q --lf && git log -3",
        "pytest -q; pytest -q --lf",
        "ls\npytest -q",
    ],
)
def test_what_the_rule_names_is_covered(script: str) -> None:
    assert covers(TESTS, script)


@pytest.mark.parametrize(
    "script",
    [
        "pytest",
        "pytest -x",
        "pytest -q -x",
        "pytest -q --lf=1",
        "pytest -q --last-failed",
        "pytest -k slow -q",
        "pytest -q slow",
        "pytest -q -k",
        "pytest -q -k fast",
        "pytest -q slow -k",
        "pytest -q src/a.py",
        "pytest -q ../tests/a.py",
        "pytest -q tests/../src/a.py",
        "pytest -q /etc/tests/a.py",
        "pytest -q tests/.env",
        "pytest -q tests/.git/config",
        "pytest -q tests/*.py",
        "pytest -q tests/[a].py",
        "pytest -q vx=1",
        "pytest -q v/x",
        "pytest -q v:x",
        "pytest -q ''",
        "pytest -q .",
        "pytest -q > other.txt",
        "pytest -q > out/a.txt > out/b/c.txt",
        "pytest -q >> ../out/a.txt",
        "pytest -q 3> out/a.txt",
        "> out/a.txt pytest -q",
        "pytest -q < tests/a.py",
        "pytest -q <<< text",
        "cat README.md | pytest -q",
        "cd .. && pytest -q",
        "cd src; pytest -q tests/a.py",
        "pytest -q && cd src",
        "cd src || pytest -q",
        "cd src | pytest -q",
        "/usr/bin/pytest -q",
        "./pytest -q",
        "'pytest' -q",
        "py'test' -q",
        "pyt\\est -q",
        "pytest '-q'",
        'pytest "-q"',
        "pytest -q '--lf'",
        "pytest\u00a0-q",
        "p\u0443test -q",
        "pytest -q \u200b",
        "pytest -q\r",
        "pytest -q &",
        "pytest -q # \u202e",
        "PYTHONPATH=. pytest -q",
        "env pytest -q",
        "time pytest -q",
        "! pytest -q",
        "(pytest -q)",
        "{ pytest -q; }",
        "pytest -q $X",
        "pytest -q $(ls)",
        "pytest -q `ls`",
        "pytest -q {--lf,-x}",
        "pytest -q ~/tests",
        "pytest -q <(ls)",
        "for a in b; do pytest -q; done",
        "pytest -q; rm x",
        "pytest -q && rm x",
        "pytest -q || rm x",
        "pytest -q\nrm x",
        "pytest -q | sh",
        "pytest -q | tee x",
        "rm x; pytest -q",
        "rm x | pytest -q",
        "ls",
        "",
    ],
)
def test_what_it_does_not_name_is_not(script: str) -> None:
    assert not covers(TESTS, script)


def test_a_rule_never_covers_what_can_not_be_taken_back() -> None:
    everything = Pattern(("rm", "-rf"), paths=("**",), words=("*",))
    assert covers(everything, "rm -rf build/x")
    assert not covers(everything, "rm -rf .")
    assert not covers(Pattern(("rm", "-rf", "/")), "rm -rf /")
    assert not covers(Pattern(("git", "push", "--force")), "git push --force")


def test_a_rule_may_be_bound_to_the_folder_it_starts_in() -> None:
    here = Pattern(("make",), folder="web")
    assert covers(here, "make", "/w/web") and covers(here, "cd web && make")
    assert not covers(here, "make") and not covers(here, "cd web/sub && make")
    assert covers(Pattern(("make",), folder="."), "make")
    assert covers(Pattern(("make",)), "cd web && make")


def test_input_is_covered_where_the_rule_says_so() -> None:
    fed = Pattern(("psql",), input=True)
    assert covers(fed, "cat a.sql | psql") and not covers(fed, "curl x.example | psql")


PIECES = st.sampled_from(
    [
        "pytest", "-q", "--lf", "-k", "slow", "v1", "v", "tests/a.py", "../x", "-x", "a*b", "a",
        "=", "tests/../b", "", "-", "--", "v=1", "tests", "/w/tests/z", "src/tests/a", "é", "v é",
    ]
)  # fmt: skip
QUOTES = st.sampled_from([str, shlex.quote, lambda word: f"'{word}'", lambda word: f'"{word}"'])


def reference(words: list[str]) -> bool:
    """The words TESTS names, said another way."""
    if words[:2] != ["pytest", "-q"]:
        return False
    rest = words[2:]
    while rest:
        if rest[0] == "--lf":
            rest = rest[1:]
        elif rest[:2] == ["-k", "slow"]:
            rest = rest[2:]
        elif is_version(rest[0]) or is_test(rest[0]):
            rest = rest[1:]
        else:
            return False
    return True


def is_version(word: str) -> bool:
    return fnmatchcase(word, "v*") and not set(word) & set("/=:")


def is_test(word: str) -> bool:
    return word.removeprefix("/w/").startswith("tests/") and ".." not in word.split("/")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(PIECES, QUOTES), min_size=1, max_size=6))
def test_a_rule_never_matches_more_than_its_reference(
    pieces: list[tuple[str, "st.SearchStrategy[str]"]],
) -> None:
    script = " ".join(quote(word) for word, quote in pieces)
    if covers(TESTS, script):
        assert reference(shlex.split(script)), script


TAILS = [
    "; rm x", " && rm x", " || rm x", " | sh", " & rm x", "\nrm x", " > x", " >> src/a", " 2> x",
    " $(rm x)", " `rm x`", " $X", " ${X}", " -x", " --force", " -- -x", " ../x", " /etc/passwd",
    " <(rm x)", " >(sh)", " {a,-x}", " ~", " -\\x", " '-x'", ' "-x"', " *", " -k", " =x", " @x",
    " +x", "\u2028rm x", " \\\n rm x", " <<E\nrm x\nE", " | tee /w/a", " | xargs rm", "; . ./x",
]  # fmt: skip
HEADS = [
    "rm x; ", "rm x && ", "X=1 ", "env ", "sudo ", "time ", "nice ", "command ", "exec ", "eval ",
    "! ", "./", "/tmp/", "x/", "\\", "rm x | ", "cat a | ", "cd .. && ", "cd /tmp && ", "if ",
    "$X ", "$(rm x) ", "> x ", "< x ", "set -e; rm x; ", "alias pytest=rm; ", "rm x\n",
    "export A=1; ",
]  # fmt: skip
ALLOWED = ["pytest -q", "pytest -q --lf tests/a.py", "pytest -q -k slow", "pytest -q v1 2>&1"]


@pytest.mark.parametrize("script", ALLOWED)
def test_no_command_put_before_behind_or_around_an_allowed_one_is_covered(script: str) -> None:
    assert covers(TESTS, script)
    for mutated in (
        *(script + tail for tail in TAILS),
        *(head + script for head in HEADS),
        *(script.replace("pytest", f"{mark}pytest{mark}", 1) for mark in "'\"`"),
        *(script[:at] + sign + script[at:] for at in range(6) for sign in "\\'\"$*?{\u200b"),
        f"({script})", f"{{ {script}; }}", f"$({script})", f"bash -c '{script}'", f"'{script}'",
    ):  # fmt: skip
        assert not covers(TESTS, mutated), mutated


@given(st.text(max_size=12))
def test_a_literal_stands_for_itself_alone(word: str) -> None:
    assert word_glob(literal(word)).fullmatch(word) and path_glob(literal(word).removeprefix("./"))
    for other in (word + "x", "x" + word, word[:-1]):
        assert other == word or not word_glob(literal(word)).fullmatch(other)


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        ("tests/**", ["tests/a", "tests/a/b"], ["tests", "atests/a", "src/tests/a"]),
        ("**/*.py", ["a.py", "b/c.py"], ["a.pyc", "b/c"]),
        ("src/*.py", ["src/a.py"], ["src/b/a.py", "src/a.py/x"]),
        ("a?c", ["abc"], ["a/c", "ac", "abbc"]),
        ("a.c", ["a.c"], ["abc"]),
    ],
)
def test_globs_of_paths(glob: str, yes: list[str], no: list[str]) -> None:
    assert all(path_glob(glob).fullmatch(path) for path in yes)
    assert not any(path_glob(glob).fullmatch(path) for path in no)


KEPT = [
    *(f"{program} new/a.json web/{{}}" for program in ("cp", "mv", "ln", "install", "rsync")),
    *(f"nice {program} new/{{}} web" for program in ("cp", "mv", "ln", "install", "rsync")),
    "cp -t web new/{}",
    "mv web/{} new/b.json",
    *(f"{program} web/{{}}" for program in ("tee", "touch", "rm", "mkdir", "git rm", "gzip")),
    "sed -i s/a/b/ web/{}",
    "sed -Ei --expression=s/a/b/ web/{}",
    "dd of=web/{}",
    "git mv new/a.py web/{}",
    "make web > web/{}",
    "make web >> web/{}",
    "make web 2> web/{}",
]


@pytest.mark.parametrize("script", KEPT)
def test_a_star_names_no_file_that_runs_or_instructs_later(script: str) -> None:
    lead = 2 if script.startswith(("nice", "git", "make")) else 1
    options = ("-i", "-Ei", "--expression=s/a/b/", "-t web")
    words = ("web", "of=web/*", "s/a/b/")
    wide = Pattern(tuple(script.split()[:lead]), options, words, ("**",), ("**",))
    assert covers(wide, script.format("plain.json"))
    for name in ("package.json", "Package.JSON", "mise.toml", "rust-toolchain", "conftest.py"):
        kept = script.format(name)
        assert not covers(wide, kept)
        literally = tuple(word for word in kept.split()[lead:] if not word.startswith("-"))
        assert covers(replace(wide, words=(*words, *literally), writes=literally), kept)


def test_a_star_names_no_folder_of_such_files() -> None:
    assert covers(Pattern(("mkdir",), (), (), ("**",)), "mkdir web/plain")
    assert not covers(Pattern(("mkdir",), (), (), ("**",)), "mkdir web/.vscode")
    assert not covers(Pattern(("touch",), (), (), ("**",)), "touch .github/workflows/x.yml")


def test_reading_such_a_file_is_covered_by_a_star() -> None:
    assert covers(Pattern(("jsonlint",), (), (), ("**",)), "jsonlint web/package.json")
