"""Terminals that draw our marks two cells wide get ASCII; all others keep what they have."""

import pytest

from steerdeck.glyphs import AMBIGUOUS
from steerdeck.output.width import ascii_only, too_wide


@pytest.mark.parametrize(
    ("environ", "plain"),
    [
        ({}, False),
        ({"LANG": "C"}, False),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "C.utf8@euro"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LC_ALL": "C.UTF-8", "LANG": "ja_JP.eucJP"}, False),
        ({"TERM": "linux", "LANG": "C.UTF-8"}, True),
    ],
)
def test_another_character_set_or_a_consoles_small_font_means_ascii(environ, plain):
    assert ascii_only(environ) == plain


def test_only_more_cells_than_marks_are_too_wide():
    assert [too_wide(n) for n in (0, len(AMBIGUOUS), len(AMBIGUOUS) + 1)] == [False, False, True]
