"""The strictest answer wins: what denies beats what allows, and unread denials close the gate."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from steerdeck_agents.facts.action import Action, ApplyPatch, CallServer, PatchedFile, RunCommand
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Level, Mode, Workspace
from steerdeck_agents.facts.verdict import Ask, Auto, Deny, Pattern, Rule, Verdict
from steerdeck_agents.gate.rule_ground import Names
from steerdeck_agents.gate.rule_hosts import host_rule
from steerdeck_agents.gate.rule_judge import judge
from steerdeck_agents.gate.rule_terms import in_words
from steerdeck_agents.gate.rules import load

PLACE = Workspace(path="/w", repository="/r", branch="b", base="c")
CONFINED = Level(name="bubblewrap", files=True, network=True, processes=True)
ALLOW = Rule(id="allow", repository="/r", pattern=Pattern(("git", "push"), ("origin", "-f")))
DENY = Rule(id="deny", everywhere=True, decision="deny", pattern=Pattern(("git", "push")))


def says(action: Action | str, *rules: Rule, mode: Mode = "auto") -> Verdict:
    return judge(
        RunCommand(action) if isinstance(action, str) else action,
        mode=mode,
        rules=rules,
        session=SessionId("s"),
        workspace=PLACE,
        level=CONFINED,
        ground=Names("/w"),
    )


def patch(*paths: str) -> ApplyPatch:
    return ApplyPatch("…", tuple(PatchedFile(path, None, b"x") for path in paths))


def test_a_pattern_allows_and_says_so() -> None:
    answer = says("git push origin && ls", ALLOW)
    assert isinstance(answer, Auto)
    assert answer.rests_on == ("allow",) and "git push" in answer.because


def test_a_rule_lets_a_command_go_on_after_its_call_only_where_it_says_so() -> None:
    exact = Rule(id="exact", repository="/r", command="make watch")
    make = Rule(id="make", repository="/r", pattern=Pattern(("make", "watch")))
    for rule in (exact, make):
        for tty in (False, True):
            goes_on = RunCommand("make watch", keep=True, tty=tty)
            asked = says(goes_on, rule)
            assert isinstance(asked, Ask)
            told = f"rule {rule.id} allows it only where it ends with its call"
            assert asked.reasons[-1] == told
            kept = replace(rule, keep=True)
            assert isinstance(says(goes_on, kept), Auto)
            assert "also as a shell session" in in_words(kept)
            assert isinstance(says(goes_on, kept, replace(DENY, pattern=make.pattern)), Deny)
        assert isinstance(says("make watch", rule), Auto)


def test_several_rules_may_cover_one_script_and_each_is_named() -> None:
    make = Rule(id="make", repository="/r", pattern=Pattern(("make",)))
    answer = says("make && git push origin && make", make, ALLOW)
    assert isinstance(answer, Auto) and answer.rests_on == ("make", "allow")
    assert isinstance(says("make && git push origin", make), Ask)


@pytest.mark.parametrize(
    "script",
    [
        "git push",
        "git push origin",
        "git push -f origin",
        "/usr/bin/git push",
        "git -C sub push",
        "git --no-pager push",
        "g'it' push",
        "git pu\\sh",
        "git 'push'",
        "ls && git push",
        "ls; git push &",
        "env A=1 git push",
        "sudo -u me git push",
        "timeout 3 nice git push",
        "xargs git push < a",
        "bash -c 'ls; git push'",
        "bash -c \"bash -c 'git push'\"",
        "eval git push",
        "echo $(git push)",
        "echo `git push`",
        "for a in b; do git push; done",
        "if true; then git push; fi",
        "f() { git push; }; f",
        "(git push)",
        "A=1 git push",
        "git push > /dev/null",
        "cat <<E\n$(git push)\nE",
    ],
)
def test_a_denial_beats_every_rule_however_the_command_is_dressed(script: str) -> None:
    exact = Rule(id="exact", command=script, repository="/r")
    assert isinstance(says(script, exact, ALLOW, DENY), Deny)


@pytest.mark.parametrize(
    "script", ["$X push git", "git $X; echo push", 'python -c \'run("git", "push")\'']
)
def test_where_a_denial_may_be_meant_no_rule_allows(script: str) -> None:
    exact = Rule(id="exact", command=script, repository="/r")
    assert isinstance(says(script, exact), Auto)
    assert isinstance(says(script, exact, DENY), Ask)


@pytest.mark.parametrize("script", ["git status", "grep -n 'git push' README.md", "echo git push"])
def test_a_denial_does_not_touch_what_only_reads_of_it(script: str) -> None:
    assert isinstance(says(script, DENY), Auto)


def test_a_denial_may_be_about_single_words() -> None:
    forced = Rule(
        id="f", everywhere=True, decision="deny",
        pattern=Pattern(("git", "push"), ("--force", "-f"), ("main",)),
    )  # fmt: skip
    for script in ("git push -f", "git push --force=x", "git push -uf origin", "git push x main"):
        assert isinstance(says(script, ALLOW, forced), Deny), script
    keys = Rule(
        id="k", everywhere=True, decision="deny", pattern=Pattern(("cat",), paths=("keys/**",))
    )
    assert isinstance(says("cat keys/a", keys), Deny) and isinstance(says("cat README", keys), Auto)


def test_an_exact_denial_denies_its_words_wherever_they_run() -> None:
    rule = Rule(id="d", command="make deploy", everywhere=True, decision="deny")
    for script in ("make deploy", "make  deploy", "ls && make deploy now", "bash -c 'make deploy'"):
        assert isinstance(says(script, rule), Deny), script
    assert isinstance(says("make test", rule), Ask)


def test_a_denial_says_to_the_model_what_and_why() -> None:
    answer = says("git push", msg := Rule(**{**_fields(DENY), "why": "I push myself"}))
    assert isinstance(answer, Deny)
    assert msg.id in answer.reason and "git push" in answer.reason
    assert "I push myself" in answer.reason


def _fields(rule: Rule) -> dict[str, object]:
    return {name: getattr(rule, name) for name in rule.__struct_fields__}


def test_an_asking_rule_asks_even_for_what_only_reads() -> None:
    rule = Rule(id="a", everywhere=True, decision="ask", pattern=Pattern(("git", "log")))
    assert isinstance(says("git log"), Auto) and isinstance(says("git log", rule), Ask)


@pytest.mark.parametrize("mode", ["ask", "auto"])
def test_while_a_denial_can_not_be_read_everything_asks(mode: Mode, tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        '[[rule]]\nid = "a"\ncommand = "make"\neverywhere = true\n'
        '[[rule]]\nid = "b"\nprefix = 3\ndecision = "deny"\neverywhere = true\n'
    )
    rules = load(path)
    effects = ("make", "git push", "ls", patch("src/a.py"), CallServer("s", "t", "{}"))
    for action in effects:
        answer = says(action, *rules, mode=mode)
        assert isinstance(answer, Ask), action
        assert "line 5" in answer.reasons[0]


def test_in_mode_ask_only_rules_of_the_session_count() -> None:
    own = Rule(id="own", session="s", pattern=Pattern(("make",)))
    lasting = Rule(id="lasting", repository="/r", pattern=Pattern(("make",)))
    assert isinstance(says("make", own, mode="ask"), Auto)
    assert isinstance(says("make", lasting, mode="ask"), Ask)
    assert isinstance(says("make", own, lasting, mode="plan"), Deny)


def test_a_rule_reaches_as_far_as_its_scope() -> None:
    pattern = Pattern(("make",))
    assert isinstance(says("make", Rule(id="r", everywhere=True, pattern=pattern)), Auto)
    for other in ({"session": "x"}, {"repository": "/other"}, {}):
        assert isinstance(says("make", Rule(id="r", pattern=pattern, **other)), Ask)


def test_patches_by_rule() -> None:
    docs = Rule(id="docs", session="s", kind="patch", paths=("docs/**", "AGENTS.md", ".env"))
    allowed = says(patch("docs/a.md", "docs/b/c.md"), docs, mode="ask")
    assert isinstance(allowed, Auto) and allowed.rests_on == ("docs",)
    assert isinstance(says(patch("docs/a.md", "src/a.py"), docs, mode="ask"), Ask)
    # A file that instructs agents or runs later must be named itself, and a secret never is.
    assert isinstance(says(patch("AGENTS.md"), docs), Auto)
    for path in ("docs/AGENTS.md", "docs/package.json", ".env"):
        assert isinstance(says(patch(path), docs), Ask), path
    never = Rule(id="never", everywhere=True, kind="patch", decision="deny", paths=("src/**",))
    assert isinstance(says(patch("docs/a", "./src/a"), docs, never), Deny)


def test_tools_by_rule() -> None:
    call = CallServer("docs", "search", "{}")
    allow = Rule(id="t", command="docs search", kind="tool", session="s")
    assert isinstance(says(call, allow), Auto)
    for name in ("docs search", "docs"):
        deny = Rule(id="d", command=name, kind="tool", everywhere=True, decision="deny")
        assert isinstance(says(call, allow, deny), Deny)


def test_hosts_by_rule() -> None:
    one = Rule(id="one", kind="network", command="pypi.org", everywhere=True)
    below = Rule(id="below", kind="network", command="*.pypi.org", everywhere=True)
    bad = Rule(id="bad", kind="network", command="evil.pypi.org", everywhere=True, decision="deny")
    rules = (one, below, bad)
    named = {host: host_rule(rules, host) for host in ("PyPI.org.", "a.pypi.org", "evil.pypi.org")}
    assert [rule and rule.id for rule in named.values()] == ["one", "below", "bad"]
    for host in ("xpypi.org", "pypi.org.example", ".pypi.org", "", "pypi"):
        assert host_rule(rules, host) is None


MAKE = Rule(id="make", repository="/r", command="make")
PYPI = Rule(id="pypi", kind="network", command="pypi.org", everywhere=True)
BELOW = Rule(id="below", kind="network", command="*.example.org", everywhere=True)


@pytest.mark.parametrize(
    ("script", "hosts", "rests_on"),
    [
        ("make", "pypi.org", ("make", "pypi")),
        ("make", "pypi.org:443 a.example.org", ("make", "pypi", "below")),
        ("make", "*.a.example.org *.example.org", ("make", "below")),
        ("cat app.py", "pypi.org", ("pypi",)),
        ("make", "pypi.org:22", None),
        ("make", "pypi.org other.org", None),
        ("make", "*.pypi.org", None),
        ("make", "example.org", None),
        ("make it", "pypi.org", None),
        ("make; rm -rf /", "pypi.org", None),
    ],
)
def test_a_command_reaches_a_host_unasked_where_both_are_allowed_by_rule(
    script: str, hosts: str, rests_on: tuple[str, ...] | None
) -> None:
    answer = says(RunCommand(script, hosts=tuple(hosts.split())), MAKE, PYPI, BELOW)
    if rests_on is None:
        assert isinstance(answer, Ask)
    else:
        assert isinstance(answer, Auto) and answer.rests_on == rests_on


def test_a_rule_about_the_text_or_the_host_alone_is_not_enough() -> None:
    action = RunCommand("make", hosts=("pypi.org",))
    pattern = Rule(id="p", repository="/r", pattern=Pattern(("make",)))
    for rules in ((MAKE,), (pattern,), (PYPI,), (MAKE, BELOW)):
        assert isinstance(says(action, *rules), Ask)
    assert isinstance(says(action, pattern, PYPI), Auto)
    assert isinstance(says(action, MAKE, PYPI, mode="ask"), Ask)
    assert isinstance(says(action, MAKE, PYPI, mode="plan"), Deny)


@pytest.mark.parametrize("host", ["evil.org", "evil.org:8443", "*.evil.org", "a.evil.org"])
def test_a_denied_host_is_refused_even_within_a_wide_wish(host: str) -> None:
    wide = Rule(id="w", kind="network", command="*.evil.org", everywhere=True)
    named = ("evil.org", "a.evil.org")
    denied = [
        Rule(id=n, kind="network", command=n, everywhere=True, decision="deny") for n in named
    ]
    assert isinstance(says(RunCommand("make", hosts=(host,)), MAKE, wide, *denied), Deny)


@pytest.mark.parametrize("script", ["rm -rf /", "rm -rf .", "git push --force", "dd of=/dev/sda"])
def test_no_rule_allows_what_can_not_be_taken_back(script: str) -> None:
    words = tuple(script.split())
    rules = (
        Rule(id="a", command=script, session="s"),
        Rule(id="b", session="s", pattern=Pattern(words)),
        Rule(id="c", session="s", pattern=Pattern(words[:1], words[1:], ("*",), ("**",))),
    )
    assert isinstance(says(script, *rules), Ask)
