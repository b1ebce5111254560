"""Ink turns tokens into the styles of the active palette, so no widget ever holds a colour.

The rules of legibility live here once: a faint text becomes stronger on a surface where it would
fall under a contrast of 4.5, and a word mark carries strong text only. `INK` is the one instance a
process draws with; after `INK.use(...)` its `version` has changed, and whatever kept drawn rows
throws them away.
"""

from rich.color import Color
from rich.style import Style

from steerdeck_themes.colours import DARK
from steerdeck_themes.depth import Depth
from steerdeck_themes.palettes import DEFAULT, Palette, Token, channels

_WORD_MARKS = ("add_word", "rem_word")
_REVERSED = ("accent", "needs_fill", "s3")
"""Grounds that carry meaning: where they have no colour they are drawn in reverse."""


class Ink:
    """The active palette and the colour depth of the terminal, with every style made once."""

    def __init__(self, palette: Palette = DARK, depth: Depth = "true") -> None:
        self.version = 0
        self._set(palette, depth)

    def _set(self, palette: Palette, depth: Depth) -> None:
        self.palette = palette
        self.depth: Depth = depth
        self._styles: dict[tuple[str, str | None, bool, bool, bool], Style] = {}

    def use(self, palette: Palette, depth: Depth | None = None) -> None:
        """Draw with `palette` from now on; `depth` "256" sends the hand-chosen indices.

        "none" sends no colour at all; what is lit or selected is drawn in reverse.
        """
        self._set(palette, depth or self.depth)
        self.version += 1

    def colour(self, token: Token) -> Color:
        if self.depth == "256" or self.palette.terminal:
            index = self.palette.indices[token]
            return Color.default() if index == DEFAULT else Color.from_ansi(index)
        return Color.from_rgb(*channels(self.palette.colours[token]))

    def legible(self, fg: Token, bg: Token | None) -> Token:
        """The token to draw text of `fg` with on `bg`, so that its contrast stays above 4.5."""
        if bg in _WORD_MARKS:
            return "t0"
        grey = self.depth == "256" and self.palette.dark
        if bg == "s3":
            if fg == "t3":
                fg = "t2"
            if grey and fg == "t2":
                fg = "t1"
        elif bg == "s2" and grey and fg == "t3":
            fg = "t2"
        return fg

    def style(
        self,
        fg: Token,
        bg: Token | None = None,
        bold: bool = False,
        italic: bool = False,
        underline: bool = False,
    ) -> Style:
        """The style of text in `fg` on `bg`; without `bg` the ground behind it stays."""
        key = (fg, bg, bold, italic, underline)
        style = self._styles.get(key)
        if style is None:
            coloured = self.depth != "none"
            plain = not coloured or (self.palette.terminal and bg == "s3")
            style = self._styles[key] = Style(
                color=self.colour(self.legible(fg, bg)) if coloured else None,
                bgcolor=self.colour(bg) if coloured and bg is not None else None,
                reverse=(plain and bg in _REVERSED) or None,
                bold=bold or None,
                italic=italic or None,
                underline=underline or None,
            )
        return style


INK = Ink()
