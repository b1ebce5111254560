"""The plain text of what was sent to a terminal: what a reader would have seen, line by line.

Colours, titles and cursor moves are taken out; a line that was written over, as progress bars do,
is shown as it ended. Moves to other lines are left out, since there is no screen here.
"""

import re

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)(?P<numbers>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|\Z)"
    r"|\x1b[ -/]*[0-~]|\x1b"
)
_BEGUN = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)?\Z")
_LONGEST_BEGUN = 256
_WIDEST = 4096
"""Columns a cursor may be moved to; a line itself may be as long as it likes."""
_OTHERS = {code: None for code in (*range(0x20), 0x7F, *range(0x80, 0xA0)) if code not in (9, 10)}


def plain(text: str) -> str:
    """Text that had been written to a terminal, with newlines and tabs as its only controls."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line if line.isprintable() else _line(line.rstrip("\r")) for line in lines)


def begun(data: bytes) -> int:
    """How many bytes at the end are an escape sequence whose rest has not come yet."""
    found = _BEGUN.search(data[-_LONGEST_BEGUN:])
    return len(found[0]) if found else 0


def _line(line: str) -> str:
    cells: list[str] = []
    column = place = 0
    for found in _SEQUENCE.finditer(line):
        column = _write(cells, column, line[place : found.start()])
        column = _move(cells, column, found["numbers"] or "", found["final"] or "")
        place = found.end()
    _write(cells, column, line[place:])
    return "".join(cells)


def _write(cells: list[str], column: int, text: str) -> int:
    """Put text into a line from a column on; the column behind it."""
    for part in re.split(r"([\r\b])", text):
        if part == "\r":
            column = 0
        elif part == "\b":
            column = max(0, column - 1)
        elif shown := part.translate(_OTHERS):
            cells += " " * (column - len(cells))
            cells[column : column + len(shown)] = shown
            column += len(shown)
    return column


def _move(cells: list[str], column: int, numbers: str, final: str) -> int:
    """Follow a sequence that moves the cursor in its line or wipes part of it (ECMA-48)."""
    count = int(numbers) if numbers.isdecimal() and len(numbers) < 5 else 0
    match final:
        case "C":
            return min(_WIDEST, column + max(1, count))
        case "D":
            return max(0, column - max(1, count))
        case "G":
            return min(_WIDEST, max(1, count) - 1)
        case "K" if count == 0:
            del cells[column:]
        case "K" if count == 2:
            cells.clear()
        case "K" if count == 1:
            cells[: column + 1] = " " * min(len(cells), column + 1)
        case "P":
            del cells[column : column + max(1, count)]
    return column
