"""The proposed rule is the narrowest useful one, and every claim about it is true of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.verdict import Pattern, Rule
from steerdeck_agents.gate.rule_cover import covering
from steerdeck_agents.gate.rule_ground import Names
from steerdeck_agents.gate.rule_past import Example
from steerdeck_agents.gate.rule_propose import Proposal, alike, propose
from steerdeck_agents.gate.rule_terms import in_words


def said(what: str, allowed: bool = True, **more: object) -> Example:
    given = {"session": SessionId("s"), "repository": "/r", "folder": "/w", **more}
    return Example(what=what, root="/w", allowed=allowed, **given)


def proposed(what: str, *past: Example) -> Proposal:
    return propose(said(what), past)


def lets(rule: Rule, what: str) -> bool:
    if rule.pattern is None:
        return rule.command == what
    return bool(covering(what, [rule], folder="/w", ground=Names("/w"), confined=True))


def test_without_a_past_it_is_this_command_and_what_only_reads_beside_it() -> None:
    made = proposed("pip install csvkit==2.1.0 | tail -3")
    assert made.rule is not None and made.words == "pip install csvkit==2.1.0"
    assert lets(made.rule, "pip install csvkit==2.1.0") and made.narrower is None
    assert made.wider is not None and in_words(made.wider) == "pip install csvkit==*"


def test_a_rule_made_of_a_shell_session_says_so_and_one_of_a_plain_call_covers_none() -> None:
    plain, kept = said("npm run dev"), said("npm run dev", keep=True)
    made = propose(kept, (plain, kept))
    assert made.rule is not None and made.rule.keep
    assert made.words == "npm run dev, also as a shell session"
    other = propose(plain, (plain, kept))
    assert other.rule is not None and not other.rule.keep
    assert other.allowed == (plain,) and other.asks == (kept,)
    assert alike(kept, (plain,) * 3) == 0 and alike(kept, (kept,) * 3) == 3


@pytest.mark.parametrize("kind", ["command", "network"])
def test_no_rule_is_made_of_a_secret_and_the_secret_is_the_reason(kind: str) -> None:
    made = propose(said("curl -H ⟨secret github token #3f2a⟩ https://x.example", kind=kind), ())
    assert made.rule is None and made.why == "No rule covers a text that holds a secret."


def test_what_was_allowed_widens_it_and_what_was_rejected_narrows_it() -> None:
    made = proposed(
        "pip install csvkit==2.1.0",
        said("pip install csvkit==2.1.0 -q"),
        said("pip install 'csvkit==2.0.1'"),
        said("pip install csvkit==1.3", False),
        said("pip install -r dev.txt", False),
        said("make", False),
    )
    assert made.words == "pip install [-q] csvkit==2.*"
    assert [one.what for one in made.allowed] == [
        "pip install 'csvkit==2.0.1'", "pip install csvkit==2.1.0 -q",
    ]  # fmt: skip
    assert made.rejected == () and made.alike == 2
    assert {one.what for one in made.asks} == {"pip install csvkit==1.3", "pip install -r dev.txt"}
    assert made.narrower is not None and made.wider is None
    narrowed = proposed(
        "pip install csvkit==2.1.0",
        said("pip install csvkit==2.0.1"),
        said("pip install csvkit==2.0.9", False),
    )
    assert narrowed.words == "pip install (csvkit==2.1.0 | csvkit==2.0.1)"


def test_the_past_is_told_for_every_width_and_every_reach() -> None:
    there = {"session": SessionId("t"), "repository": "/q"}
    made = proposed(
        "pip install csvkit==2.1.0",
        *(said(f"pip install csvkit==2.0.{number}") for number in range(9)),
        said("pip install csvkit==2.0.1", session=SessionId("u")),
        said("pip install csvkit==1.3", False),
        said("pip install csvkit==2.5", False, **there),
        said("make", False),
    )
    told = {(one.where, one.rule == made.rule): (one.counts, one.elsewhere) for one in made.pasts}
    assert made.narrower is not None and made.rule is not None and made.wider is None
    assert made.rejected == (), "it is narrowed by what was rejected elsewhere as well"
    assert told["session", True] == ((0, 9, 1), 0)
    assert told["repository", True] == ((0, 10, 1), 0)
    assert told["everywhere", True] == ((0, 10, 2), 0)
    assert told["repository", False] == ((0, 0, 11), 0)
    assert all(len(one.allowed) <= 8 for one in made.pasts)
    same = proposed("make", said("make"), said("make", False, **there))
    counts = {one.where: (one.counts, one.elsewhere) for one in same.pasts}
    assert counts["session"] == counts["repository"] == ((0, 1, 0), 1)
    assert counts["everywhere"] == ((1, 1, 0), 0)


def test_a_rejection_of_the_same_is_shown_first() -> None:
    made = proposed("make deploy", said("make deploy"), said("make  deploy", False))
    assert made.words == "make deploy"
    assert [one.what for one in made.rejected] == ["make  deploy"]


@pytest.mark.parametrize(
    ("what", "past", "words"),
    [
        ("pytest -q tests/a.py", ["pytest -q tests/b.py"], "pytest -q tests/*.py"),
        ("pytest -q tests/a.py", ["pytest -q tests/x/b.py"], "pytest -q tests/**/*.py"),
        ("pytest -q tests/a.py", ["pytest -q src/b.py"], "pytest -q (tests/a.py | src/b.py)"),
        ("git fetch origin", ["git fetch --tags"], "git fetch [--tags] origin"),
        ("git fetch origin", ["git push origin"], "git fetch origin"),
        ("ruff check -q src/a.py", ["ruff check --fix src/b.py"], "ruff check"),
        ("npm run build", ["npm run test"], "npm run (build | test)"),
        ("make lint", ["make test"], "make lint"),
        ("python a.py", ["python b.py"], "python a.py"),
        ("sudo ls x", ["sudo ls y"], "sudo ls x"),
        ("cd web && make", [], "make in web"),
        ("echo 'a*b' > out/x.txt", [], "echo 'a*b' [> out/x.txt]"),
    ],
)
def test_it_generalises_what_shares_a_folder_or_a_stem_and_no_wrapper(
    what: str, past: list[str], words: str
) -> None:
    made = proposed(what, *map(said, past))
    assert made.words.startswith(words)


@pytest.mark.parametrize(
    "what",
    [
        "for a in b; do rm $a; done",
        "make && pip install x",
        "cat a | psql",
        "psql < a",
        "ruff *.py",
    ],
)
def test_where_no_words_can_be_named_it_is_the_exact_text(what: str) -> None:
    made = proposed(what)
    assert made.rule is not None and made.rule.command == what and "exact text" in made.why


@pytest.mark.parametrize("what", ["rm -rf /", "git push --force", "make \u200b", "m\u0430ke"])
def test_nothing_is_proposed_for_what_no_rule_may_cover(what: str) -> None:
    made = proposed(what)
    assert made.rule is None and made.why.startswith("No rule covers")


def test_patches_and_tools_get_rules_of_their_kind() -> None:
    patch = said("diff", kind="patch", files=("docs/a.md",))
    no = said("diff", False, kind="patch", files=("docs/b.md",))
    assert propose(patch, [no]).words == "patches of docs/a.md"
    assert propose(patch, [no]).wider is None
    wider = propose(patch, []).wider
    assert wider is not None and wider.paths == ("docs/*",)
    tool = propose(said('docs search\n{"q": 1}', kind="tool"), [])
    assert tool.words == "the tool docs.search"
    assert propose(said("x", kind="input"), []).rule is None


def test_a_host_is_allowed_by_name_and_only_what_asks_for_nothing_else_would_pass() -> None:
    def net(hosts: str, allowed: bool = True) -> Example:
        return said(f"network: {hosts}\npip download x", allowed, kind="network")

    past = [net("pypi.org"), net("pypi.org:443"), net("pypi.org evil.org", False),
            net("pypi.org:8443", False), said("pip install pypi.org")]  # fmt: skip
    made = propose(net("PyPI.org:443"), past)
    assert made.rule == Rule(id="", kind="network", command="pypi.org")
    assert made.words == "the host pypi.org" and made.wider is None and made.narrower is None
    assert [len(found) for found in (made.rejected, made.allowed, made.asks)] == [0, 2, 2]
    assert made.near == ("pypi.org:8443", "www.pypi.org", "pypi.org.example")
    assert "still asks" in made.why
    assert alike(net("pypi.org"), past) == 2
    two = propose(net("pypi.org evil.org"), past)
    assert two.rule is None and "asks for 2 of them" in two.why
    assert alike(net("pypi.org evil.org"), past) == 0
    bad = propose(said("network: a.org\nrm -rf /", kind="network"), ())
    assert bad.rule is None and "taken back" in bad.why


def test_alike_tools_are_counted_too() -> None:
    call = said("docs search\n{}", kind="tool")
    assert alike(call, [call, said("docs write\n{}", kind="tool"), call]) == 2


def test_alike_is_the_same_program_and_verb_in_the_same_repository() -> None:
    asked = said("git fetch origin")
    past = [
        said("git fetch --all"), said("git  fetch x | tail -1"),
        said("git fetch y", session=SessionId("other")),
        said("git fetch z", repository="/other", session=SessionId("other")),
        said("git push"), said("git fetch n", False), said("make"),
    ]  # fmt: skip
    assert alike(asked, past) == 3
    assert alike(said("for a in b; do c; done"), [said("for a in b; do c; done")] * 3) == 0


WORDS = st.sampled_from(
    [
        "-q", "-x", "--all", "tests/a.py", "tests/b.py", "src/a.py", "v==1.0", "v==1.2", "origin",
        "a*b", "x y", "--k=v", "../x", "1",
    ]
)  # fmt: skip
COMMANDS = st.builds(
    lambda verb, words: " ".join([verb, *(f"'{w}'" if set(w) & set(" *") else w for w in words)]),
    st.sampled_from(["pip install", "pytest", "ruff check", "npm run"]),
    st.lists(WORDS, max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(COMMANDS, st.lists(st.tuples(COMMANDS, st.booleans()), max_size=8))
def test_what_is_claimed_of_a_rule_is_true_of_it(what: str, past: list[tuple[str, bool]]) -> None:
    answers = [said(text, allowed) for text, allowed in past]
    made = propose(said(what), answers)
    assert made.rule is not None and made.sha == made.rule.sha()
    assert lets(made.rule, what)
    passed = {one.what for one in answers if lets(made.rule, one.what)}
    assert {one.what for one in (*made.allowed, *made.rejected)} == passed
    assert not any(lets(made.rule, near) for near in made.near)
    assert len(made.near) == 3 or made.rule.pattern is None
    if made.narrower is not None:
        assert lets(made.narrower, what) and made.rejected == ()
    if made.wider is not None:
        assert lets(made.wider, what)
        assert not any(lets(made.wider, one.what) for one in answers if not one.allowed)


@pytest.mark.parametrize(("rule", "words"), [
    (Rule(id="", pattern=Pattern(("git", "commit"), ("-m fix", "--all;x"), ("a b", "rm -rf *"))),
     "git commit [-m fix] ['--all;x'] ('a b' | 'rm -rf '*)"),
    (Rule(id="", pattern=Pattern(("x",), words=(r"\*.py",), paths=("src/**/*.py",), folder="a b")),
     "x '*.py' src/**/*.py in 'a b'"),
    (Rule(id="", pattern=Pattern(("say",), words=("$(id) > x",), writes=("o ut",))),
     "say '$(id) > x' [> 'o ut']"),
    (Rule(id="", kind="patch", paths=("a, b", "docs/*")), "patches of 'a, b', docs/*"),
    (Rule(id="", kind="tool", command="tools say"), "the tool tools.say"),
    (Rule(id="", kind="tool", command="tools", decision="deny"), "every tool of the server tools"),
])  # fmt: skip
def test_the_words_of_a_rule_stand_as_a_shell_takes_them(rule: Rule, words: str) -> None:
    assert in_words(rule) == words
