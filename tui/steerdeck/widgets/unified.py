"""Unified diffs read into numbered lines: pure, capped, and never an error.

What is not part of a hunk is skipped, a diff that ends in the middle gives what was there. Word
marks come from the common head and tail of a changed line, at word boundaries: cheap enough for
the deck's loop, which no difflib may enter.
"""

import re
from typing import Literal

import msgspec

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")
_COMMON = 0.4
"""Words are marked only where this share of the longer line is common to both."""
LINES = 20_000
LONGEST = 2_000


class DiffLine(msgspec.Struct, frozen=True, gc=False):
    """One line: its number in its file (the old one for removed lines), and what changed in it.

    `mark` is the (start, end) of the changed words in `text`; equal numbers mean no mark.
    """

    sign: Literal[" ", "+", "-"]
    number: int
    text: str
    mark: tuple[int, int] = (0, 0)


class Hunk(msgspec.Struct, frozen=True):
    """Lines around one change; `start` is the first number in the new file."""

    start: int
    section: str
    lines: tuple[DiffLine, ...]


class FileDiff(msgspec.Struct, frozen=True):
    """One file's change. `was` is the old path where it differs, empty for a new file's."""

    path: str
    was: str
    added: int
    removed: int
    hunks: tuple[Hunk, ...]
    note: str = ""


class Diff(msgspec.Struct, frozen=True):
    """All files; `cut` says how many lines were not read."""

    files: tuple[FileDiff, ...]
    cut: int = 0


def marks(old: str, new: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """The changed words of two lines; both empty when too little of them is common."""
    none = ((0, 0), (0, 0))
    longest = max(len(old), len(new))
    if not longest or longest > LONGEST or old == new:
        return none
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    if (head + tail) / longest < _COMMON:
        return none
    while head and _word(old[head - 1 : head + 1], new[head - 1 : head + 1]):
        head -= 1
    while tail and _word(
        old[len(old) - tail - 1 : len(old) - tail + 1],
        new[len(new) - tail - 1 : len(new) - tail + 1],
    ):
        tail -= 1
    return _tight(old, head, len(old) - tail), _tight(new, head, len(new) - tail)


def _tight(text: str, start: int, end: int) -> tuple[int, int]:
    """The mark without the blanks at its ends."""
    while start < end and text[start] == " ":
        start += 1
    while end > start and text[end - 1] == " ":
        end -= 1
    return start, end


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    for index, (mine, yours) in enumerate(zip(one, other, strict=False)):
        if mine != yours:
            return index
    return min(len(one), len(other))


def _word(*pairs: str) -> bool:
    """Whether a boundary between two characters would part a word."""
    return any(
        len(pair) == 2 and all(letter.isalnum() or letter == "_" for letter in pair)
        for pair in pairs
    )


class _Reader:
    """Collects lines of the hunk and the file that are open."""

    def __init__(self) -> None:
        self.files: list[FileDiff] = []
        self._path = self._was = self._note = ""
        self._hunks: list[Hunk] = []
        self._open: tuple[int, str] | None = None
        self._lines: list[DiffLine] = []
        self._old = self._new = 0
        self._left = (0, 0)

    def read(self, text: str) -> None:
        if max(self._left) > 0 and text[:1] in (" ", "+", "-", ""):
            self._line(text)
        elif text.startswith(("diff --git ", "--- ")):
            if text.startswith("diff ") or self._hunks or self._open:
                self.end_file()
            if text.startswith("--- "):
                self._was = _name(text[4:])
            else:
                self._path = text.rpartition(" b/")[2]
        elif text.startswith("+++ "):
            self._path = _name(text[4:]) or self._was
        elif match := _HUNK.match(text):
            self._end_hunk()
            self._old, self._new = int(match[1]), int(match[3])
            self._left = (int(match[2] or 1), int(match[4] or 1))
            self._open = (self._new, match[5])
        elif text.startswith(("rename from ", "copy from ")):
            self._was = text.partition(" from ")[2]
        elif text.startswith(("Binary files ", "new file mode", "deleted file mode", "new mode")):
            self._note = "binary" if text[0] == "B" else text.partition(" mode")[0]

    def _line(self, text: str) -> None:
        sign, rest = text[:1] or " ", text[1 : LONGEST + 1]
        old, new = self._left
        self._left = (old - (sign != "+"), new - (sign != "-"))
        if sign == "-":
            self._lines.append(DiffLine("-", self._old, rest))
            self._old += 1
            return
        self._lines.append(DiffLine("+" if sign == "+" else " ", self._new, rest))
        self._new += 1
        self._old += sign == " "

    def _end_hunk(self) -> None:
        if self._open is not None:
            start, section = self._open
            self._hunks.append(Hunk(start, section, _marked(self._lines)))
        self._open, self._lines, self._left = None, [], (0, 0)

    def end_file(self) -> None:
        self._end_hunk()
        if self._path or self._was or self._hunks:
            signs = [line.sign for hunk in self._hunks for line in hunk.lines]
            was = self._was if self._was != self._path else ""
            self.files.append(
                FileDiff(
                    self._path or self._was,
                    was,
                    signs.count("+"),
                    signs.count("-"),
                    tuple(self._hunks),
                    self._note,
                )
            )
        self._path = self._was = self._note = ""
        self._hunks = []


def _name(text: str) -> str:
    """The path of a `---` or `+++` line, without the prefix, timestamp and /dev/null."""
    name = text.partition("\t")[0].strip().strip('"')
    if name == "/dev/null":
        return ""
    return name[2:] if name[:2] in ("a/", "b/") else name


def _marked(lines: list[DiffLine]) -> tuple[DiffLine, ...]:
    """The lines with word marks where as many lines were added as removed before them."""
    done: list[DiffLine] = []
    index = 0
    while index < len(lines):
        removed = index
        while removed < len(lines) and lines[removed].sign == "-":
            removed += 1
        added = removed
        while added < len(lines) and lines[added].sign == "+":
            added += 1
        count = removed - index
        if count and added - removed == count:
            both = [
                marks(lines[index + step].text, lines[removed + step].text) for step in range(count)
            ]
            for part, side in ((index, 0), (removed, 1)):
                done += [
                    msgspec.structs.replace(lines[part + step], mark=both[step][side])
                    for step in range(count)
                ]
        else:
            done += lines[index:added]
        if added == index:
            done.append(lines[index])
            added += 1
        index = added
    return tuple(done)


def parse(text: str, limit: int = LINES) -> Diff:
    """Read a unified diff; after `limit` lines the rest is only counted."""
    reader = _Reader()
    lines = text.split("\n")
    for line in lines[:limit]:
        if not line.startswith("\\"):
            reader.read(line)
    reader.end_file()
    return Diff(tuple(reader.files), max(0, len(lines) - limit))
