import re

import pytest
from rich.color import ColorType

from steerdeck_themes.colours import ANSI, CONTRAST, CVD, DARK, LIGHT, SHIPPED
from steerdeck_themes.ink import Ink
from steerdeck_themes.palettes import TOKENS, Palette, contrast
from steerdeck_themes.palettes import Token as T
from steerdeck_themes.sheets import styles
from steerdeck_themes.syntax import syntax_token
from steerdeck_themes.wardrobe import Wardrobe, nearest, theme_of

LIT = (DARK, LIGHT, CONTRAST, CVD)
"""The palettes whose colours we choose; the terminal's own are its owner's."""
NAMES = ["dark", "light", "contrast", "cvd"]

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
        "t3": "4.6 5.2 5.7 4.3",
        "accent": "4.9 5.6 6.1 4.6",
        "needs": "5.0 5.7 6.2 4.7",
        "failed": "5.0 5.7 6.1 4.7",
    },
    "steerdeck-contrast": {
        "t0": "21 21 18.4 11.3",
        "t1": "18.8 18.8 16.5 10.1",
        "t2": "13.6 13.6 11.9 7.3",
        "t3": "8.8 8.8 7.7 4.7",
        "accent": "11.2 11.2 9.8 6.0",
        "needs": "14.6 14.6 12.8 7.8",
        "failed": "10.4 10.4 9.2 5.6",
    },
    "steerdeck-cvd": {
        "t0": "16.8 15.7 14.1 10.9",
        "t1": "11.5 10.8 9.6 7.5",
        "t2": "7.1 6.6 5.9 4.6",
        "t3": "5.6 5.2 4.7 3.6",
        "accent": "7.1 6.6 5.9 4.6",
        "needs": "12.0 11.2 10.0 7.8",
        "failed": "7.2 6.7 6.0 4.6",
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
    "steerdeck-contrast": [
        ("needs_ink", "needs_fill", 14.6),
        ("t2", "needs_bg", 9.9),
        ("t1", "add_bg", 14.0),
        ("t0", "add_word", 6.3),
        ("t0", "rem_word", 8.1),
    ],
    "steerdeck-cvd": [
        ("needs_ink", "needs_fill", 11.5),
        ("t2", "needs_bg", 5.8),
        ("t1", "add_bg", 9.5),
        ("t0", "add_word", 7.5),
        ("t0", "rem_word", 7.7),
    ],
}


@pytest.mark.parametrize("palette", LIT, ids=NAMES)
def test_contrast_is_what_the_look_promises(palette: Palette) -> None:
    colours = palette.colours
    grounds: tuple[T, ...] = ("s0", "s1", "s2", "s3")
    for token, row in MEASURED[palette.name].items():
        for ground, promised in zip(grounds, row.split(), strict=True):
            measured = contrast(colours[token], colours[ground])
            assert measured == pytest.approx(float(promised), abs=0.06), (token, ground)
    for text, ground, value in PAIRS[palette.name]:
        assert contrast(colours[text], colours[ground]) == pytest.approx(value, abs=0.06)


@pytest.mark.parametrize("palette", LIT, ids=NAMES)
def test_ink_never_writes_under_a_contrast_of_four_and_a_half(palette: Palette) -> None:
    ink = Ink(palette)
    grounds: tuple[T, ...] = ("s0", "s1", "s2", "s3", "add_bg", "rem_bg", "add_word", "rem_word")
    texts: tuple[T, ...] = ("t0", "t1", "t2", "t3", "accent", "needs", "failed")
    for ground in grounds:
        for text in texts:
            drawn = ink.legible(text, ground)
            value = contrast(palette.colours[drawn], palette.colours[ground])
            assert value >= 4.5, (text, drawn, ground, value)


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
    for palette in SHIPPED:
        assert set(TOKENS) <= set(theme_of(palette).variables)


@pytest.mark.parametrize("palette", LIT, ids=NAMES)
def test_marks_stand_out_three_times_from_their_ground(palette: Palette) -> None:
    marks: tuple[T, ...] = ("working", "done", "failed", "needs", "accent", "add", "rem")
    for mark in marks:
        for ground in ("s0", "s1", "s2"):
            assert contrast(palette.colours[mark], palette.colours[ground]) >= 3, (mark, ground)


def test_added_and_removed_differ_for_eyes_that_see_no_red() -> None:
    for one, other in (("add", "rem"), ("done", "failed"), ("add_word", "rem_word")):
        blue = [int(CVD.colours[token][5:7], 16) for token in (one, other)]
        assert abs(blue[0] - blue[1]) > 60, (one, other)


def test_the_terminals_own_colours_are_never_ours() -> None:
    for depth in ("true", "256", "16"):
        ink = Ink(ANSI, depth)
        for token in TOKENS:
            colour = ink.colour(token)
            assert colour.type in (ColorType.DEFAULT, ColorType.STANDARD), token
        assert ink.style("t1", "s3").reverse


def test_a_theme_of_ones_own_is_read_again_when_it_was_written(tmp_path) -> None:
    wardrobe = Wardrobe(tmp_path)
    assert not wardrobe.reload()
    file = tmp_path / "harbour.toml"
    file.write_text('like = "light"\n[colours]\naccent = "#112233"\n')
    assert wardrobe.reload()
    harbour = wardrobe.find("harbour")
    assert harbour is not None
    assert (harbour.colours["accent"], harbour.colours["s0"]) == ("#112233", "#E9E8E3")
    assert not harbour.dark
    assert wardrobe.after("steerdeck-ansi") is harbour
    assert wardrobe.after("harbour") is DARK
    file.write_text('[colours]\nt1 = "#202020"\n')
    assert wardrobe.reload()
    assert [problem.split(" has ")[0] for problem in wardrobe.problems] == [
        "In the theme harbour t1 on s0",
        "In the theme harbour t1 on s1",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("like = 3", "like must be one of dark, light, contrast, cvd, ansi"),
        ("[colours]\naccent = 'blue'", "accent must be written as #RRGGBB"),
        ("[colours]\nborder = '#112233'", "there is no colour 'border'"),
        ("look = 'dark'", "there is no setting 'look'"),
        ("[", "The theme mine.toml can't be used"),
    ],
)
def test_a_theme_that_is_wrong_says_so_and_the_last_good_one_stays(
    tmp_path, text: str, problem: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[colours]\naccent = "#778899"\n')
    wardrobe = Wardrobe(tmp_path)
    file.write_text(text + " # longer now")
    assert wardrobe.reload()
    assert problem in wardrobe.problems[0]
    kept = wardrobe.find("mine")
    assert kept is not None and kept.colours["accent"] == "#778899"


def test_the_nearest_of_256_is_found_in_the_cube_and_among_the_greys() -> None:
    assert [nearest(c) for c in ("#FF0000", "#5F87AF", "#080808", "#FFFFFF")] == [196, 67, 232, 231]


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
