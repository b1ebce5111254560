"""The change of one file as a unified diff for people, read off the origins of its lines."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from steerdeck_agents.tools.encoding import readable
from steerdeck_agents.tools.patch_lines import Line

_CONTEXT = 3


class Row(NamedTuple):
    """One line of a diff."""

    op: str
    line: Line


class Side(NamedTuple):
    """One side of a change: None as path is /dev/null, None as lines a binary file."""

    path: str | None
    lines: Sequence[Line] | None
    executable: bool = False


def unified(old: Side, new: Side) -> tuple[str, int, int]:
    """The text of the diff, and how many lines it adds and removes."""
    head = _head(old, new)
    if old.lines is None or new.lines is None:
        return f"{head}Binary file\n", 0, 0
    rows = list(_rows(old.lines, new.lines))
    added, removed = (sum(row.op == op for row in rows) for op in "+-")
    if not added and not removed:
        return head, 0, 0
    before = f"a/{old.path}" if old.path else "/dev/null"
    after = f"b/{new.path}" if new.path else "/dev/null"
    hides_returns = bool(old.lines) and all(
        line.end in ("\r\n", "") for line in [*old.lines, *new.lines]
    )
    body = "".join(_hunks(rows, hides_returns))
    return f"{head}--- {before}\n+++ {after}\n{body}", added, removed


def _head(old: Side, new: Side) -> str:
    lines = [f"diff --git a/{old.path or new.path} b/{new.path or old.path}"]
    if old.path is None:
        lines.append(f"new file mode {_mode(new)}")
    elif new.path is None:
        lines.append(f"deleted file mode {_mode(old)}")
    else:
        if old.executable != new.executable:
            lines += [f"old mode {_mode(old)}", f"new mode {_mode(new)}"]
        if old.path != new.path:
            lines += [f"rename from {old.path}", f"rename to {new.path}"]
    return "\n".join(lines) + "\n"


def _mode(side: Side) -> str:
    return "100755" if side.executable else "100644"


def _rows(old: Sequence[Line], new: Sequence[Line]) -> Iterator[Row]:
    """All lines of both sides; within a change what goes stands before what comes."""
    at = 0
    coming: list[Row] = []
    for line in new:
        origin = line.origin
        if origin is None or old[origin].end != line.end:
            coming.append(Row("+", line))
            continue
        yield from (Row("-", gone) for gone in old[at:origin])
        yield from coming
        coming.clear()
        yield Row(" ", line)
        at = origin + 1
    yield from (Row("-", gone) for gone in old[at:])
    yield from coming


def _hunks(rows: list[Row], hides_returns: bool) -> Iterator[str]:
    """Changes with three lines around them, near ones together."""
    changed = [index for index, row in enumerate(rows) if row.op != " "]
    breaks = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(changed)) if b - a > 2 * _CONTEXT + 1)]
    old_at, new_at, at = 1, 1, 0
    for first, following in zip(breaks, [*breaks[1:], len(changed)], strict=True):
        begin = max(0, changed[first] - _CONTEXT)
        end = min(len(rows), changed[following - 1] + 1 + _CONTEXT)
        old_at += begin - at
        new_at += begin - at
        part = rows[begin:end]
        olds, news = sum(row.op != "+" for row in part), sum(row.op != "-" for row in part)
        old_from, new_from = old_at - (not olds), new_at - (not news)
        yield f"@@ -{old_from},{olds} +{new_from},{news} @@\n"
        yield from (_shown(row, hides_returns) for row in part)
        old_at, new_at, at = old_at + olds, new_at + news, end


def _shown(row: Row, hides_returns: bool) -> str:
    returned = "\r" if row.line.end == "\r\n" and not hides_returns else ""
    text = f"{row.op}{readable(row.line.text)}{returned}\n"
    return text if row.line.end else f"{text}\\ No newline at end of file\n"
