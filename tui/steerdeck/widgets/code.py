"""A block of code in prose: plain at once, coloured when its syntax was told by somebody else.

Reading syntax is work that no loop which draws may do, so a line of code knows its block, and
whoever draws it can see that the block is worth asking for.
"""

from collections.abc import Sequence

from steerdeck.text import Line, Span
from steerdeck_themes.palettes import Token
from steerdeck_themes.syntax import syntax_token

Ink = Sequence[tuple[int, int, int]]
"""What stands where in a line: start, end, index of its kind."""


class Code:
    """The text of one fenced block and how far it is."""

    __slots__ = ("asked", "closed", "language", "seen", "start", "texts")

    def __init__(self, language: str, start: int) -> None:
        self.language = language
        self.start = start
        """Index of its first line among the lines of its prose."""
        self.texts: list[str] = []
        self.closed = False
        self.seen = False
        """Whether a line of it was drawn."""
        self.asked = False

    @property
    def wanted(self) -> bool:
        """Whether its syntax should be asked for now."""
        return self.closed and self.seen and not self.asked and bool(self.language)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Code) and (self.language, self.texts) == (
            other.language,
            other.texts,
        )

    def __hash__(self) -> int:
        return hash((self.language, self.start))


class CodeLine(Line, frozen=True, gc=False):
    """A line of a block of code."""

    code: Code | None = None


def code_line(code: Code, text: str, indent: int) -> CodeLine:
    spans = (Span(text),) if text else ()
    return CodeLine(spans, indent=indent, hang=2, bg="s2", wrap=True, code=code)


def coloured(text: str, ink: Ink, kinds: Sequence[str]) -> tuple[Span, ...]:
    """The text in the colours of its syntax; ink that does not fit the text is passed over."""
    spans: list[Span] = []
    at = 0
    for start, end, kind in ink:
        if start < at or end > len(text) or not 0 <= kind < len(kinds):
            continue
        if start > at:
            spans.append(Span(text[at:start]))
        fg: Token = syntax_token(kinds[kind])
        spans.append(Span(text[start:end], fg, italic=kinds[kind].startswith("Comment")))
        at = end
    if at < len(text):
        spans.append(Span(text[at:]))
    return tuple(spans)
