"""Filters for what Textual's own widgets draw, so that it obeys the same rules as ours.

Our widgets pass the compositor ready strips; a toast, a tooltip or a text area does not. Its text
is sanitised, and its colours become the palette's hand-chosen indices, or none.
"""

from collections.abc import Sequence
from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import ANSIToTruecolor, LineFilter, NoColor

from steerdeck.output.sanitise import clean
from steerdeck_themes.ink import INK
from steerdeck_themes.palettes import DEFAULT, TOKENS


class Sanitise(LineFilter):
    """Cleans every segment that Textual's own rendering hands to the compositor."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            segment if segment.control else Segment(clean(segment.text), segment.style)
            for segment in segments
        ]


@lru_cache(512)
def _indexed(style: Style, version: int) -> Style:
    """The style with the palette's index for each of the palette's colours."""
    palette = INK.palette
    known = {palette.colours[token].lower(): palette.indices[token] for token in TOKENS}

    def index(colour: RichColor | None) -> RichColor | None:
        if colour is None or colour.triplet is None:
            return colour
        # Sixteen colours have nothing near a blend of two.
        number = known.get(colour.triplet.hex, DEFAULT if palette.terminal else None)
        if number is None:
            return colour
        return RichColor.default() if number == DEFAULT else RichColor.from_ansi(number)

    return style + Style.from_color(index(style.color), index(style.bgcolor))


class Indexed(LineFilter):
    """Sends the palette's own index where the terminal has 256 colours, or fewer."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        version = INK.version
        return [
            segment
            if segment.style is None
            else Segment(segment.text, _indexed(segment.style, version), segment.control)
            for segment in segments
        ]


_SANITISE, _INDEXED, _NO_COLOUR = Sanitise(), Indexed(), NoColor()


def line_filters(given: Sequence[LineFilter]) -> list[LineFilter]:
    """The filters of an app: give it `super().get_line_filters()`, return what comes back."""
    if INK.depth == "none":
        return [*given, _NO_COLOUR, _SANITISE]
    if INK.depth == "256" or INK.palette.terminal:
        rest = [one for one in given if not isinstance(one, ANSIToTruecolor)]
        return [*rest, _INDEXED, _SANITISE]
    return [*given, _SANITISE]
