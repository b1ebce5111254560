"""A text that is decided on, letter by letter: whoever reads the rows could write its bytes again.

What has no cell of its own, looks like a blank or like another letter, or is one of these marks is
written as its number; blanks nobody could see have a mark, and so has the end of a line and of a
row inside a word.
A row that ends without a mark ends at a single blank. Only looks are added, nothing is left out.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

import msgspec
from rich.cells import get_character_cell_size

from steerdeck.glyphs import ASCII, SIGNS, glyphs, kept
from steerdeck.text import Line, Span, slice_spans, width_of
from steerdeck_agents.facts.inert import inert
from steerdeck_agents.gate.shell.confusable import imitations
from steerdeck_themes.palettes import Token

NEWLINE, BLANK_MARK, GOES_ON = "␊", "␠", "¬"
"""End of a line; a blank at the end of a line; the word goes on in the next row."""
FOLDED = 24
"""From so many blanks on, a run of them is written as its length."""
HANG = 2
SECRET = re.compile(r"(⟨secret [a-z ]{2,32} #[0-9a-f]{4}⟩)")
"""What stands in a kept text where a secret stands in what runs; it is shown as it is."""
_LONGEST_STYLED = 4096
_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")
_PLAIN = re.compile(r"[!-~]*(?: {1,8}[!-~]+)*")


class _Marks(dict[int, str]):
    """How each character is written; filled as they come."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if code == 0x20 or 0x20 < code < 0x7F:
            told = letter
        elif code < 0x20:
            told = chr(0x2400 + code)
        elif code == 0x7F:
            told = "␡"
        elif _own_mark(code) or _unseen(letter):
            told = _number(letter)
        else:
            told = letter
        self[code] = told
        return told


_MARKS = _Marks()


def _number(letter: str) -> str:
    return f"⟨U+{ord(letter):04X}⟩"


def _marked(text: str) -> str:
    """The text with marks; a letter may be one only beside those of another script.

    A sign that is drawn as another one is written as its number, too.
    """
    odd = set(imitations(text))
    if glyphs() is ASCII:
        odd |= {at for at, letter in enumerate(text) if letter in SIGNS}
    if not odd:
        return text.translate(_MARKS)
    return "".join(
        _number(letter) if at in odd else _MARKS[ord(letter)] for at, letter in enumerate(text)
    )


def _own_mark(code: int) -> bool:
    return 0x2400 <= code <= 0x2426 or chr(code) in ("⟨", GOES_ON)


def _unseen(letter: str) -> bool:
    """Whether it takes no cell, shows nothing, or could be taken for a blank."""
    if unicodedata.category(letter) in _CATEGORIES or inert(letter) != letter:
        return True
    return get_character_cell_size(letter) == 0


@kept(64)
def written(line: str) -> str:
    """One line as it is shown; the newline at its end is not part of it."""
    if _PLAIN.fullmatch(line):
        return line
    told = "".join(
        part if number % 2 else _marked(part) for number, part in enumerate(SECRET.split(line))
    )
    told = re.sub(f" {{{FOLDED},}}", lambda run: f"⟨{len(run[0])} blanks⟩", told)
    return re.sub(r" +\Z", lambda run: BLANK_MARK * len(run[0]), told)


def cuts(text: str, width: int) -> Iterator[tuple[int, int, bool]]:
    """The rows of a written line, as (start, end, whether a word goes on below)."""
    start = 0
    while True:
        end = _reach(text, start, width)
        if end >= len(text):
            yield start, len(text), False
            return
        cut = _blank_before(text, start, end)
        yield (start, cut, False) if cut else (start, end, True)
        start = cut + 1 if cut else end


def _reach(text: str, start: int, width: int) -> int:
    """Index after the last character that fits; one always does."""
    piece = text[start : start + width]
    if width_of(piece) <= width:
        return start + len(piece)
    used = 0
    for at, letter in enumerate(piece):
        used += get_character_cell_size(letter)
        if used > width:
            return max(start + at, start + 1)
    return start + len(piece)


def _blank_before(text: str, start: int, end: int) -> int:
    """The last blank that stands alone, up to the end of a row; 0 where there is none."""
    at = end
    while at > start + 1:
        if text[at] == " " and text[at - 1] != " " and text[at + 1 : at + 2] not in (" ", ""):
            return at
        at = text.rfind(" ", start, at)
    return 0


class Look(msgspec.Struct, frozen=True):
    """How the rows stand: `indent` before the first of a line, the same and two before others."""

    width: int
    """Cells from the margin to the right edge."""
    indent: int = 1
    bg: Token | None = "s2"
    ends: bool = True
    """Whether the end of each line but the last is marked."""


def rows(
    spans: Sequence[Span], look: Look, *, more: bool, gutter: Span | None = None
) -> list[Line]:
    """One written line as rows that fit; `more` says that another line follows."""
    text = "".join(span.text for span in spans)
    room = max(4, look.width - look.indent - HANG - 2)
    found: list[Line] = []
    for start, end, goes_on in cuts(text, room):
        mark = GOES_ON if goes_on else ""
        if end == len(text) and not goes_on and more and look.ends:
            mark = NEWLINE
        found.append(
            Line(
                slice_spans(tuple(spans), start, end),
                gutter=None if found else gutter,
                indent=look.indent + (HANG if found else 0),
                bg=look.bg,
                tail=Span(mark, "t3") if mark else None,
            )
        )
    return found


def lines_of(text: str) -> list[tuple[str, bool]]:
    """The lines of a text as they are written, each with whether a newline ends it."""
    *ended, last = text.split("\n")
    told = [(written(line), True) for line in ended]
    return [*told, (written(last), False)] if last or not ended else told


def is_long(line: str) -> bool:
    """Whether hues would cost more than they are worth: it is drawn in one piece."""
    return len(line) > _LONGEST_STYLED
