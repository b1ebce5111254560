"""The one sanitiser against a corpus of hostile text: nothing foreign reaches an output (law 9)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steerdeck_agents.facts.inert import inert, one_line

ESC, BEL, ST, CSI, OSC, DCS = "\x1b", "\x07", "\x1b\\", "\x9b", "\x9d", "\x90"

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ZERO_WIDTH = "\u00ad\u034f\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u180e"
BLANK_LETTERS = "\u115f\u1160\u3164\uffa0\u17b4\u17b5"
IGNORABLE = [
    0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810),
    *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164,
    *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0, *range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000),
]  # fmt: skip
"""Unicode's Default_Ignorable_Code_Point: characters that draw nothing."""

CORPUS: dict[str, list[str]] = {
    "colours and movement": [
        f"{ESC}[31mred{ESC}[0m", f"{ESC}[1;38;2;1;2;3mx", f"{ESC}[2J", f"{ESC}[H", f"{ESC}[10;20H",
        f"{ESC}[1A", f"{ESC}[999D", f"{ESC}[K", f"{ESC}[3J", f"{ESC}[1;1r", f"{ESC}[5S",
        f"{ESC}[4:3m", f"{ESC}[38:5:1m", f"{ESC}[ q", f"{ESC}[1$r", f"{ESC}[!p",
    ],
    "modes": [
        f"{ESC}[?1049h", f"{ESC}[?25l", f"{ESC}[?1000h", f"{ESC}[?1003h", f"{ESC}[?2004l",
        f"{ESC}[?2026h", f"{ESC}[?1004h", f"{ESC}[>4;2m", f"{ESC}[=1;1u", f"{ESC}[20h",
    ],
    "reports typed back": [
        f"{ESC}[6n", f"{ESC}[c", f"{ESC}[>c", f"{ESC}[=c", f"{ESC}[5n", f"{ESC}[21t", f"{ESC}[18t",
        f"{ESC}Z", f"{DCS}$q\"p{ST}", f"{ESC}P+q544e{ST}", "\x05",
    ],
    "operating system commands": [
        f"{ESC}]0;title{BEL}", f"{ESC}]2;title{ST}", f"{ESC}]52;c;cm0gLXJmIC8={BEL}",
        f"{ESC}]52;c;?{ST}", f"{ESC}]8;;https://bank.example{ST}click{ESC}]8;;{ST}",
        f"{ESC}]9;note{BEL}", f"{ESC}]777;notify;a;b{BEL}", f"{ESC}]10;?{BEL}", f"{ESC}]4;1;?{BEL}",
        f"{ESC}]1337;File=inline=1:AAAA{BEL}", f"{ESC}]50;font{BEL}", f"{ESC}]7;file:///{BEL}",
        f"{ESC}]133;A{ST}", f"{ESC}]104{BEL}", f"{ESC}]52;c;never ended", f"{ESC}]",
    ],
    "strings": [
        f"{ESC}Pq#0;2;0;0;0~{ST}", f"{ESC}P1;1|00/41{ST}", f"{ESC}^private{ST}", f"{ESC}Xstart{ST}",
        f"{ESC}_Gf=24;AAAA{ST}", f"{ESC}_never ended", f"{ESC}Ptmux;{ESC}{ESC}]52;c;eA=={BEL}{ST}",
        f"{ESC}kscreen title{ST}",
    ],
    "short sequences": [
        f"{ESC}c", f"{ESC}7", f"{ESC}8", f"{ESC}M", f"{ESC}D", f"{ESC}E", f"{ESC}H", f"{ESC}(0lqk",
        f"{ESC})B", f"{ESC}#8", f"{ESC}%G", f"{ESC}=", f"{ESC}>", f"{ESC}N", f"{ESC}O", f"{ESC}n",
        ESC, f"{ESC}{ESC}", f"text{ESC}", f"{ESC}[", f"{ESC}[31", f"{ESC}\n[31m",
    ],
    "eight bits": [
        f"{CSI}31m", f"{CSI}2J", f"{OSC}52;c;eA=={BEL}", f"{OSC}0;t\x9c", f"{DCS}q\x9c", "\x84",
        "\x85", "\x88", "\x8d", "\x8e", "\x8f", "\x98x\x9c", "\x9a", "\x9ex\x9c", "\x9fx\x9c",
    ],
    "single controls": [
        "\x00", "a\x00b", "\x01", "\x02", "\x03", "\x04", "\x06", BEL, "\x08", "safe\x08\x08rm",
        "\t", "\x0b", "\x0c", "\r", "rm -rf /\rls       ", "a\r\nb", "\x0e", "\x0f", "\x10", "\x11",
        "\x13", "\x14", "\x16", "\x17", "\x18", "\x19", "\x1a", "\x1c", "\x1d", "\x1e", "\x1f",
        "\x7f",
    ],
    "direction": [*BIDI, "admin\u202e // check\u2066", "\u2067abc\u2069\u2066def"],
    "no width": [
        *ZERO_WIDTH, *BLANK_LETTERS, "rm\u200b -rf", "l\u00ads", "a\ufe0fb", "\U000e0041\U000e0042",
        "\U000e0100", "\ufff9a\ufffab\ufffb", "\u200d" * 500,
    ],
    "line breaks": ["a\u2028b", "a\u2029b", "a\x85b", "a\x0bb"],
    "surrogates": ["\ud800", "\udfff", "a\udc80b", "\ud83d", "\ude00\ud83d"],
    "nested": [
        f"{ESC}[{ESC}[31m31m", f"{ESC}{ESC}[0m[31mx", f"{ESC}]0;{ESC}[2J{BEL}",
        f"{ESC}]0;{'x' * 5000}{BEL}", f"{ESC}[{'1;' * 500}m", f"{ESC}{ESC}]8;;{ST}]52;c;eA=={BEL}",
    ],
}  # fmt: skip
HOSTILE = [
    pytest.param(text, id=f"{kind}-{at}") for kind, texts in CORPUS.items() for at, text in
    enumerate(texts)
]  # fmt: skip
ANY_CHARACTER = st.text(
    st.sampled_from([ESC, BEL, CSI, OSC, DCS, "[", "]", ";", "m", "\\", "\n", "\r", "é", "日", " "])
    | st.characters(min_codepoint=0, max_codepoint=0x10FFFF, categories=None)
)


def foreign(text: str) -> list[str]:
    """The characters that control, turn, hide or break a line, apart from newlines."""
    return [
        f"U+{ord(character):04X}"
        for character in text
        if character != "\n"
        and (
            unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
            or character in BIDI + ZERO_WIDTH + BLANK_LETTERS
            or 0xFE00 <= ord(character) < 0xFE10
            or 0xFFF9 <= ord(character) < 0xFFFC
            or 0xE0000 <= ord(character) < 0xE0080
            or 0xE0100 <= ord(character) < 0xE01F0
        )
    ]


def test_the_corpus_is_large_and_all_of_it_is_hostile():
    texts = [text for kind in CORPUS.values() for text in kind]

    assert len(texts) == len(set(texts)) >= 100
    assert not [text for text in texts if not foreign(text)]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("sequences", ["mark", "drop"])
def test_nothing_foreign_is_left(text: str, sequences: str):
    clean = inert(text, sequences=sequences)

    assert foreign(clean) == []
    assert inert(clean, sequences=sequences) == clean
    assert clean.encode().decode() == clean


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_foreign_is_left_on_one_line(text: str):
    line = one_line(f"a{text}b")

    assert foreign(line) == []
    assert "\n" not in line


@given(ANY_CHARACTER)
def test_any_text_is_made_harmless_once(text: str):
    clean = inert(text)

    assert foreign(clean) == []
    assert inert(clean) == clean
    assert clean.count("\n") == text.count("\n")


@given(ANY_CHARACTER)
def test_dropping_sequences_leaves_nothing_foreign_either(text: str):
    clean = inert(text, sequences="drop")

    assert foreign(clean) == []
    assert inert(clean, sequences="drop") == clean


@given(st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters=BLANK_LETTERS)))
def test_words_of_any_language_are_left_as_they_are(text: str):
    assert inert(text) == text


def test_hostile_text_stays_visible_in_an_approval():
    assert inert("ls\x1b[2K\rrm -rf /\u202e#\x00\x7f\x9b\ud800") == (
        "ls␛[2K␍rm -rf /⟨U+202E⟩#␀␡⟨9B⟩⟨surrogate⟩"
    )


def test_no_two_controls_look_alike():
    marks = [inert(chr(code)) for code in [*range(9), *range(10, 0xA0), *map(ord, BIDI)]]

    assert len(set(marks)) == len(marks)


def test_newlines_stay_and_tabs_become_four_blanks():
    assert inert("a\tb\n\n\tc\n") == "a    b\n\n    c\n"


def test_colours_of_a_command_can_be_dropped_whole():
    assert inert(
        "\x1b[1;31mFAILED\x1b[0m a\r\nb\x1b]0;t\x07\x1b]8;;u\x1b\\c", sequences="drop"
    ) == ("FAILED a\nbc")


def test_a_sequence_put_together_by_dropping_another_is_marked():
    assert inert("\x1b\x1b[0m[31mx", sequences="drop") == "␛[31mx"


def test_a_sequence_that_never_ends_hides_nothing():
    assert inert("\x1b]52;c;never\nrm -rf /", sequences="drop") == "␛]52;c;never\nrm -rf /"
    assert "rm -rf /" in inert(f"\x1b]0;{'x' * 9000}rm -rf /\x07", sequences="drop")


def test_plain_text_is_handed_back_as_it_is():
    text = "plain ASCII\nwith newlines ~!@" * 1000

    assert inert(text) is text


def test_one_line_folds_blanks_and_says_where_it_cuts():
    assert one_line("  a\n\tb   c ") == "a b c"
    assert one_line("x" * 400) == "x" * 400
    assert one_line("x" * 401) == "x" * 399 + "…"
    assert one_line("abcdef", limit=4) == "abc…"


def test_every_character_that_draws_nothing_is_marked():
    assert not [f"U+{code:04X}" for code in IGNORABLE if inert(chr(code)) == chr(code)]


def test_blanks_hide_nothing_behind_one_line():
    assert one_line("ls" + " " * 5000 + "; rm -rf /").endswith(("…", "; rm -rf /"))
