"""What stands in a draft as one mark and is more than that: a large paste, a picture.

In the draft a chip is one letter of Unicode's last private plane, so the caret steps over it and
one Backspace takes it away; it is drawn as its label and sent as what it holds.
"""

import re
from urllib.parse import unquote, urlsplit

import msgspec

from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import inert, one_line

LARGE_CHARACTERS, LARGE_LINES = 1_000, 8
"""A paste of more than this becomes a chip."""
_FIRST, _LAST = 0x100000, 0x10FFFD
_PRIVATE = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")
_LABEL = re.compile("\\[(?:pasted|picture)\u00a0[^\\]]*\\]")
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|webp)$", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")


class Chip(msgspec.Struct, frozen=True):
    """One of them."""

    label: str
    """As it is drawn, in brackets; its blanks don't break."""
    text: str
    """What is sent in its place."""
    picture: str = ""
    """Path of the picture it is; empty for text."""


class Chips:
    """All chips of one deck, whichever draft they stand in."""

    def __init__(self) -> None:
        self._held: dict[str, Chip] = {}
        self._table: dict[int, str] = {}

    def put(self, chip: Chip) -> str:
        """Its letter, from now on; the same chip keeps the one it has."""
        known = next((mark for mark, held in self._held.items() if held == chip), "")
        if known:
            return known
        mark = next(chr(code) for code in range(_FIRST, _LAST) if chr(code) not in self._held)
        self.load({mark: chip})
        return mark

    def at(self, mark: str) -> Chip | None:
        return self._held.get(mark)

    def whole(self, draft: str) -> str:
        """The text a draft stands for."""
        return _PRIVATE.sub(lambda found: self._text(found[0]), draft) if self._held else draft

    def drawn(self, draft: str) -> str:
        """The draft as it is shown: inert, chips as their labels; letter by letter."""
        shown = inert(draft)
        return shown.translate(self._table) if self._table else shown

    def within(self, draft: str) -> dict[str, Chip]:
        """The chips of a draft by their letters, in its order."""
        marks = dict.fromkeys(_PRIVATE.findall(draft)) if self._held else {}
        return {mark: self._held[mark] for mark in marks if mark in self._held}

    def load(self, chips: dict[str, Chip]) -> None:
        """Take chips with their letters, as an earlier deck had them."""
        self._held |= chips
        self._table |= {ord(mark): chip.label for mark, chip in chips.items()}

    def _text(self, mark: str) -> str:
        chip = self._held.get(mark)
        return mark if chip is None else chip.text


def pasted(text: str) -> Chip | None:
    """The chip a paste becomes; None while it is short enough to be read where it stands."""
    lines = text.count("\n") + (not text.endswith("\n"))
    if len(text) <= LARGE_CHARACTERS and lines <= LARGE_LINES and not _PRIVATE.search(text):
        return None
    size = counted(lines, "line") if lines > 1 else f"{len(text):,} characters"
    return Chip(_label(f"pasted {size}"), text)


def pictured(path: str) -> Chip:
    """The chip of a picture."""
    name = one_line(path.rpartition("/")[2], 40).replace("]", "")
    return Chip(_label(f"picture {name}"), f"[picture {name}]", path)


def picture_path(text: str) -> str:
    """The path of a picture as terminals paste what is dropped on them; empty for other text.

    Quoted as by a shell, or a `file:` address (RFC 8089).
    """
    path = text.strip()
    if "\n" in path or not 1 < len(path) < 4096:
        return ""
    if path.startswith("file://"):
        path = unquote(urlsplit(path).path)
    elif path[0] in "'\"" and path[-1] == path[0]:
        path = path[1:-1]
    else:
        path = _ESCAPED.sub(r"\1", path)
    return path if path.startswith(("/", "~/")) and _PICTURE.search(path) else ""


def labels(shown: str) -> list[tuple[int, int]]:
    """Where labels stand in drawn text."""
    return [found.span() for found in _LABEL.finditer(shown)]


def _label(words: str) -> str:
    return f"[{words}]".replace(" ", "\u00a0")
