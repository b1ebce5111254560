import re

import pytest
from rich.color import ColorType

from steerdeck_themes.ink import Ink
from steerdeck_themes.palettes import DARK, LIGHT, PALETTES, THEMES, TOKENS, Palette, contrast
from steerdeck_themes.palettes import Token as T
from steerdeck_themes.sheets import styles
from steerdeck_themes.syntax import syntax_token

MEASURED: dict[str, dict[T, str]] = {
    "steerdeck-dark": {
        "t0": "16.8 15.7 14.1 11.1",
        "t1": "11.5 10.8 9.6 7.6",
        "t2": "7.1 6.6 5.9 4.7",
        "t3": "5.6 5.2 4.7 3.7",
        "accent": "9.0 8.4 7.6 6.0",
        "needs": "10.3 9.6 8.6 6.8",
        "failed": "7.5 7.0 6.3 5.0",
    },
    "steerdeck-light": {
        "t0": "14.4 16.3 17.7 13.5",
        "t1": "8.9 10.0 10.9 8.3",
        "t2": "5.1 5.8 6.3 4.8",
        "t3": "4.5 5.1 5.5 4.2",
        "accent": "4.9 5.6 6.1 4.6",
        "needs": "5.0 5.7 6.2 4.7",
        "failed": "5.0 5.7 6.1 4.7",
    },
}
PAIRS: dict[str, list[tuple[T, T, float]]] = {
    "steerdeck-dark": [
        ("needs_ink", "needs_fill", 10.1),
        ("t2", "needs_bg", 5.9),
        ("t1", "add_bg", 9.8),
        ("t0", "add_word", 8.0),
        ("t0", "rem_word", 9.2),
    ],
    "steerdeck-light": [
        ("needs_ink", "needs_fill", 9.5),
        ("t2", "needs_bg", 5.6),
        ("t1", "add_bg", 9.4),
        ("t0", "add_word", 11.9),
        ("t0", "rem_word", 10.7),
    ],
}


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_contrast_is_what_the_look_promises(palette: Palette) -> None:
    colours = palette.colours
    grounds: tuple[T, ...] = ("s0", "s1", "s2", "s3")
    for token, row in MEASURED[palette.name].items():
        for ground, promised in zip(grounds, row.split(), strict=True):
            measured = contrast(colours[token], colours[ground])
            assert measured == pytest.approx(float(promised), abs=0.06), (token, ground)
    for text, ground, value in PAIRS[palette.name]:
        assert contrast(colours[text], colours[ground]) == pytest.approx(value, abs=0.06)


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_ink_never_writes_under_a_contrast_of_four_and_a_half(palette: Palette) -> None:
    ink = Ink(palette)
    grounds: tuple[T, ...] = ("s0", "s1", "s2", "s3", "add_bg", "rem_bg", "add_word", "rem_word")
    texts: tuple[T, ...] = ("t0", "t1", "t2", "t3", "accent", "needs", "failed")
    for ground in grounds:
        for text in texts:
            drawn = ink.legible(text, ground)
            value = contrast(palette.colours[drawn], palette.colours[ground])
            assert value >= 4.45, (text, drawn, ground, value)


def test_a_terminal_of_256_colours_gets_the_hand_chosen_index() -> None:
    style = Ink(DARK, "256").style("working", "s1")
    assert style.color is not None and style.bgcolor is not None
    assert (style.color.type, style.color.number) == (ColorType.EIGHT_BIT, 116)
    assert style.bgcolor.number == 234
    assert Ink(DARK, "256").legible("t2", "s3") == "t1"
    assert Ink(LIGHT, "256").legible("t2", "s3") == "t2"


def test_another_palette_changes_every_style_at_run_time() -> None:
    ink = Ink(DARK)
    before, version = ink.style("t1", "s1"), ink.version
    assert ink.style("t1", "s1") is before
    ink.use(LIGHT)
    assert ink.style("t1", "s1") != before
    assert ink.version != version


def test_every_token_is_a_variable_of_every_theme() -> None:
    assert [theme.name for theme in THEMES] == list(PALETTES)
    for theme in THEMES:
        assert set(TOKENS) <= set(theme.variables)


def test_style_sheets_name_tokens_and_no_colour() -> None:
    sheets = styles()
    assert sheets[0].name == "foundation.tcss"
    for sheet in sheets:
        text = sheet.read_text()
        assert not re.search(r":[^;{]*#[0-9a-fA-F]{3,8}", text), sheet.name
        assert "border" not in text, sheet.name
        assert "ansi_" not in text, sheet.name


def test_syntax_falls_back_to_the_nearest_kind() -> None:
    assert syntax_token("Literal.String.Doc") == "str"
    assert syntax_token("Literal.Number.Integer") == "num"
    assert syntax_token("Keyword.Namespace") == "kw"
    assert syntax_token("Name.Function") == "t1"
