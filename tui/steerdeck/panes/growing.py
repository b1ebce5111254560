"""A patch while the model is still writing it, as the hunks that are there so far.

What arrives is the text of a call that may never be made, so nothing is looked up and no line has
a number yet. Only what is new is read, and of a long patch only the end is drawn, standing still
for a few lines before it moves up: streamed text costs what it adds.
"""

import re
from typing import Literal

from msgspec.structs import replace

from steerdeck.panes.marks import tool_glyph
from steerdeck.text import Line, Span, foreign, path_spans
from steerdeck.widgets.diff_view import counts, diff_line
from steerdeck.widgets.unified import LONGEST, DiffLine
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line

_MOST, _STEP = 14, 7
"""Rows drawn of the file being written, and how many go at once when there are more."""
_FILES = 4
"""Files drawn, the one being written the last."""
_BEGIN = "*** Begin Patch"
_ARGUMENT = re.compile(r'\s*\{\s*"patch"\s*:\s*"')
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_WHOLE = re.compile(r'(?:[^"\\]+|\\u[0-9a-fA-F]{4}|\\[^u])*', re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_SECTION = re.compile(r"\*\*\* (Add|Delete|Update) File: *(.*?) *$")
_WORDS = {"Add": "new", "Delete": "deleted", "Update": ""}


class _File:
    """One file of the patch so far; a row that begins with `@` names a place."""

    def __init__(self, path: str, word: str) -> None:
        self.path, self.word = path, word
        self.rows: list[tuple[str, str]] = []
        self.added = self.removed = 0

    def take(self, row: str) -> None:
        if row.startswith("@@"):
            self.rows.append(("@", row))
        elif row[:1] in ("+", "-", " ", ""):
            self.rows.append((row[:1] or " ", row[1 : LONGEST + 1]))
            self.added += row[:1] == "+"
            self.removed += row[:1] == "-"


class Growing:
    """One call's text; `feed` it with all that has arrived, then draw its `lines`."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._raw = ""
        self._at = 0
        self._form: Literal["unknown", "plain", "argument", "other"] = "unknown"
        self._envelope = False
        self._row = ""
        self._files: list[_File] = []

    def feed(self, raw: str) -> bool:
        """Read what is new in it, and say whether anything was; a text read anew begins anew."""
        if raw == self._raw:
            return False
        if not raw.startswith(self._raw):
            self._forget()
        self._raw = raw
        if self._form == "unknown":
            self._tell_form(raw)
        if self._form in ("plain", "argument"):
            *rows, self._row = (self._row + self._new(raw)).split("\n")
            for row in rows:
                self._take(row.removesuffix("\r"))
        return True

    def _tell_form(self, raw: str) -> None:
        """Whether this is a patch at all: plain, or the argument of a function."""
        begins = raw.lstrip()
        if found := _ARGUMENT.match(raw):
            self._form, self._at = "argument", found.end()
        elif begins.startswith(_BEGIN):
            self._form = "plain"
        elif not (_BEGIN.startswith(begins) or (begins[:1] == "{" and len(begins) < 40)):
            self._form = "other"

    def _new(self, raw: str) -> str:
        """The text that was not read before, without an escape that is not whole yet."""
        if self._form == "plain":
            piece, self._at = raw[self._at :], len(raw)
            return piece
        found = _WHOLE.match(raw, self._at)
        piece = found[0] if found else ""
        if re.search(r"\\u[dD][89abAB]..$", piece):
            piece = piece[:-6]
        self._at += len(piece)
        text = _ESCAPED.sub(
            lambda one: chr(int(one[1], 16)) if one[1] else _LETTERS.get(one[2], one[2]), piece
        )
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _take(self, row: str) -> None:
        """One whole line of the patch."""
        self._envelope = self._envelope or row.strip() == _BEGIN
        if section := _SECTION.match(row.strip()) if row.startswith("***") else None:
            self._files.append(_File(section[2], _WORDS[section[1]]))
        elif row.startswith("*** Move to: ") and self._files:
            self._files[-1].word = f"moves to {row[13:].strip()}"
        elif not self._envelope and row.startswith(("--- ", "diff --git ", "index ")):
            return
        elif not self._envelope and row.startswith("+++ "):
            self._files.append(_File(row[4:].removeprefix("b/"), ""))
        elif self._files and not row.startswith("*** "):
            self._files[-1].take(row)

    def lines(self, width: int, height: int = 40) -> list[Line]:
        """The files so far, and the end of what is being written; empty for no patch.

        With its file it fits into `height` rows, of which it takes at least four.
        """
        files = self._files[-_FILES if height > 2 * _FILES else -1 :]
        shown = [_head(file, width) for file in files]
        if not shown:
            return []
        rows = list(self._files[-1].rows)
        if self._row[:1] in ("+", "-", " ") and self._row.strip():
            rows.append((self._row[0], self._row[1 : LONGEST + 1]))
        most = max(2, min(_MOST, height - len(shown) - 2))
        step = min(_STEP, most // 2)
        first = -(-max(0, len(rows) - most) // step) * step
        if first:
            shown.append(Line((Span(f"{counted(first, 'line')} above", "t3"),), indent=4))
        return [*shown, *(_drawn(op, text) for op, text in rows[first:])]


def _head(file: _File, width: int) -> Line:
    right = counts(file.added, file.removed, strong=False)
    word = one_line(file.word, 40)
    room = max(8, width - 14 - len(word))
    spans = path_spans(one_line(file.path, 200), room)
    if word:
        spans = (*spans, foreign(f"  {word}", "t2"))
    return Line(spans, right, gutter=Span(tool_glyph("apply_patch"), "working"), indent=2)


def _drawn(op: str, text: str) -> Line:
    if op == "@":
        return Line((foreign(one_line(text, LONGEST), "t3"),), indent=4)
    sign: Literal["+", "-", " "] = "+" if op == "+" else "-" if op == "-" else " "
    line = diff_line(DiffLine(sign, 0, text), 2)
    _, *rest = line.spans
    return replace(line, spans=(Span("  "), *rest) if sign == " " else tuple(rest))
