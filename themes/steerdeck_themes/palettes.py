"""The palettes as data: every colour of Steerdeck, by token, with its hand-chosen 256-colour index.

Widgets and style sheets name tokens, never colours. The index beside each colour is sent to
terminals with 256 colours, because the nearest match of such dark tones glares.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from textual.theme import Theme

Token = Literal[
    "s0", "s1", "s2", "s3", "line", "t0", "t1", "t2", "t3", "accent", "ink",
    "needs", "needs_fill", "needs_ink", "needs_bg", "working", "done", "failed", "failed_bg",
    "add", "add_bg", "add_word", "rem", "rem_bg", "rem_word", "kw", "str", "num", "com",
]  # fmt: skip
TOKENS: tuple[Token, ...] = get_args(Token)


@dataclass(frozen=True)
class Palette:
    """One theme: `colours` maps a token to `#RRGGBB`, `indices` to its place among the 256."""

    name: str
    dark: bool
    colours: Mapping[Token, str]
    indices: Mapping[Token, int]


def _palette(name: str, dark: bool, rows: Mapping[Token, tuple[str, int]]) -> Palette:
    return Palette(
        name,
        dark,
        {token: rows[token][0] for token in TOKENS},
        {token: rows[token][1] for token in TOKENS},
    )


DARK = _palette(
    "steerdeck-dark",
    True,
    {
        "s0": ("#0D1116", 233),
        "s1": ("#141920", 234),
        "s2": ("#1C232C", 236),
        "s3": ("#293543", 238),
        "line": ("#2C3642", 239),
        "t0": ("#EEF2F6", 255),
        "t1": ("#C2CBD5", 251),
        "t2": ("#93A0AE", 247),
        "t3": ("#808D9A", 245),
        "accent": ("#86B6F5", 111),
        "ink": ("#0D1116", 233),
        "needs": ("#F4B350", 215),
        "needs_fill": ("#F4B350", 215),
        "needs_ink": ("#1B1203", 233),
        "needs_bg": ("#2A2113", 236),
        "working": ("#8CC5CB", 116),
        "done": ("#86C294", 114),
        "failed": ("#F5827A", 210),
        "failed_bg": ("#2D1B1E", 236),
        "add": ("#93CFA3", 115),
        "add_bg": ("#13251D", 235),
        "add_word": ("#21523A", 22),
        "rem": ("#EDA19B", 217),
        "rem_bg": ("#2B181C", 235),
        "rem_word": ("#66302F", 52),
        "kw": ("#A9BEE6", 147),
        "str": ("#B2C8A0", 150),
        "num": ("#DDBF94", 180),
        "com": ("#808D9A", 245),
    },
)

LIGHT = _palette(
    "steerdeck-light",
    False,
    {
        "s0": ("#E9E8E3", 254),
        "s1": ("#F7F6F2", 255),
        "s2": ("#FFFFFF", 231),
        "s3": ("#D6E2F3", 189),
        "line": ("#CFCDC5", 250),
        "t0": ("#14191F", 233),
        "t1": ("#353E48", 237),
        "t2": ("#57616B", 240),
        "t3": ("#626A73", 241),
        "accent": ("#1D5FC2", 25),
        "ink": ("#FFFFFF", 231),
        "needs": ("#8F5300", 94),
        "needs_fill": ("#F5B140", 215),
        "needs_ink": ("#241600", 233),
        "needs_bg": ("#FFF0D2", 230),
        "working": ("#14707A", 23),
        "done": ("#24713D", 22),
        "failed": ("#B92B22", 124),
        "failed_bg": ("#FBE6E2", 224),
        "add": ("#1D6A38", 22),
        "add_bg": ("#E4F3E4", 194),
        "add_word": ("#B2DFB8", 151),
        "rem": ("#A42A22", 124),
        "rem_bg": ("#FBE7E3", 224),
        "rem_word": ("#F3BDB5", 217),
        "kw": ("#3A4FA3", 61),
        "str": ("#4B6B1E", 58),
        "num": ("#8A5A12", 94),
        "com": ("#626A73", 241),
    },
)

PALETTES: Mapping[str, Palette] = {palette.name: palette for palette in (DARK, LIGHT)}


def _theme(palette: Palette) -> Theme:
    colours = palette.colours
    variables: dict[str, str] = {token: colours[token] for token in TOKENS}
    variables |= {
        "scrollbar": colours["s3"],
        "scrollbar-hover": colours["t3"],
        "scrollbar-active": colours["accent"],
        "scrollbar-background": colours["s1"],
        "scrollbar-background-hover": colours["s1"],
        "scrollbar-background-active": colours["s1"],
        "scrollbar-corner-color": colours["s1"],
    }
    return Theme(
        name=palette.name,
        dark=palette.dark,
        primary=colours["accent"],
        secondary=colours["accent"],
        accent=colours["accent"],
        warning=colours["needs"],
        error=colours["failed"],
        success=colours["done"],
        foreground=colours["t1"],
        background=colours["s0"],
        surface=colours["s1"],
        panel=colours["s2"],
        boost=colours["s2"],
        variables=variables,
    )


THEMES: tuple[Theme, ...] = tuple(_theme(palette) for palette in PALETTES.values())


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, each 0–255, of `#RRGGBB`."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio, 1–21, of two colours written `#RRGGBB`."""

    def luminance(colour: str) -> float:
        linear = [
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
            for part in (channel / 255 for channel in channels(colour))
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
