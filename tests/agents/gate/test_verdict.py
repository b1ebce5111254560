"""What runs, what asks and what never runs, as one table."""

import pytest

from steerdeck_agents.facts.action import (
    Action,
    ApplyPatch,
    AskDeveloper,
    ListFiles,
    PatchedFile,
    ReadFile,
    RunCommand,
    SearchFiles,
    SetPlan,
)
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Level, Mode, Workspace
from steerdeck_agents.facts.verdict import Ask, Auto, Deny, Rule, Verdict
from steerdeck_agents.gate.shell.places import Disk
from steerdeck_agents.gate.verdict import verdict

PLACE = Workspace(path="/w/clone", repository="/home/d/repo", branch="b", base="c")
CONFINED = Level(name="bubblewrap", files=True, network=True, processes=True)
HERE = SessionId("s1")
LASTING = Rule(id="r1", command="make test", repository="/home/d/repo")
FOR_SESSION = Rule(id="r2", command="make lint", session="s1")
MODES: tuple[Mode, ...] = ("plan", "ask", "auto")


def judge(
    action: Action,
    mode: Mode = "auto",
    *,
    level: Level = CONFINED,
    rules: tuple[Rule, ...] = (),
    ground: Disk | None = None,
) -> Verdict:
    return verdict(
        action, mode=mode, rules=rules, session=HERE, workspace=PLACE, level=level, ground=ground
    )


def patch(*paths: str) -> ApplyPatch:
    return ApplyPatch("…", tuple(PatchedFile(path, None, b"x") for path in paths))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("level", [CONFINED, Level()])
@pytest.mark.parametrize(
    "action",
    [
        ReadFile("src/a.py"),
        ReadFile("/w/clone/src/a.py"),
        ReadFile("./src/../README.md"),
        ReadFile(".env.example"),
        ReadFile(".github/workflows/ci.yml"),
        ListFiles(),
        ListFiles("src"),
        SearchFiles("secret", "docs"),
        SetPlan(()),
        AskDeveloper("Which?"),
    ],
)
def test_looking_planning_and_asking_are_automatic(
    action: Action, mode: Mode, level: Level
) -> None:
    assert isinstance(judge(action, mode, level=level), Auto)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "action",
    [
        ReadFile("../x"),
        ReadFile("src/../../x"),
        ReadFile("/etc/passwd"),
        ReadFile("/w/clone2/x"),
        ReadFile("/w/clone/../x"),
        ReadFile("~/../../x/../../.."),
        ReadFile(""),
        ReadFile("a\0b"),
        ReadFile(".git/config"),
        ReadFile("sub/.GIT/HEAD"),
        ReadFile(".g\u200cit/HEAD"),
        ReadFile(".env"),
        ReadFile("deploy/.env.production"),
        ReadFile("keys/id_ed25519"),
        ReadFile("tls/server.PEM"),
        ReadFile(".ssh/config"),
        ListFiles(".."),
        ListFiles("/"),
        SearchFiles("x", ".git"),
        SearchFiles("x", "/home/d/repo"),
    ],
)
def test_looking_elsewhere_is_refused_with_the_reason(action: Action, mode: Mode) -> None:
    answer = judge(action, mode)
    assert isinstance(answer, Deny)
    assert answer.reason.endswith(".")


def test_patches_inside_the_workspace_are_automatic_in_mode_auto_only() -> None:
    assert isinstance(judge(patch("src/a.py", "docs/b.md"), "auto"), Auto)
    assert judge(patch("src/a.py"), "ask") == Ask(("mode ask: every change asks",))
    answer = judge(patch("src/a.py"), "plan")
    assert isinstance(answer, Deny) and answer.reason.startswith("plan mode:")


@pytest.mark.parametrize(
    "path",
    [
        ".envrc",
        ".github/workflows/ci.yml",
        ".vscode/tasks.json",
        "AGENTS.md",
        "sub/agents.md",
        "tests/conftest.py",
        "package.json",
        "web/package.json",
        ".gitattributes",
        ".pre-commit-config.yaml",
        "lib/x.pth",
        ".cargo/config.toml",
        "CLAUDE.md",
        ".mcp.json",
        "setup.py",
        "secrets.yml",
    ],
)
def test_a_patch_of_a_file_that_runs_unasked_asks(path: str) -> None:
    answer = judge(patch("src/a.py", path))
    assert isinstance(answer, Ask)
    assert len(answer.reasons) == 1 and path in answer.reasons[0]
    in_mode_ask = judge(patch(path), "ask")
    assert isinstance(in_mode_ask, Ask) and len(in_mode_ask.reasons) == 2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "path",
    [
        "../x", "/etc/x", "a/../../x", "", ".", ".git/config", ".git", "sub/.git/hooks/x",
        ".GIT/config", ".Git /config", "GIT~1/config", ".ｇit/config",
    ],
)  # fmt: skip
def test_a_patch_outside_or_of_git_never_happens(path: str, mode: Mode) -> None:
    assert isinstance(judge(patch("src/a.py", path), mode), Deny)


def test_a_command_in_plan_mode_is_refused_even_by_rule() -> None:
    answer = judge(RunCommand("make test"), "plan", rules=(LASTING,))
    assert isinstance(answer, Deny) and answer.reason.startswith("plan mode:")


@pytest.mark.parametrize(
    ("script", "mode", "expected"),
    [
        ("make test", "auto", "r1"),
        ("make lint", "auto", "r2"),
        ("make lint", "ask", "r2"),
        ("make test", "ask", None),
        ("make test ", "auto", None),
        ("make  test", "auto", None),
        ("make test; rm -rf /", "auto", None),
        ("make", "auto", None),
        ("Make test", "auto", None),
        ("ls", "auto", None),
    ],
)
@pytest.mark.parametrize("level", [CONFINED, Level()])
def test_only_the_exact_command_of_a_rule_is_automatic(
    script: str, mode: Mode, expected: str | None, level: Level
) -> None:
    answer = judge(RunCommand(script), mode, rules=(LASTING, FOR_SESSION), level=level)
    if expected is None:
        assert isinstance(answer, Ask)
    else:
        assert isinstance(answer, Auto) and answer.rule == expected


def test_the_reasons_to_ask_are_said() -> None:
    assert judge(RunCommand("ls")) == Ask(("no rule names this exact command",))
    assert judge(RunCommand("ls"), level=Level()) == Ask(
        ("no rule names this exact command", "NO SANDBOX: it would run with your rights")
    )
    assert judge(RunCommand("ls"), "ask") == Ask(("mode ask: every command asks",))
    half = Level(name="landlock", files=True)
    assert judge(RunCommand("ls"), level=half) == Ask(
        ("no rule names this exact command", "the sandbox does not hold back its network")
    )


@pytest.mark.parametrize("level", [CONFINED, Level(), Level(name="landlock", files=True)])
def test_a_command_that_only_reads_is_automatic_where_its_paths_can_be_followed(
    level: Level,
) -> None:
    ground = Disk(PLACE.path)
    reads = RunCommand("cat app.py | head", folder="src")
    assert isinstance(judge(reads, level=level, ground=ground), Auto)
    assert isinstance(judge(reads, level=level), Ask)
    for other in (
        RunCommand("cat ../x"), RunCommand("ls src", keep=True), RunCommand("ls src", tty=True)
    ):  # fmt: skip
        assert isinstance(judge(other, level=level, ground=ground), Ask)
    assert isinstance(judge(reads, "ask", level=level, ground=ground), Auto)
    assert isinstance(judge(reads, "plan", level=level, ground=ground), Auto)
    assert isinstance(judge(RunCommand("touch x"), "plan", level=level, ground=ground), Deny)


@pytest.mark.parametrize(("tty", "told"), [(False, "session,"), (True, "session on a terminal,")])
def test_a_command_that_goes_on_after_its_call_says_so(tty: bool, told: str) -> None:
    for script in ("ls src", "make $X"):
        answer = judge(RunCommand(script, keep=True, tty=tty), ground=Disk(PLACE.path))
        assert isinstance(answer, Ask)
        said = f"it goes on after its call, as a shell {told} until it or its session ends"
        assert answer.reasons[0] == said
        once = judge(RunCommand("make $X", tty=tty), ground=Disk(PLACE.path))
        assert isinstance(once, Ask) and not any("goes on" in why for why in once.reasons)


def test_a_command_that_asks_for_the_network_always_asks_and_names_the_hosts() -> None:
    ground = Disk(PLACE.path)
    for script in ("cat app.py", "make test", "make lint"):
        action = RunCommand(script, hosts=("pypi.org", "example.org:8443"))
        answer = judge(action, rules=(LASTING, FOR_SESSION), ground=ground)
        assert isinstance(answer, Ask)
        assert answer.reasons[-1] == "it asks for the network: pypi.org, example.org:8443"
        assert isinstance(judge(action, "plan", ground=ground), Deny)


def test_hosts_are_asked_for_where_they_mean_something() -> None:
    action = RunCommand("make", hosts=("pypi.org",))
    bare = judge(action, level=Level())
    assert isinstance(bare, Ask) and "it has the whole network anyway" in bare.reasons[-1]
    half = judge(action, level=Level(name="landlock", files=True))
    assert isinstance(half, Ask) and "does not hold back its network" in half.reasons[-1]
    shut = judge(action, level=Level(name="landlock", files=True, network=True))
    assert isinstance(shut, Deny) and "can't let hosts through" in shut.reason
    kept = judge(RunCommand("make", hosts=("pypi.org",), keep=True))
    assert isinstance(kept, Deny) and "ends with its call" in kept.reason


def test_what_is_not_understood_is_named() -> None:
    answer = judge(RunCommand("make $X"), ground=Disk(PLACE.path))
    assert isinstance(answer, Ask)
    assert answer.reasons == ("it holds a variable", "no rule names this exact command")
    assert [command.program for command in answer.outline.commands] == ["make"]


@pytest.mark.parametrize("ground", [None, Disk(PLACE.path)])
@pytest.mark.parametrize("mode", ["ask", "auto"])
def test_no_rule_covers_what_can_not_be_taken_back(mode: Mode, ground: Disk | None) -> None:
    here = Rule(id="r", command="git push --force", session="s1")
    answer = judge(RunCommand(here.command), mode, rules=(here,), ground=ground)
    assert isinstance(answer, Ask)
    assert answer.reasons[0].startswith("danger: it ")
    assert "no rule covers what can't be taken back" in answer.reasons


@pytest.mark.parametrize("hidden", ["\r", "\x1b[2K", "\x7f", "\x85", "\u200b", "\u202e", "\x08"])
def test_a_command_with_hidden_characters_asks_even_by_rule(hidden: str) -> None:
    script = f"echo {hidden} hi"
    answer = judge(
        RunCommand(script), rules=(Rule(id="r", command=script, repository="/home/d/repo"),)
    )
    assert isinstance(answer, Ask)
    assert "invisible" in answer.reasons[0]


def test_newlines_tabs_and_other_languages_hide_nothing() -> None:
    script = "if true; then\n\techo 'äöü 日本'\nfi"
    rule = Rule(id="r", command=script, repository="/home/d/repo")
    assert isinstance(judge(RunCommand(script), rules=(rule,)), Auto)


@pytest.mark.parametrize(
    "action",
    [
        RunCommand("echo \0"),
        RunCommand("echo \ud800"),
        RunCommand(" \n"),
        RunCommand("echo " + "x" * 100_000),
        RunCommand("ls", folder=".."),
        RunCommand("ls", folder="/etc"),
        RunCommand("ls", folder=".git/hooks"),
    ],
)
def test_a_command_that_can_not_run_as_shown_is_refused(action: RunCommand) -> None:
    rule = Rule(id="r", command=action.script, repository="/home/d/repo")
    assert isinstance(judge(action, rules=(rule,)), Deny)


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("echo x > web/package.json", "web/package.json is protected: npm runs its scripts"),
        ("true && cp -r new/.vscode .", ".vscode is protected: editors run what it holds"),
        ("for f in a; do tee mise.toml; done", "mise.toml is protected: the shell runs it"),
        ("sed -i s/a/b/ /w/clone/AGENTS.md", "AGENTS.md is protected: it instructs agents"),
        ("mv conftest.py old.py", "conftest.py is protected: pytest runs it unasked"),
    ],
)
def test_a_command_that_writes_what_runs_later_says_so_as_a_patch_does(
    script: str, names: str
) -> None:
    answer = judge(RunCommand(script))
    assert isinstance(answer, Ask)
    assert names in answer.reasons
    plain = judge(RunCommand("cat web/package.json > web/other.txt"))
    assert isinstance(plain, Ask) and "protected" not in " ".join(plain.reasons)
