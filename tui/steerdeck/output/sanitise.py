"""The last guard before the terminal: no control character leaves in drawn text.

Text is made inert when it becomes a span (`steerdeck.text.foreign`). Whatever slips past that, in
our own code or in a widget of Textual, loses its control and direction characters here. They all
measure zero cells, so nothing on the screen moves.
"""

import re

_DANGEROUS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without control and direction characters; most text is returned as it is."""
    if text.isprintable():
        return text
    return _DANGEROUS.sub("", text)
