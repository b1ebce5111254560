import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from steerdeck.output.gate import depth, erases_with_colour, wants_deck
from steerdeck.output.seam import SafeParser


def heard(text: str) -> list[Message]:
    parser = SafeParser()
    return [*(parser.feed(text) if text else ()), *parser.feed("")]


def keys(text: str) -> list[str]:
    return [message.key for message in heard(text) if isinstance(message, events.Key)]


def test_a_kitty_key_with_an_event_type_is_the_key() -> None:
    assert keys("\x1b[97;1:1ub") == ["a", "b"]
    assert keys("\x1b[97;1:2ub") == ["a", "b"]
    assert keys("\x1b[1;1:1Ab") == ["up", "b"]
    assert keys("\x1b[97:65;5ub") == ["ctrl+a", "b"]


def test_the_release_of_a_key_types_nothing() -> None:
    assert keys("\x1b[97;1:3ub") == ["b"]
    assert keys("\x1b[13;1:3ub") == ["b"]


def test_alt_with_any_character_is_one_key_and_types_nothing() -> None:
    assert keys("\x1b.") == ["alt+full_stop"]
    assert keys("\x1b2") == ["alt+2"]
    assert keys("\x1bib") == ["alt+i", "b"]
    assert keys("\x1bL") == ["alt+L"]
    assert keys("\x1b ") == ["alt+space"]


@pytest.mark.parametrize(
    "code",
    ["99999999", "1114112", "999999999999999999999", "55296", "97;1;99999999", "97;9999999999"],
)
def test_a_code_point_out_of_range_is_ignored_whole(code: str) -> None:
    assert keys(f"\x1b[{code}ub") == ["b"]


def test_alt_enter_is_not_enter() -> None:
    assert keys("\x1b\r") == ["alt+enter"]
    assert keys("\r") == ["enter"]
    assert keys("\x1b[13;2u") == ["shift+enter"]


def test_alt_letters_of_readline_are_themselves() -> None:
    assert keys("\x1bb\x1bf") == ["alt+b", "alt+f"]
    assert keys("\x1b[1;5D") == ["ctrl+left"]


def test_a_mouse_report_without_a_sane_place_is_ignored() -> None:
    assert keys("\x1b[<0;99999999999;1Mb") == ["b"]
    resized = "\x1b[48;0;0;0;0t"
    assert keys(f"{resized}\x1b[<0;5;5Mb") == ["b"]


def test_a_paste_is_one_event_whatever_it_holds() -> None:
    pasted = [
        m for m in heard("\x1b[200~one\rtwo \x1b[97;1:3u\x1b[201~x") if type(m).__name__ == "Paste"
    ]
    assert len(pasted) == 1 and isinstance(pasted[0], events.Paste)
    assert pasted[0].text.startswith("one\rtwo ")


@given(st.text("\x1b[;:<0123456789uMmtRA~\r\nx200", max_size=60))
def test_no_input_raises(text: str) -> None:
    heard(text)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        if self.closed:
            raise ValueError("closed")
        return True


@pytest.fixture
def tty() -> Iterator[Terminal]:
    yield Terminal()


def test_the_deck_wants_a_terminal_on_all_three_streams(tty: Terminal) -> None:
    term = {"TERM": "xterm-256color"}
    assert wants_deck(tty, tty, tty, term)
    assert not wants_deck(io.StringIO(), tty, tty, term)
    assert not wants_deck(tty, io.StringIO(), tty, term)
    assert not wants_deck(tty, tty, None, term)
    closed = Terminal()
    closed.close()
    assert not wants_deck(closed, tty, tty, term)


@pytest.mark.parametrize("term", [{}, {"TERM": ""}, {"TERM": "dumb"}, {"TERM": "unknown"}])
def test_a_dumb_terminal_gets_line_mode(tty: Terminal, term: dict[str, str]) -> None:
    assert not wants_deck(tty, tty, tty, term)


def test_the_depth_follows_the_console_and_the_wish_for_no_colour() -> None:
    assert depth("truecolor") == "true"
    assert depth("256") == "256"
    assert depth("256", no_color=True) == "none"
    assert erases_with_colour({"TERM": "xterm-256color"})
    assert not erases_with_colour({"TERM": "screen"})
