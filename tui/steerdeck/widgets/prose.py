"""The agent's words as lines: the little Markdown that models write, read line by line.

Only the open line is ever read again while text arrives, and a table when a cell makes it wider;
finished lines stay the same objects, so whoever draws them can keep what was drawn. No Markdown
library: a paragraph costs microseconds, and nothing of the text can become more than bold, code, a
heading, a list, a quote, a link, a table or a block of code.
"""

import re
from collections.abc import Sequence

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.text import Line, Span
from steerdeck.widgets.code import Code, Ink, code_line, coloured
from steerdeck.widgets.links import ADDRESS, bare, link_spans
from steerdeck.widgets.sources import Later
from steerdeck.widgets.tables import TableRow, aligns, split, table_row, wide, widened
from steerdeck_agents.facts.inert import inert
from steerdeck_themes.palettes import Token

_WORDS = (
    r"(`+)(?P<code>.+?)\1"
    r"|\*\*(?P<bold>[^*\s](?:[^*]*[^*\s])?)\*\*"
    r"|(?<![\w*])\*(?P<said>[^*\s](?:[^*]*[^*\s])?)\*(?![\w*])"
)
_INLINE = re.compile(_WORDS)
_LINKED = re.compile(
    _WORDS + rf"|!?\[(?P<words>[^\]\[]*)\]\(<?(?P<target>{ADDRESS})>?(?:\s+\"[^\"]*\")?\)"
    rf"|<?(?P<bare>{ADDRESS})>?"
)
_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*$")
_ITEM = re.compile(r"(\s*)([-*+]|\d{1,3}[.)])\s+(.*)$")
_FENCE = re.compile(r"(?P<before>\s*)(?P<fence>```+|~~~+)\s*(?P<name>[\w+#.-]*)(?P<more>[^`]*)$")
_QUOTE = re.compile(r"\s{0,3}>(?:\s?>)* ?(.*)$")
_RULE = re.compile(r"\s{0,3}([-*_])(?:\s*\1){2,}\s*$")
_BEGINS = frozenset("#-*_+>0123456789")
"""A line of prose that begins with none of these is words."""
_LONGEST = 4000
_SIGN = "\u2190-\u2bff\U0001f000-\U0001faff"
_JOINED = re.compile(f"(?<=[{_SIGN}\ufe0f])\u200d(?=[{_SIGN}])|(?<=[{_SIGN}])\ufe0f")
"""What joins emojis, or has one drawn in colour: terminals don't agree on how wide that is."""


def _plain(text: str) -> str:
    """A line as it may be drawn; an emoji is drawn as the signs it is made of."""
    text = text if text.isascii() else _JOINED.sub("", text)
    return inert(text.rstrip("\r"), sequences="drop")


def inline(text: str, fg: Token = "t1") -> tuple[Span, ...]:
    """The spans of one line of prose; the text must be inert already."""
    linked = "://" in text
    if len(text) > _LONGEST or not (linked or "`" in text or "*" in text):
        return (Span(text, fg),) if text else ()
    spans: list[Span] = []
    at = 0
    for match in (_LINKED if linked else _INLINE).finditer(text):
        if match.start() > at:
            spans.append(Span(text[at : match.start()], fg))
        spans += _marked(match, fg)
        at = match.end()
    if at < len(text):
        spans.append(Span(text[at:], fg))
    return tuple(spans)


def _fence(text: str) -> re.Match[str] | None:
    """The fence that a line is, if it is one."""
    return _FENCE.match(text) if "```" in text or "~~~" in text else None


def _marked(match: re.Match[str], fg: Token) -> Sequence[Span]:
    match match.lastgroup:
        case "bold":
            return (Span(match["bold"], "t0", bold=True),)
        case "said":
            return (Span(match["said"], "t0"),)
        case "target":
            return link_spans(match["words"], match["target"], fg)
        case "bare":
            target, rest = bare(match["bare"])
            whole = link_spans("", target, fg)
            return (*whole, Span(rest, fg)) if rest else whole
        case _:
            return (Span(match["code"], "t0"),)


class Prose:
    """Text of one author, fed as it arrives, read as a growing list of lines."""

    def __init__(self, fg: Token = "t1", indent: int = 2, mark: Token = "working") -> None:
        self._fg: Token = fg
        self._indent = indent
        self._mark: Token = mark
        self._done: list[Line] = []
        self._tail = ""
        self._fence = ""
        self._inset = ""
        """Blanks before the fence; as many go from each line of the block."""
        self._table: int | None = None
        """Index of the head of the table that goes on."""
        self._last = ""
        """The text of the last line, which may turn out to be the head of a table."""
        self._changed = 0
        self._open: Line | None = None
        self.codes: list[Code] = []
        self.arriving = True

    def feed(self, delta: str) -> int:
        """Add the next piece of text; the first line that may have changed by it."""
        self._changed = max(0, len(self._done) - (not self.arriving))
        self._tail += delta
        if "\n" in delta:
            *done, self._tail = self._tail.split("\n")
            for line in done:
                self._keep(line)
        self._open = None
        return self._changed

    def close(self) -> None:
        """No more text will come: the mark at the end goes away."""
        if self._tail:
            self._keep(self._tail)
            self._tail = ""
        if self._fence:
            self.codes[-1].closed = True
        while self._done and self._done[-1] == Line(indent=self._indent):
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
            line = None if _fence(self._tail) else self._read(self._tail)
            line = line or Line(indent=self._indent)
            mark = Span(glyphs().arriving, self._mark)
            self._open = msgspec.structs.replace(line, tail=mark, wrap=True)
        return self._open

    line = item

    def colour(self, code: Code, inks: Sequence[Ink], kinds: Sequence[str]) -> None:
        """Draw a block of code of this text in the colours of its syntax."""
        for number, (text, ink) in enumerate(zip(code.texts, inks, strict=False)):
            at = code.start + number
            if ink and at < len(self._done):
                spans = coloured(text, ink, kinds)
                self._done[at] = msgspec.structs.replace(self._done[at], spans=spans)

    def _keep(self, text: str) -> None:
        fence = _fence(text)
        if self._fence:
            if fence and fence["fence"].startswith(self._fence) and not fence["name"]:
                self._fence = ""
                self.codes[-1].closed = True
                return
        elif fence:
            self._fence, self._inset = fence["fence"], fence["before"]
            self.codes.append(Code(fence["name"], len(self._done)))
            self._table, self._last = None, ""
            return
        elif self._in_table(text):
            return
        line = self._read(text, keep=True)
        if line is not None:
            self._done.append(line)

    def _read(self, text: str, *, keep: bool = False) -> Line | None:
        """The line of one finished text; None for a blank one after another blank one."""
        text = _plain(text)
        indent = self._indent
        if self._fence:
            text = text.removeprefix(self._inset)
            if keep:
                self.codes[-1].texts.append(text)
            return code_line(self.codes[-1], text, indent)
        begins = text.lstrip()[:1]
        if begins and begins not in _BEGINS:
            return Line(inline(text, self._fg), indent=indent, wrap=True)
        if not begins:
            first = not self._done or not self._done[-1].spans
            return None if first else Line(indent=indent)
        if heading := _HEADING.match(text):
            return Line(_strong(inline(heading[2], "t0")), indent=indent, wrap=True)
        if _RULE.match(text):
            return Line(fill=Span(glyphs().hairline, "line"), indent=indent)
        if item := _ITEM.match(text):
            mark = item[2] if item[2][0].isdigit() else "-"
            lead = f"{item[1]}{mark} "
            spans = (Span(lead, "t3"), *inline(item[3], self._fg))
            return Line(spans, indent=indent, hang=len(lead), wrap=True)
        if quote := _QUOTE.match(text):
            bar = Span(glyphs().column, "t3")
            return Line(inline(quote[1], "t2"), gutter=bar, indent=indent, wrap=True)
        return Line(inline(text, self._fg), indent=indent, wrap=True)

    # tables

    def _in_table(self, text: str) -> bool:
        """Whether the line belongs to a table, and then its row is there."""
        if self._table is None:
            before, self._last = self._last, text
            if "|" not in text or "|" not in before or not (sides := aligns(text)):
                return False
            head = split(_plain(before))
            if len(head) != len(sides):
                return False
            self._table = len(self._done) - 1
            cells = tuple(_strong(inline(cell, "t0")) for cell in head)
            widths = tuple(map(wide, cells))
            row = table_row(cells, widths, sides, self._indent)
            self._done[-1:] = [row, msgspec.structs.replace(row, rule=True)]
            self._changed = min(self._changed, self._table)
            return True
        if "|" not in text:
            self._table, self._last = None, ""
            return False
        self._add_row(text)
        return True

    def _add_row(self, text: str) -> None:
        """One more row; where it makes a column wider, all rows are made anew."""
        assert self._table is not None
        head = self._done[self._table]
        assert isinstance(head, TableRow)
        words = split(_plain(text))
        cells = [inline(cell, self._fg) for cell in words[: len(head.aligns)]]
        known = zip(head.widths, [*map(wide, cells), *(0 for _ in head.widths)], strict=False)
        widths = tuple(max(pair) for pair in known)
        if widths != head.widths:
            self._changed = min(self._changed, self._table)
            for at in range(self._table, len(self._done)):
                row = self._done[at]
                if isinstance(row, TableRow):
                    self._done[at] = widened(row, widths)
        self._done.append(table_row(cells, widths, head.aligns, self._indent))


def _strong(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    return tuple(msgspec.structs.replace(span, bold=True) for span in spans)


class Finished(Later):
    """A finished text that is read when a line of it is looked at, and again when it was forgotten.

    Read it takes twenty times the room of its text.
    """

    def __init__(self, text: str, prose: Prose | None = None) -> None:
        """`prose` is what it was read as while it came."""
        self.text = text
        self._prose = prose
        self._count = -1 if prose is None else len(prose)

    @property
    def prose(self) -> Prose:
        if self._prose is None:
            self._prose = closed(self.text)
            self._count = len(self._prose)
        return self._prose

    def __len__(self) -> int:
        return self._count if self._count >= 0 else len(self.prose)

    def about(self) -> int:
        return self._count if self._count >= 0 else self.text.count("\n") + 1

    def forget(self) -> None:
        self._prose = None

    def item(self, index: int) -> Line:
        return self.prose.item(index)

    line = item


def closed(text: str, fg: Token = "t1", indent: int = 2) -> Prose:
    """A finished text."""
    prose = Prose(fg, indent)
    prose.feed(text)
    prose.close()
    return prose


def lines(text: str, fg: Token = "t1", indent: int = 2) -> list[Line]:
    """The lines of a finished text."""
    prose = closed(text, fg, indent)
    return [prose.item(index) for index in range(len(prose))]
