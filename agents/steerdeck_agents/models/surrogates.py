"""Halves of UTF-16 pairs in a model's JSON, which no file, socket or database takes as text.

Some servers split one character over two events, as two escapes: those are joined again. A half
that stays alone becomes a visible mark.
"""

import re

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_LONE = re.compile("[\ud800-\udfff]")


def visible(text: str) -> str:
    """`text` with pairs joined and lone halves shown as ⟨U+D83D⟩; always encodes as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        joined = _PAIR.sub(_join, text)
        return _LONE.sub(lambda half: f"⟨U+{ord(half.group()):04X}⟩", joined)
    return text


class Halves:
    """Joins a character whose two halves come in two pieces of the same item."""

    def __init__(self) -> None:
        self._held: dict[str, str] = {}

    def add(self, item: str, text: str) -> str:
        """What can be shown now; a first half at the end waits for the next piece."""
        text = self._held.pop(item, "") + text
        if text and "\ud800" <= text[-1] <= "\udbff":
            self._held[item] = text[-1]
            text = text[:-1]
        return visible(text)


def _join(pair: re.Match[str]) -> str:
    return pair.group().encode("utf-16-le", "surrogatepass").decode("utf-16-le")
