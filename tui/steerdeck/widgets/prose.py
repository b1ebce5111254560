"""The agent's words as lines: the little Markdown that models write, read line by line.

Only the open line is ever read again while text arrives; finished lines stay the same objects, so
whoever draws them can keep what was drawn. No Markdown library: a paragraph costs microseconds,
and nothing of the text can become more than bold, code, a heading, a list or a block of code.
"""

import re

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.text import Line, Span
from steerdeck_agents.facts.inert import inert
from steerdeck_themes.palettes import Token

_INLINE = re.compile(r"(`+)(?P<code>.+?)\1|\*\*(?P<bold>[^*\s](?:[^*]*[^*\s])?)\*\*")
_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*$")
_ITEM = re.compile(r"(\s*)([-*+]|\d{1,3}[.)])\s+(.*)$")
_FENCE = re.compile(r"\s{0,3}(```+|~~~+)\s*([\w+#.-]*)\s*$")
_LONGEST = 4000


def inline(text: str, fg: Token = "t1") -> tuple[Span, ...]:
    """The spans of one line of prose; the text must be inert already."""
    if ("`" not in text and "**" not in text) or len(text) > _LONGEST:
        return (Span(text, fg),) if text else ()
    spans: list[Span] = []
    at = 0
    for match in _INLINE.finditer(text):
        if match.start() > at:
            spans.append(Span(text[at : match.start()], fg))
        code = match["code"]
        spans.append(Span(match["bold"], "t0", bold=True) if code is None else Span(code, "t0"))
        at = match.end()
    if at < len(text):
        spans.append(Span(text[at:], fg))
    return tuple(spans)


class Prose:
    """Text of one author, fed as it arrives, read as a growing list of lines."""

    def __init__(self, fg: Token = "t1", indent: int = 2, mark: Token = "working") -> None:
        self._fg: Token = fg
        self._indent = indent
        self._mark: Token = mark
        self._done: list[Line] = []
        self._tail = ""
        self._fence = ""
        self._open: Line | None = None
        self.arriving = True

    def feed(self, delta: str) -> None:
        """Add the next piece of text."""
        self._tail += delta
        if "\n" in delta:
            *done, self._tail = self._tail.split("\n")
            for line in done:
                self._keep(line)
        self._open = None

    def close(self) -> None:
        """No more text will come: the mark at the end goes away."""
        if self._tail:
            self._keep(self._tail)
            self._tail = ""
        while self._done and not self._done[-1].spans and self._done[-1].bg is None:
            self._done.pop()
        self.arriving = False
        self._open = None

    def __len__(self) -> int:
        return len(self._done) + self.arriving

    def item(self, index: int) -> Line:
        """The line at `index`, the same object until its text changes."""
        if index < len(self._done):
            return self._done[index]
        if self._open is None:
            line = None if _FENCE.match(self._tail) else self._read(self._tail)
            line = line or Line(indent=self._indent)
            mark = Span(glyphs().arriving, self._mark)
            self._open = msgspec.structs.replace(line, tail=mark, wrap=True)
        return self._open

    line = item

    def _keep(self, text: str) -> None:
        fence = _FENCE.match(text)
        if self._fence:
            if fence and fence[1].startswith(self._fence) and not fence[2]:
                self._fence = ""
                return
        elif fence:
            self._fence = fence[1]
            return
        line = self._read(text)
        if line is not None:
            self._done.append(line)

    def _read(self, text: str) -> Line | None:
        """The line of one finished text; None for a blank one after another blank one."""
        text = inert(text.rstrip("\r"), sequences="drop")
        indent = self._indent
        if self._fence:
            return Line((Span(text),), indent=indent, hang=2, bg="s2", wrap=True)
        if not text.strip():
            first = not self._done or not self._done[-1].spans
            return None if first else Line(indent=indent)
        if heading := _HEADING.match(text):
            return Line((Span(heading[2], "t0", bold=True),), indent=indent, wrap=True)
        if item := _ITEM.match(text):
            mark = item[2] if item[2][0].isdigit() else "-"
            lead = f"{item[1]}{mark} "
            spans = (Span(lead, "t3"), *inline(item[3], self._fg))
            return Line(spans, indent=indent, hang=len(lead), wrap=True)
        return Line(inline(text, self._fg), indent=indent, wrap=True)


def lines(text: str, fg: Token = "t1", indent: int = 2) -> list[Line]:
    """The lines of a finished text."""
    prose = Prose(fg, indent)
    prose.feed(text)
    prose.close()
    return [prose.item(index) for index in range(len(prose))]
