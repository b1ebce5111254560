import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pyte
import pytest

APP = Path(__file__).with_name("small_deck.py")
COLUMNS, LINES = 90, 24
_ASKED = re.compile(rb"\x1b\[2;(\d+)H\x1b\[6n")


class Terminal:
    """The app in a pseudo-terminal, and the screen a person would see."""

    def __init__(self, **environ: str) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)
        self.sent = b""
        self.asked = 0
        self.child = pexpect.spawn(
            sys.executable,
            [str(APP)],
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environ},
            dimensions=(LINES, COLUMNS),
            timeout=20,
        )

    def see(self, text: str) -> None:
        """Wait until the text is on the screen."""
        while text not in "\n".join(self.screen.display):
            try:
                self.take(self.child.read_nonblocking(65536, timeout=20))
            except pexpect.EOF:
                raise AssertionError("\n".join(self.screen.display)) from None

    def take(self, data: bytes) -> None:
        self.sent += data
        self._answer()
        # pyte prints what it does not know of kitty's protocol and DCS
        self.stream.feed(data.replace(b"\x1b[>25u", b"").replace(b"\x1b[<u", b""))

    def rest(self) -> None:
        """Read until the app is gone."""
        while True:
            try:
                self.take(self.child.read_nonblocking(65536, timeout=20))
            except pexpect.EOF:
                break
        self.child.close()

    def settle(self) -> None:
        """Read, and answer what is asked for the cursor, until nothing comes for a while."""
        while True:
            try:
                self.take(self.child.read_nonblocking(65536, timeout=0.7))
            except pexpect.TIMEOUT:
                break

    def _answer(self) -> None:
        for asked in _ASKED.finditer(self.sent, self.asked):
            self.asked = asked.end()
            self.child.send(b"\x1b[2;%sR" % asked[1])

    def cells(self) -> list[list[tuple[object, ...]]]:
        """What is seen of each cell: a blank shows its ground."""
        buffer = self.screen.buffer
        return [
            [
                (cell.data, cell.bg)
                if cell.data == " " and not cell.reverse
                else (cell.data, cell.fg, cell.bg, cell.bold, cell.italics, cell.reverse)
                for cell in (buffer[y][x] for x in range(COLUMNS))
            ]
            for y in range(1, LINES)
        ]


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.child.close(force=True)


def restored(sent: bytes) -> bool:
    """Whether the alternate screen, the mouse, the paste mode were left and the cursor shown."""
    after = sent[sent.rfind(b"\x1b[?1049h") :]
    pairs = ((b"\x1b[?1000h", b"\x1b[?1000l"), (b"\x1b[?25l", b"\x1b[?25h"))
    return (
        b"\x1b[?1049l" in after
        and b"\x1b[?2004l" in after
        and all(after.rfind(off) > after.rfind(on) for on, off in pairs)
    )


def test_what_crashed_the_stock_driver_is_one_ignored_key(terminal: Terminal) -> None:
    terminal.see("[ready]")
    for number, input in enumerate(
        (b"\x1b[97;1:3u", b"\x1b[99999999u", b"\xff\xfe", b"\x1b[<0;9999999999;1M")
    ):
        terminal.child.send(input + f"ok{number}".encode())
        terminal.see(f"ok{number}")
    terminal.child.send(b"\x1b\r" + b"second line")
    terminal.see("second line")
    assert any(row.strip(" ▌") == "second line" for row in terminal.screen.display)
    terminal.child.send(b"\r")
    terminal.see("[steer 'ok0ok1")
    assert "\\nsecond line" in terminal.screen.display[0]


def test_a_paste_comes_in_whole_and_submits_nothing(terminal: Terminal) -> None:
    terminal.see("[ready]")
    terminal.child.send(b"\x1b[200~one\r\ntwo \x1b]0;owned\x07\rthree\x1b[201~")
    terminal.see("three")
    assert "[ready]" in terminal.screen.display[0]
    assert terminal.screen.title != "owned"
    terminal.child.send(b"\t")
    terminal.see("[queue ")
    assert "one\\ntwo \\x1b]0;owned\\x07\\nthree" in terminal.screen.display[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_gives_the_terminal_back(terminal: Terminal, number: signal.Signals) -> None:
    terminal.see("[ready]")
    terminal.child.kill(number)
    terminal.rest()
    assert restored(terminal.sent)
    assert terminal.child.exitstatus == 128 + number


def test_a_terminal_that_goes_away_ends_the_app_in_the_middle_of_a_stream() -> None:
    terminal = Terminal()
    terminal.see("[ready]")
    terminal.child.send(b"\x1b[15~")
    terminal.see("Step")
    pid = terminal.child.pid
    os.close(terminal.child.child_fd)
    assert pid is not None
    _, status = os.waitpid(pid, 0)
    terminal.child.terminated = True
    assert os.waitstatus_to_exitcode(status) == 129


def test_every_cell_after_a_stream_is_what_a_full_repaint_shows(terminal: Terminal) -> None:
    terminal.see("[ready]")
    terminal.child.send(b"\x1b[15~" + b"some words")
    terminal.see("[full]")
    before = terminal.cells()
    terminal.child.send(b"\x1b[18~")
    terminal.see("[redrawn]")
    assert terminal.cells() == before
    assert any("日本語" in row.replace(" ", "") for row in terminal.screen.display)


@pytest.mark.parametrize("inside", ["", "x"], ids=["ssh", "lean"])
def test_over_a_line_every_cell_is_in_the_end_what_a_full_repaint_shows(inside: str) -> None:
    terminal = Terminal(SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22", TMUX=inside)
    try:
        terminal.see("[ready]")
        terminal.child.send(b"\x1b[15~" + b"some words")
        terminal.see("some words")
        terminal.see("Step 1")
        terminal.child.send(b"\x1b[17~")
        terminal.see("[stopped]")
        terminal.settle()
        assert terminal.asked > 3
        before = terminal.cells()
        terminal.child.send(b"\x1b[18~")
        terminal.see("[redrawn]")
        terminal.settle()
        assert terminal.cells() == before
    finally:
        terminal.child.close(force=True)


def test_rows_past_the_compositor_stay_true_while_the_screen_is_laid_out_anew(
    terminal: Terminal,
) -> None:
    terminal.see("[ready]")
    terminal.child.send(b"\x1b[15~")
    for word in (b"one", b"two", b"three"):
        terminal.child.send(word + b"\x1b\r")
        terminal.see(word.decode())
    terminal.child.send(b"\x7f\x7f\x7f" + b"end")
    terminal.see("[full]")
    before = terminal.cells()
    terminal.child.send(b"\x1b[18~")
    terminal.see("[redrawn]")
    assert terminal.cells() == before


def test_another_theme_repaints_every_colour(terminal: Terminal) -> None:
    terminal.see("[ready]")
    assert terminal.screen.buffer[5][5].bg == "141920"
    terminal.child.send(b"\x1b[19~x")
    terminal.see("x")
    terminal.child.send(b"\x1b[18~")
    terminal.see("[redrawn]")
    assert terminal.screen.buffer[5][5].bg == "f7f6f2"


def test_a_terminal_that_draws_marks_two_cells_wide_gets_ascii(terminal: Terminal) -> None:
    terminal.see("[ready]")
    assert not any("●" in row for row in terminal.screen.display)
    terminal.child.send(b"\x1b[1;37R" + b"x")
    terminal.see("[ascii *]")
    terminal.see("x")
    assert any(row.strip(" |") == "> x" for row in terminal.screen.display)


def test_a_terminal_that_draws_marks_one_cell_wide_keeps_them(terminal: Terminal) -> None:
    terminal.see("[ready]")
    terminal.child.send(b"\x1b[1;19R" + b"x")
    terminal.see("x")
    assert "[ready]" in terminal.screen.display[0]


def test_a_terminal_of_256_colours_gets_the_chosen_indices() -> None:
    terminal = Terminal(COLORTERM="")
    try:
        terminal.see("[ready]")
        assert b"48;5;234" in terminal.sent and b"48;2;" not in terminal.sent
    finally:
        terminal.child.close(force=True)


def test_without_colour_nothing_is_coloured() -> None:
    terminal = Terminal(NO_COLOR="1")
    try:
        terminal.see("[ready]")
        assert b"8;2;" not in terminal.sent and b"8;5;" not in terminal.sent
    finally:
        terminal.child.close(force=True)
