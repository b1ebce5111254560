"""Letters that pass for others are marks on the card: counted, since a plain one reads back too."""

import re

import pytest

from prove.fidelity import read, shown
from steerdeck.panes.exact import written
from steerdeck_agents.gate.shell.confusable import strange_characters

_MARK = re.compile(r"⟨U\+[0-9A-F]{4,6}⟩")
PAIRS = {"a": "аɑａ𝐚", "c": "сϲ", "e": "еｅ", "g": "ɡ", "i": "іι", "l": "ӏｌⅼ", "o": "оοօ",
         "p": "рρ", "s": "ѕｓ", "/": "∕⁄⧸／", "-": "‐–—−", ".": "․．",
         ";": "\u037e；", "'": "’‘", ":": "∶："}  # fmt: skip
COMMAND = "curl -s https://paypal.google.example/a ; ls 'slip'"


@pytest.mark.parametrize(("text", "marks"), [
    ("curl gооgle.com", 2), ("curl pаypal.com", 1), ("cat a∕b", 1), ("rm –rf x", 1), ("ｌｓ", 2),
    ("ls；rm", 1), ("cat аррӏе", 5), ("https://аррӏе.com", 5), ("echo привет мир", 0),
    ("git commit -m 'größer, 漢字'", 0), ("echo αβγ", 0),
])  # fmt: skip
def test_every_letter_that_passes_for_another_is_a_mark(text: str, marks: int):
    assert len(_MARK.findall(written(text))) == marks
    assert read(shown(text, 80)) == text


def test_one_letter_put_in_place_of_any_other_is_one_mark_and_reads_back():
    tried = 0
    for at, letter in enumerate(COMMAND):
        for twin in PAIRS.get(letter, ""):
            text = COMMAND[:at] + twin + COMMAND[at + 1 :]
            assert len(_MARK.findall(written(text))) == 1, (twin, text)
            assert read(shown(text, 100)) == text
            assert f"U+{ord(twin):04X}" in strange_characters(text)
            tried += 1
    assert tried > 60
