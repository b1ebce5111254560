"""Line mode as a screen reader's user meets it: a dumb terminal, one prompt, typed words."""

from pathlib import Path

import pytest

from kit.command import end_runtimes
from kit.console import STEERDECK, Shell, demo_shop
from kit.rare import rare
from kit.terminal import Terminal
from kit.yard import yard
from steerdeck.verbs.asked import shown
from steerdeck.verbs.line_mode import by_number, question, sessions_among, waiting
from steerdeck_agents.facts.call_page import CallLine
from steerdeck_agents.facts.ids import ApprovalId, CallId, Sha
from steerdeck_agents.facts.outline import Command, Outline
from steerdeck_agents.facts.places import FileChange, Workspace
from steerdeck_agents.facts.state import OpenApproval, OpenQuestion, SessionState


def test_a_session_is_started_approved_and_looked_at_by_lines_alone(home: Path, short_folder: Path):
    shell = Shell(demo_shop(short_folder / "shop"), home)
    with shell.start("model", "serve", "--pace", "0") as server:
        assert server.stdout is not None
        shell.environ["OPENAI_BASE_URL"] = server.stdout.readline().strip()
        environ = {**shell.environ, "TERM": "dumb"}
        argv = [*STEERDECK]
        with Terminal(argv, columns=120, rows=90, folder=shell.folder, environ=environ) as line:
            line.wait_for("There are no sessions")
            line.send("new write it down\r")
            line.wait_for("waits for you: approve 1")
            line.send("dance\rserve\rwaits\rapprove 1\r")
            line.wait_for("There is no 'dance'")
            line.wait_for("serve is for a shell")
            shown = line.wait_for("decide later:")
            assert "asks: NOTES.md +3 −0. approve 1" in shown
            assert "+- write it down" in shown and "file: NOTES.md +3 -0" in shown
            line.send("y\r")
            line.wait_for("Nothing was decided.")
            line.send("approve 1\r")
            line.wait_for(lambda screen: screen.count("decide later:") == 2)
            line.send("yes\r")
            line.wait_for("Allowed, in")
            line.wait_for("ends")
            line.send("1\rquit\r")
            assert line.wait_end() == 0
            assert "NOTES.md +3 -0" in line.screen()
            assert b"\x1b" not in line.sent
        told = shell("--lines", into="list\n").stdout
        assert "1  write-it-down: done, 1 file changed" in told
    end_runtimes(home)


def test_a_number_means_a_session_where_a_verb_takes_one():
    for verb in ("show", "land", "diff", "type", "goal", "plan"):
        assert sessions_among(verb, ["1"]) == [0], verb
    for verb in ("search", "rules", "runtime", "request"):
        assert sessions_among(verb, ["1"]) == [], verb


@pytest.mark.parametrize(
    ("line", "places"),
    [
        ("diff --stat 1 2", [1]),
        ("land --queue 1 2 --rebase", [1, 2]),
        ("land 1 --patch 2", [0]),
        ("calls --limit 5 3 is:failed", [2]),
        ("say --queue 1 -- 2 more", [1]),
        ("resume 1 --budget 5", [0]),
    ],
)
def test_numbers_that_options_take_are_no_sessions(line: str, places: list[int]):
    verb, *words = line.split()
    assert sessions_among(verb, words) == places


def test_each_thing_that_waits_names_the_line_that_answers_it():
    told = [line for state in rare().states().values() for line in waiting(state)]
    for words in ("resume 1 --done", "resume 2", "approve 4", "answer 5", "approve 6"):
        assert any(words in line for line in told), (words, told)
    failed = SessionState(id="s", name="x", slot=7, status="failed", reason="No such model.")
    assert waiting(failed) == ["x failed: No such model. say 7 what to do"]
    assert any("seen 3" in line for state in yard().states().values() for line in waiting(state))


def test_the_card_leaves_nothing_out_and_choices_have_numbers():
    place = Workspace(path="/w", repository="/home/me/shop", branch="b", base="c")
    state = SessionState(id="s", name="deploy", workspace=place)
    outline = Outline((Command("rm", ("-rf", "/")), Command("ls", ())), 2, reads=("/etc",))
    asked = OpenApproval(
        id=ApprovalId("a"), call=CallId("c"), kind="command", what="rm -rf /\x1b[2K \nls",
        binding=Sha("b"), danger="It removes everything.", outline=outline, why="To begin anew.",
        reasons=("it writes",), folder="/w", level="bubblewrap", seq=1, at_ms=0,
        files=(FileChange("a.py", "changed", 1, 2),), taint=("README.md",),
    )  # fmt: skip
    before = CallLine(
        CallId("b"), state.id, 1, 0, "shell", "make\x1b[2K", "failed", summary="exit 2"
    )
    assert shown(state, asked, [before]) == [
        "DANGER: It removes everything.",
        "deploy asks to run:",
        "    rm -rf /␛[2K␠",
        "    ls",
        "because (it says): To begin anew.",
        "asked since it writes",
        "does: 2 commands: rm, ls; reads /etc",
        "more than this may happen: not all of it could be read",
        "file: a.py +1 -2",
        "before: shell make␛[2K: failed (exit 2)",
        "it had read README.md; nobody vouches for what stands in there",
        "in /w of shop, sandbox: NO SANDBOX",
    ]
    asks = OpenQuestion(ApprovalId("q"), CallId("c"), "Which?", ("EUR", "USD"), 1, 0)
    assert question(state, asks) == ["deploy asks: Which?", "1  EUR", "2  USD"]
    assert [by_number(asks.choices, text) for text in ("2", "usd", "3", "yen")] == [
        "USD", "USD", "3", "yen",
    ]  # fmt: skip
