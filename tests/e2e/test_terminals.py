"""The deck and the terminal it stands in: given back whatever ends it, usable at every size."""

import os
import shlex
import signal
from pathlib import Path

import pytest

pytest.importorskip("pyte", reason="a screen is needed to look at: install pyte")

from kit.command import PROGRAM, demos, facts, home_of, of_kind, runtime_pid
from kit.repositories import plain
from kit.terminal import Terminal
from steerdeck_agents.facts import events as e

SIZES = ((40, 12), (60, 20), (80, 24), (120, 30), (200, 50))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return plain(tmp_path / "repository")


def shows_keys(screen: str) -> bool:
    """Whether the last row that holds anything names keys that work now."""
    last = screen.rstrip().rpartition("\n")[2]
    return any(key in last for key in ("Ctrl+P", "F1 keys", "? keys", "Esc"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_deck_and_gives_the_terminal_back(
    base: Path, repository: Path, number: signal.Signals
):
    with Terminal([PROGRAM], folder=repository) as deck:
        deck.wait_for("No model yet")
        deck.signal(number)
        assert deck.wait_end() == 128 + number
        assert deck.left_on() == []


def test_after_kill_nine_the_next_deck_gives_the_terminal_back(base: Path, repository: Path):
    command = f"{shlex.quote(PROGRAM)} -C {shlex.quote(str(repository))}"
    environ = {**os.environ, "PS1": "prompt> ", "BASH_SILENCE_DEPRECATION_WARNING": "1"}
    # Without its own line editor, which switches bracketed paste on at each prompt.
    plain = ["bash", "--norc", "--noprofile", "--noediting"]
    with Terminal(plain, environ=environ) as shell:
        shell.wait_for("prompt>")
        shell.send(f"{command} & echo pid=$!; fg\n")
        shell.wait_for("No model yet")
        pid = int(shell.sent.split(b"pid=")[-1].split()[0])
        runtime = runtime_pid(home_of(base))
        os.kill(pid, signal.SIGKILL)
        shell.wait_for("Killed")
        assert "alternate screen" in shell.left_on()
        shell.send("clear\n")
        shell.wait_gone("No model yet")
        shell.send(f"{command}\n")
        shell.wait_for("F1 keys")
        shell.press("ctrl+c")
        shell.wait_for("Ctrl+C again")
        shell.press("ctrl+c")
        shell.wait_for("brings the deck back")
        assert shell.left_on() == []
        assert runtime_pid(home_of(base)) == runtime is not None
        shell.send("exit\n")
        assert shell.wait_end() == 0


def test_a_terminal_that_goes_away_ends_the_deck_and_not_the_runtime(base: Path, repository: Path):
    with Terminal([PROGRAM], folder=repository) as deck:
        deck.wait_for("No model yet")
        runtime = runtime_pid(home_of(base))
        deck.hang_up()
        assert deck.child.wait(20) == 129
        assert runtime_pid(home_of(base)) == runtime is not None


def test_the_next_deck_begins_with_the_last_frame_of_this_one(base: Path, repository: Path):
    for number in range(2):
        with Terminal([PROGRAM], folder=repository) as deck:
            deck.wait_for("No model yet")
            if number:
                deck.press("typed ahead")
            # The frame comes first and alone; what Textual says to a terminal comes after it.
            deck.wait_for(lambda _, deck=deck: b"\x1b[?1004h" in deck.sent)
            before = deck.sent.partition(b"\x1b[?1004h")[0]
            assert (b"No model yet" in before) == (number == 1)
            assert deck.sent.count(b"\x1b[?1049h") == 1
            if number:
                deck.wait_for("› typed ahead")
                deck.press("ctrl+c")
            deck.wait_for("Say what should change")
            deck.press("ctrl+c")
            deck.wait_for("Ctrl+C again")
            deck.press("ctrl+c")
            assert deck.wait_end() == 0
            assert deck.left_on() == []


def test_a_console_of_sixteen_colours_gets_its_own_and_plain_signs(base: Path, repository: Path):
    environ = {**os.environ, "TERM": "linux"}
    environ.pop("COLORTERM", None)
    with Terminal([PROGRAM], folder=repository, environ=environ) as deck:
        deck.wait_for("No model yet")
        deck.press("f8")
        deck.wait_for("16 colours")
        assert b"38;2;" not in deck.sent and b"48;2;" not in deck.sent
        assert b"38;5;" not in deck.sent and b"48;5;" not in deck.sent
        assert deck.screen().isascii()


def test_every_size_keeps_keys_in_sight_and_what_was_typed(base: Path):
    with Terminal([PROGRAM, "demo"], columns=40, rows=12) as deck:
        deck.wait_for("fix-rounding")
        deck.wait_for(shows_keys)
        deck.press("keep this")
        deck.wait_for("keep this")
        for columns, rows in (*SIZES, *reversed(SIZES)):
            deck.resize(columns, rows)
            deck.wait_for(
                lambda screen: (
                    shows_keys(screen) and "keep this" in screen and "fix-rounding" in screen
                )
            )
        deck.press("f2")
        deck.wait_for("? keys")
        for columns, rows in SIZES:
            deck.resize(columns, rows)
            deck.wait_for(lambda screen: shows_keys(screen) and "keep this" in screen)
        deck.resize(1, 1)
        deck.resize(80, 24)
        deck.wait_for(lambda screen: shows_keys(screen) and "keep this" in screen)
        deck.press("ctrl+c")
        deck.wait_for("Ctrl+C again")
        deck.press("ctrl+c")
        assert deck.wait_end() == 0
        assert deck.left_on() == []


def test_two_decks_see_one_runtime_and_early_keys_answer_nothing(base: Path):
    with Terminal([PROGRAM, "demo"]) as one:
        one.wait_for("2 in the inbox")
        (where,) = demos(base)
        with Terminal([PROGRAM, "demo"], columns=80, rows=24) as two:
            two.wait_for("asks")
            assert len(demos(base)) == 1
            # All at once, so faster than the 400 ms that a card must have been in view.
            two.send("\x1b.1111ysyn")
            two.wait_for("leave it waiting")
            two.wait_for("answer")
            assert of_kind(facts(where), e.QuestionAnswered, e.ApprovalDecided) == []
            # The answer brings up the next card, and the keys behind it come too early for that.
            two.send("1yyyyss")
            two.wait_for("once")
            assert of_kind(facts(where), e.ApprovalDecided) == []
            assert len(of_kind(facts(where), e.QuestionAnswered)) == 1
            one.wait_gone("currency asks you")
            two.press("y")
            one.wait_for("✓ 4 done")
            (decided,) = of_kind(facts(where), e.ApprovalDecided)
            assert decided.decision == "allow"


def test_without_a_screen_the_demo_speaks_in_lines(base: Path):
    dumb = {**os.environ, "TERM": "dumb"}
    with Terminal([PROGRAM, "demo"], environ=dumb) as lines:
        lines.wait_for("fix-rounding   runs")
        assert b"\x1b" not in lines.sent
        lines.press("ctrl+c")
        assert lines.wait_end() == 130
    (where,) = demos(base)
    assert runtime_pid(where) is None
