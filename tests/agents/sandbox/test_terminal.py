"""What was sent to a terminal, as the text that stood there."""

import pytest

from steerdeck_agents.sandbox.terminal import begun, plain


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("plain\ttext é 日本\n", "plain\ttext é 日本\n"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("\x1b[1;31mred\x1b[0m \x1b[38;2;1;2;3mrgb\x1b[m", "red rgb"),
        ("10%\r50%\r100%\ndone", "100%\ndone"),
        ("long line\rshort", "shortline"),
        ("long line\r\x1b[Kshort", "short"),
        ("abc\b\bX", "aXc"),
        ("secret\x1b[2K\rclean", "clean"),
        ("ab\x1b[3Dxy\x1b[Cz", "xy z"),
        ("ab\x1b[5Gx", "ab  x"),
        ("\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "textlink"),
        ("\x1b[2J\x1b[H\x1b[?25lhome\x1b(B\x1b=\x1b>", "home"),
        ("bell\x07 nul\x00 del\x7f c1\x85", "bell nul del c1"),
        ("\x1b[999999999Cx", " x"),
        ("\x1bPq#0;2;0;0;0\x1b\\after", "after"),
        ("\x1b]0;never closed", ""),
        ("end\x1b", "end"),
        ("", ""),
    ],
)
def test_sequences_are_followed_in_their_line_and_taken_out(sent: str, seen: str) -> None:
    assert plain(sent) == seen


@pytest.mark.parametrize(
    ("sent", "waits"),
    [
        (b"text", 0), (b"a\x1b", 1), (b"a\x1b[3", 3), (b"a\x1b[31m", 0), (b"\x1b]0;ti", 6),
        (b"\x1b]0;ti\x07", 0), (b"\x1b(", 2), (b"\x1b]0;ti\x1b", 7), (b"\x1b[?25l", 0),
    ],
)  # fmt: skip
def test_a_sequence_that_is_not_whole_is_known(sent: bytes, waits: int) -> None:
    assert begun(sent) == waits
