"""The last guard before the terminal: no control character leaves in drawn text.

Text is made inert when it becomes a span (`steerdeck.text.foreign`). Whatever slips past that, in
our own code or in a widget of Textual, loses its control and direction characters here. They all
measure zero cells, so nothing on the screen moves.
"""

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_DANGEROUS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """The text without control and direction characters; most text is returned as it is."""
    if text.isprintable():
        return text
    return _DANGEROUS.sub("", text)


class Sanitise(LineFilter):
    """Cleans every segment that Textual's own rendering hands to the compositor."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            segment if segment.control else Segment(clean(segment.text), segment.style)
            for segment in segments
        ]
