"""The last guard before the terminal: no control character leaves in drawn text.

Text is made inert when it becomes a span (`steerdeck.text.foreign`). Whatever slips past that, in
our own code or in a widget of Textual, loses its control and direction characters here. They all
measure zero cells, so nothing on the screen moves.
"""

import re

_DANGEROUS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_LINK = re.compile(
    r"https?://(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9-]+"
    r"(?::\d{1,5})?(?:[/?#][!-~]*)?"
)
_LONGEST_LINK = 2_000


def is_link(target: str) -> bool:
    """Whether a terminal may be told to open it on a click.

    Only http and https, only printable ASCII, nothing before an `@`: such an address is what it
    seems, and can't end the sequence it stands in.
    """
    return len(target) <= _LONGEST_LINK and _LINK.fullmatch(target) is not None


def clean(text: str) -> str:
    """The text without control and direction characters; most text is returned as it is."""
    if text.isprintable():
        return text
    return _DANGEROUS.sub("", text)
