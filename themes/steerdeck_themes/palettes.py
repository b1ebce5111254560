"""What a palette is: every colour of Steerdeck by token, with its hand-chosen 256-colour index.

Widgets and style sheets name tokens, never colours. The index beside each colour is sent to
terminals with 256 colours, because the nearest match of such dark tones glares.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Token = Literal[
    "s0", "s1", "s2", "s3", "line", "t0", "t1", "t2", "t3", "accent", "ink",
    "needs", "needs_fill", "needs_ink", "needs_bg", "working", "done", "failed", "failed_bg",
    "add", "add_bg", "add_word", "rem", "rem_bg", "rem_word", "kw", "str", "num", "com",
]  # fmt: skip
TOKENS: tuple[Token, ...] = get_args(Token)


@dataclass(frozen=True)
class Palette:
    """One theme: `colours` maps a token to `#RRGGBB`, `indices` to its place among the 256.

    With `terminal` the indices are sent at any depth: they are among the terminal's own sixteen,
    and `DEFAULT` is its own text or ground.
    """

    name: str
    dark: bool
    colours: Mapping[Token, str]
    indices: Mapping[Token, int]
    terminal: bool = False

    @property
    def lined(self) -> bool:
        """Whether ground and panel look the same, so that lanes need a line between them."""
        return self.colours["s0"] == self.colours["s1"]


DEFAULT = -1
"""The index of the terminal's own text or ground."""


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
