"""The output stage: only cells that differ from what the terminal shows are written.

It remembers the strips it painted, by place. A strip at the same place is compared with the one
before and only its changed middle goes out, with colours sent when they change and not around every
piece. What is not known to be on the screen is painted whole, so forgetting is always safe.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from steerdeck.output.backlog import FAR, Backlog, Fragment, without
from steerdeck.output.sanitise import clean, is_link

_ERASE_FROM = 8
"""Blanks at the end of a piece that are shorter to erase than to write."""
_OFF = {"1": "22", "2": "22", "4": "24", "7": "27"}
"""What ends an attribute on every terminal; the first two end together."""
_UNSEEN = ("", "1", "2", "3")
"""Attributes that no blank shows: what is seen of it is its ground."""


class _Sgr(NamedTuple):
    """What a style sends: attributes, foreground and background, as numbers with semicolons."""

    attributes: str
    fg: str
    bg: str
    link: str = ""
    """An address for OSC 8."""


_PLAIN = _Sgr("", "39", "49")


@lru_cache(512)
def _sgr(style: Style | None, system: ColorSystem) -> _Sgr:
    if style is None:
        return _PLAIN
    codes = [
        code
        for code, on in (
            ("1", style.bold),
            ("2", style.dim),
            ("3", style.italic),
            ("4", style.underline),
            ("5", style.blink),
            ("7", style.reverse),
            ("9", style.strike),
        )
        if on
    ]
    fg, bg = (
        ";".join(colour.downgrade(system).get_ansi_codes(foreground=front)) if colour else default
        for colour, front, default in ((style.color, True, "39"), (style.bgcolor, False, "49"))
    )
    link = style.link if style.link and is_link(style.link) else ""
    return _Sgr(";".join(codes), fg, bg, link)


@lru_cache(512)
def _change(old: _Sgr | None, new: _Sgr) -> str:
    attributes = _turned(old.attributes, new.attributes) if old is not None else None
    if old is None or attributes is None:
        parts = ["0", new.attributes]
        parts += [new.fg] if new.fg != "39" else []
        parts += [new.bg] if new.bg != "49" else []
    else:
        fg, bg = (new.fg if new.fg != old.fg else "", new.bg if new.bg != old.bg else "")
        parts = [*attributes, fg, bg]
    return "\x1b[" + ";".join(part for part in parts if part) + "m"


def _turned(old: str, new: str) -> list[str] | None:
    """What turns these attributes into those; None where only a reset surely does."""
    had, has = ([one for one in codes.split(";") if one] for codes in (old, new))
    gone = {one for one in had if one not in has}
    if not gone <= _OFF.keys():
        return None
    off = {_OFF[one] for one in gone}
    kept = [one for one in had if one in has and _OFF.get(one) not in off]
    return [*sorted(off), *(one for one in has if one not in kept)]


def _linked(target: str) -> str:
    """From here on what is written leads there; an empty target ends that."""
    return f"\x1b]8;;{target}\x1b\\"


class _Piece(NamedTuple):
    """Text of one style."""

    text: str
    sgr: _Sgr
    bare: bool
    """Whether nothing is seen of it but its ground."""


def _pieces(segments: Iterable[Segment], system: ColorSystem) -> list[_Piece]:
    """What is written of these; blanks beside each other on one ground are erased in one go."""
    pieces = list[_Piece]()
    for segment in segments:
        if segment.control:
            continue
        text, sgr = clean(segment.text), _sgr(segment.style, system)
        bare = not text.strip(" ") and sgr.attributes in _UNSEEN
        if bare and pieces and pieces[-1].bare and pieces[-1].sgr[2:] == sgr[2:]:
            text += pieces.pop().text
        pieces.append(_Piece(text, sgr, bare))
    return pieces


def _shared(one: str, other: str, limit: int) -> int:
    """How many characters both texts begin with, `limit` at most."""
    count = min(len(one), len(other), limit)
    if one[:count] == other[:count]:
        return count
    for index in range(count):
        if one[index] != other[index]:
            return index
    return count


def changed(old: Sequence[Segment], new: Sequence[Segment]) -> tuple[int, list[Segment]]:
    """The cell offset of what differs and the new segments there; both take the same cells.

    Texts are trimmed by characters only where they are ASCII: elsewhere a character may belong to
    the cell before it.
    """
    head, most = 0, min(len(old), len(new))
    offset = 0
    while head < most and new[head] == old[head]:
        offset += new[head].cell_length
        head += 1
    if head == len(new):
        return offset, []
    tail = 0
    while tail < most - head and new[-1 - tail] == old[-1 - tail]:
        tail += 1
    middle, before = list(new[head : len(new) - tail]), old[head : len(old) - tail]
    if not middle or not before:
        return offset, middle
    first = middle[0]
    if first.style == before[0].style and first.text.isascii() and before[0].text.isascii():
        same = _shared(first.text, before[0].text, len(first.text))
        offset += same
        middle[0] = Segment(first.text[same:], first.style)
    last = middle[-1]
    if last.style == before[-1].style and last.text.isascii() and before[-1].text.isascii():
        room = len(before[-1].text)
        if len(before) == 1:
            room -= len(first.text) - len(middle[0].text)
        same = _shared(last.text[::-1], before[-1].text[::-1], min(len(last.text), room))
        middle[-1] = Segment(last.text[: len(last.text) - same], last.style)
    return offset, [segment for segment in middle if segment.text]


def _narrow(strip: Strip) -> bool:
    """Whether each of its characters takes one cell, so that no cut goes through one."""
    text = strip.text
    return text.isascii() or all(get_character_cell_size(one) == 1 for one in text)


def _clear(row: dict[int, Strip], start: int, end: int) -> None:
    """Forget what these cells show; what is beside them stays known where no character is cut."""
    for x, strip in list(row.items()):
        if x < end and x + strip.cell_length > start:
            del row[x]
            if _narrow(strip):
                row.update(without(strip, x, start, end))


def _covering(row: dict[int, Strip], start: int, end: int) -> Strip | None:
    """What these cells show; None where that is not known of all of them."""
    found, at = list[Strip](), start
    for x in sorted(row):
        strip = row[x]
        if x + strip.cell_length <= at:
            continue
        if x > at or at >= end:
            break
        if x < start or x + strip.cell_length > end:
            if not _narrow(strip):
                return None
            found.append(strip.crop(at - x, end - x))
        else:
            found.append(strip)
        at = x + strip.cell_length
    return Strip.join(found) if at >= end else None


class Stage:
    """What the terminal shows, and the shortest way from there to the next frame."""

    def __init__(self, *, erases: bool = True, links: bool = True) -> None:
        """`erases` says that the terminal erases with the background colour in force.

        `links` that it knows OSC 8, or at least passes it over.
        """
        self.erases = erases
        self.links = links
        self.bytes = 0
        self.frames = 0
        self.backlog = Backlog()
        """What was drawn and waits for its turn on the line."""
        self._shown: dict[int, dict[int, Strip]] = {}
        self._below = (-1, -1)
        """The place right below the cursor, where that is known."""

    def forget(self) -> None:
        """The terminal may show anything now: the next frame is painted whole."""
        self._shown = {}

    def news(self, x: int, y: int, strips: Sequence[Strip]) -> list[Fragment]:
        """Those of some rows below each other that are not the very strips on the terminal."""
        shown, backlog = self._shown, self.backlog
        return [
            Fragment(row, x, strip)
            for row, strip in enumerate(strips, y)
            if row not in shown or shown[row].get(x) is not strip or backlog.touches(row)
        ]

    def paint_owed(self, system: ColorSystem, most: int, least: int = FAR) -> str:
        """As `paint`, of what waits: those up to the rank `least`, in their turn."""
        return self.paint(self.backlog.take(least), system, most)

    def paint(
        self, fragments: Iterable[Fragment], system: ColorSystem, most: int | None = None
    ) -> str:
        """The text that brings these fragments to the terminal; empty when all is there.

        No more is taken from the fragments once it is `most` characters long.
        """
        out: list[str] = []
        state: _Sgr | None = None
        size = 0
        self._below = (-1, -1)
        for y, x, strip in fragments:
            first = len(out)
            state = self._place(out, y, x, strip, state, system)
            size += sum(map(len, out[first:]))
            if most is not None and size >= most:
                break
        if not out:
            return ""
        if state is not None and state.link and self.links:
            out.append(_linked(""))
        out.append("\x1b[0m")
        text = "".join(out)
        self.frames += 1
        self.bytes += len(text)
        return text

    def _place(
        self, out: list[str], y: int, x: int, strip: Strip, state: _Sgr | None, system: ColorSystem
    ) -> _Sgr | None:
        """Write what of a strip is not on the terminal."""
        row = self._shown.setdefault(y, {})
        old = row.get(x)
        if old is strip:
            return state
        if old is None or old.cell_length != strip.cell_length:
            old = _covering(row, x, x + strip.cell_length)
            _clear(row, x, x + strip.cell_length)
        offset, segments = (0, list(strip)) if old is None else changed(list(old), list(strip))
        row[x] = strip
        pieces = _pieces(segments, system)
        if not pieces:
            return state
        place = (y, x + offset)
        out.append("\x1b[B" if place == self._below else f"\x1b[{y + 1};{x + offset + 1}H")
        state = self._write(out, pieces, state)
        # What is erased leaves the cursor where it was.
        erased = len(pieces) == 1 and out[-1].startswith("\x1b[") and out[-1].endswith("X")
        self._below = (y + 1, x + offset) if erased else (-1, -1)
        return state

    def _write(self, out: list[str], pieces: Sequence[_Piece], state: _Sgr | None) -> _Sgr | None:
        for index, (text, piece, bare) in enumerate(pieces):
            sgr = piece
            if bare and (state is None or state.attributes in _UNSEEN):
                # What is on before stays on: it is not seen here, and the next piece may want it.
                sgr = (state or _PLAIN)._replace(bg=piece.bg, link=piece.link)
            body = text.rstrip(" ")
            blanks = len(text) - len(body)
            erased = self.erases and blanks >= _ERASE_FROM and (bare or not piece.attributes)
            if sgr != state:
                if self.links and sgr.link != (state.link if state is not None else ""):
                    out.append(_linked(sgr.link))
                if state is None or sgr[:3] != state[:3]:
                    out.append(_change(state, sgr))
                state = sgr
            if erased:
                last = index == len(pieces) - 1
                out.append(f"{body}\x1b[{blanks}X" + ("" if last else f"\x1b[{blanks}C"))
            else:
                out.append(text)
        return state
