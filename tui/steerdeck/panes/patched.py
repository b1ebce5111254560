"""A patch that is decided on: its own text as a diff, with one head a file.

What a head stands for is left out only where it says that and nothing else; any other line is shown
as it came. Where a hunk ends is counted, as a patch counts it, so that no line of a file can pass
for a head.
"""

import re
from collections.abc import Iterator

from steerdeck.glyphs import glyphs, kept
from steerdeck.panes.exact import Look, rows, written
from steerdeck.text import BLANK, Line, Span
from steerdeck_themes.palettes import Token

_GIT = "diff --git "
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


def diff_rows(diff: str, width: int) -> list[Line]:
    """A unified diff, letter by letter; kept, since a patch may be long and is drawn often."""
    return list(_diff(diff, width))


@kept(4)
def _diff(diff: str, width: int) -> tuple[Line, ...]:
    lines = diff.split("\n")
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    return tuple(_drawn(lines, width))


def _drawn(lines: list[str], width: int) -> Iterator[Line]:
    at = old = new = 0
    while at < len(lines):
        line = lines[at]
        inside = old > 0 or new > 0
        head = None if inside or not line.startswith(_GIT) else _head(lines, at)
        if head is not None:
            taken, path, note = head
            if at:
                yield BLANK
            yield from _file(path, note, width)
            at += taken
            continue
        if inside:
            old -= line[:1] in ("-", " ", "")
            new -= line[:1] in ("+", " ", "")
        elif found := _HUNK.match(line):
            old, new = (int(count or 1) for count in found.groups())
        yield from _line(line, width, inside=inside)
        at += 1


def _head(lines: list[str], at: int) -> tuple[int, str, str] | None:
    """How many lines a head stands for, the path, and what happens to the file."""
    told = lines[at : at + 4]
    if told[1:2] and told[1].startswith("--- a/"):
        path = told[1].removeprefix("--- a/")
        if told[:3] == [_both(path), f"--- a/{path}", f"+++ b/{path}"]:
            return 3, path, ""
    if len(told) == 4 and told[3].startswith("+++ b/"):
        path = told[3].removeprefix("+++ b/")
        if told[:3] == [_both(path), "new file mode 100644", "--- /dev/null"]:
            return 4, path, "new file"
    if len(told) == 4 and told[2].startswith("--- a/"):
        path = told[2].removeprefix("--- a/")
        if told == [_both(path), "deleted file mode 100644", f"--- a/{path}", "+++ /dev/null"]:
            return 4, path, "removed"
    return None


def _both(path: str) -> str:
    return f"{_GIT}a/{path} b/{path}"


def _file(path: str, note: str, width: int) -> list[Line]:
    spans = [Span(written(path), "t0", bold=True)]
    if note:
        spans.append(Span(f"   {note}", "t2"))
    return rows(spans, Look(width, indent=2, bg=None, ends=False), more=False)


def _line(line: str, width: int, *, inside: bool) -> list[Line]:
    """A line of a hunk without its first letter, which is its sign; any other one whole."""
    fg: Token = "t2"
    bg: Token | None = None
    sign = line[:1]
    if not inside and line.startswith(("+++", "---", _GIT, "index ")):
        fg = "t0" if line.startswith("+++") else "t3"
    elif sign == "+":
        fg, bg = "add", "add_bg"
    elif sign == "-":
        fg, bg = "rem", "rem_bg"
    elif sign == "@":
        fg = "t3"
    told = line[1:] if bg or sign == " " else line
    gutter = Span(glyphs().removed if sign == "-" else sign, fg) if bg else None
    look = Look(width, indent=2, bg=bg, ends=False)
    return rows([Span(written(told), "t1" if bg else fg)], look, more=False, gutter=gutter)
