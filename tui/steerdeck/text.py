"""Words and numbers as the deck writes them, and `Line`, the vocabulary every widget draws with.

A `Span` is a piece of text with a token of the palette; a `Line` has words on the left and
measured things on the right. Both are plain values without a colour, so that a theme change draws
the same lines anew. Text from a model, a tool, a file or a repository becomes a span only through
`foreign`, which makes it inert. Widths are cells of the terminal, not characters.
"""

import msgspec
from rich.cells import cell_len, get_character_cell_size

from steerdeck.glyphs import glyphs
from steerdeck_agents.facts.inert import inert
from steerdeck_themes.palettes import Token

_ONE_CELL = frozenset(map(chr, [*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0x2500, 0x25FD)]))
"""Characters known to take one cell; a text made of these is measured by its length."""


class Span(msgspec.Struct, frozen=True, gc=False):
    """A piece of text in one style. `bg` wins over the ground of its line; `id` is clickable.

    `link` is an address the terminal may open; it must have been judged safe.
    """

    text: str
    fg: Token = "t1"
    bold: bool = False
    italic: bool = False
    underline: bool = False
    bg: Token | None = None
    id: str = ""
    link: str = ""


class Line(msgspec.Struct, frozen=True, gc=False):
    """One logical line: words left, measured things right-aligned to the same edge.

    `gutter` stands at the margin, `indent` cells before the text; `hang` indents what wraps.
    `bg` fills from margin to margin, with `bleed` from edge to edge; `bar` draws the bar at the
    left edge in that token. Without `wrap` the text is cut; `fill` is repeated up to the right;
    `tail` stands after the last word, into the margin if it must, and never makes it wrap.
    """

    spans: tuple[Span, ...] = ()
    right: tuple[Span, ...] = ()
    gutter: Span | None = None
    indent: int = 0
    hang: int = 0
    bg: Token | None = None
    bleed: bool = False
    bar: Token | None = None
    wrap: bool = False
    fill: Span | None = None
    tail: Span | None = None


BLANK = Line()


def foreign(
    text: str,
    fg: Token = "t1",
    *,
    bold: bool = False,
    italic: bool = False,
    bg: Token | None = None,
    id: str = "",
) -> Span:
    """A span of text written by somebody else: made inert, line breaks shown as marks."""
    return Span(inert(text).replace("\n", "␊"), fg, bold, italic, False, bg, id)


def clickable(line: Line, id: str) -> Line:
    """The line with one id for all that stands on it: a click anywhere on it means that."""
    spans, right = (
        tuple(msgspec.structs.replace(span, id=id) for span in part)
        for part in (line.spans, line.right)
    )
    gutter = line.gutter and msgspec.structs.replace(line.gutter, id=id)
    return msgspec.structs.replace(line, spans=spans, right=right, gutter=gutter)


def hairline() -> Line:
    """The thin rule between two parts of a surface."""
    return Line(fill=Span(glyphs().hairline, "line"))


def within() -> Span:
    """Between a place and what is in it."""
    return Span(f"  {glyphs().within}  ", "t2")


def width_of(text: str) -> int:
    """How many cells the text takes."""
    return len(text) if text.isascii() else cell_len(text)


def _end_of_row(text: str, start: int, width: int) -> int:
    """Index after the last character from `start` that still fits into `width` cells."""
    if text.isascii() or _ONE_CELL.issuperset(text[start : start + width]):
        return min(len(text), start + width)
    used = 0
    for index in range(start, len(text)):
        used += get_character_cell_size(text[index])
        if used > width:
            return max(index, start + 1)
    return len(text)


def breaks(text: str, width: int, first: int | None = None) -> list[tuple[int, int]]:
    """Where the rows of a text stand that is wrapped at blanks, as (start, end) indices.

    `first` is the width of the first row when it differs. A word longer than a row is cut, wide
    characters may be parted from each other, blanks at a break are dropped.
    """
    rows: list[tuple[int, int]] = []
    start, room = 0, max(1, width if first is None else first)
    while True:
        end = _end_of_row(text, start, room)
        room = max(1, width)
        if end >= len(text):
            rows.append((start, len(text)))
            return rows
        cut = end if text[end] == " " else text.rfind(" ", start, end)
        both = text[end - 1] + text[end]
        if cut <= start or text[start:cut].isspace() or (cut != end and cell_len(both) > 2):
            cut = end
        rows.append((start, len(text[:cut].rstrip(" ")) if cut > start else cut))
        start = cut
        while start < len(text) and text[start] == " ":
            start += 1
        if start >= len(text):
            return rows


def wrap(text: str, width: int) -> list[str]:
    """The text in rows of at most `width` cells; line breaks stay."""
    return [
        part[start:end] for part in text.split("\n") for start, end in breaks(part, width)
    ]  # fmt: skip


def fit(text: str, width: int) -> str:
    """The text cut at the right to `width` cells, with an ellipsis when something is lost."""
    if width <= 0:
        return ""
    if width_of(text) <= width:
        return text
    return text[: _end_of_row(text, 0, width - 1)] + glyphs().cut if width > 1 else glyphs().cut


def numbered(name: str, width: int) -> str:
    """A session's name cut to `width` cells; the number that tells it from its like stays."""
    head, dash, number = name.rpartition("-")
    room = width - len(dash + number)
    if width_of(name) <= width or room < 3 or not number.isdecimal() or len(number) > 3:
        return fit(name, width)
    return fit(head, room) + dash + number


def path(name: str, width: int) -> str:
    """A path cut to `width` cells: folders are lost from the left first, the name last."""
    if width_of(name) <= width:
        return name
    folders = name.split("/")
    for lost in range(1, len(folders)):
        shorter = "/".join([glyphs().cut, *folders[lost:]])
        if width_of(shorter) <= width:
            return shorter
    return fit(folders[-1], width)


def path_spans(name: str, width: int, fg: Token = "t1", *, bold: bool = False) -> tuple[Span, ...]:
    """A path with its folders muted and its file name in `fg`."""
    folder, slash, file = path(inert(name).replace("\n", "␊"), width).rpartition("/")
    spans = (Span(folder + slash, "t2"),) if slash else ()
    return (*spans, Span(file, fg, bold))


def cut_spans(spans: tuple[Span, ...], width: int) -> tuple[Span, ...]:
    """The spans cut at the right to `width` cells, with an ellipsis when something is lost."""
    room, kept = width, []
    for index, span in enumerate(spans):
        taken = width_of(span.text)
        last = index == len(spans) - 1
        if taken < room or (taken == room and last):
            kept.append(span)
            room -= taken
            continue
        text = fit(span.text if last else span.text + " …", room)
        if text:
            kept.append(msgspec.structs.replace(span, text=text))
        break
    return tuple(kept)


def slice_spans(spans: tuple[Span, ...], start: int, end: int) -> tuple[Span, ...]:
    """The part of the spans between two indices of their joined text."""
    parts, at = [], 0
    for span in spans:
        length = len(span.text)
        if at < end and at + length > start:
            text = span.text[max(0, start - at) : end - at]
            if text:
                whole = len(text) == length
                parts.append(span if whole else msgspec.structs.replace(span, text=text))
        at += length
    return tuple(parts)


def duration(milliseconds: float) -> str:
    """How long something took: `0.1 s`, `1.2 s`, `12:04`, `1:02:03`."""
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.1f} s"
    return clock(milliseconds)


def clock(milliseconds: float) -> str:
    """A running time: `0:09`, `12:04`, `1:02:03`."""
    minutes, seconds = divmod(int(max(0, milliseconds) // 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def ago(milliseconds: float) -> str:
    """How long since: `4 s ago`, `1:48 ago`, `3 h ago`, `5 days ago`."""
    seconds = int(max(0, milliseconds) // 1000)
    if seconds < 60:
        return f"{seconds} s ago"
    if seconds < 3600:
        return f"{clock(milliseconds)} ago"
    if seconds < 86_400:
        return f"{seconds // 3600} h ago"
    days = seconds // 86_400
    return "1 day ago" if days == 1 else f"{days} days ago"


def tokens(count: int) -> str:
    """A number of tokens: `812`, `6.1k`, `61k`, `1.2M`."""
    if count < 1000:
        return str(count)
    if count < 9950:
        return f"{count / 1000:.1f}k"
    if count < 999_500:
        return f"{count / 1000:.0f}k"
    return f"{count / 1_000_000:.1f}M"


def dollars(amount: float) -> str:
    """Money: `$0.19`, `$12.40`; what is more than nothing and less than a cent is `<$0.01`."""
    if 0 < amount < 0.005:
        return "<$0.01"
    return f"${amount:.2f}"
