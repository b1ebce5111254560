"""Links in foreign text: what may be opened, and what is said of where it leads.

The words of a link never stand alone for its target: either the target is shown after them, or in
their place when the words themselves look like an address.
"""

import re

from steerdeck.output.sanitise import is_link
from steerdeck.text import Span
from steerdeck_themes.palettes import Token

ADDRESS = r"https?://[^\s<>()\[\]`\"'|]+(?:\([^\s<>()\[\]`\"'|]*\)[^\s<>()\[\]`\"'|]*)*"
_LIKE_ADDRESS = re.compile(r"://|\w\.[A-Za-z]{2,}|^www\.", re.IGNORECASE)
_ENDS = ".,;:!?*_"


def bare(found: str) -> tuple[str, str]:
    """An address found in prose, and the punctuation behind it that is the sentence's."""
    target = found.rstrip(_ENDS)
    return target, found[len(target) :]


def link_spans(words: str, target: str, fg: Token) -> tuple[Span, ...]:
    """A link as it is drawn: its words underlined, its target in full beside or instead of them."""
    link = target if is_link(target) else ""
    if not words.strip() or _LIKE_ADDRESS.search(words):
        if words.strip() in (target, target.partition("://")[2].rstrip("/")):
            return (Span(words.strip(), fg, underline=bool(link), link=link),)
        # The words look like an address and are not the one: only where it leads is shown.
        return (Span(target, fg, underline=bool(link), link=link),)
    return (
        Span(words, fg, underline=bool(link), link=link),
        Span(f" ({target})", "t3"),
    )
