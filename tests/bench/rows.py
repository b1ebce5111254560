"""One row of the bench's table, the statistics behind it, and how the table is printed.

A number alone says little on a shared machine: a row therefore carries what it was measured
against in the same run, and the ratio of both is what is compared from one day to the next.
"""

import os
import platform
import sqlite3
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec


class Row(msgspec.Struct, frozen=True):
    """One measured thing."""

    what: str
    ours: float
    unit: str
    goal: str = ""
    """As the plan has it; empty where it has none."""
    met: bool | None = None
    """Whether the goal is reached; None where there is none."""
    reference: float | None = None
    against: str = ""
    """What the reference is."""
    name: str = ""
    """Of the goal it tells; empty where it only explains others."""
    by: str = ""
    """Another program whose number this is; empty for our own."""
    missing: str = ""
    """Why there is no number."""
    besides: str = ""
    """What has to be known with the number."""
    got: int = 1
    """Runs that gave a number, of which this is the one in the middle."""
    runs: int = 1
    """Runs there were."""
    least: float | None = None
    most: float | None = None
    """Of several runs; None where there was one."""


def median(values: Sequence[float]) -> float:
    return share(values, 50)


def share(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of them do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def within(
    what: str,
    ours: float,
    unit: str,
    *,
    most: float | None = None,
    least_ratio: float | None = None,
    most_ratio: float | None = None,
    reference: float | None = None,
    against: str = "",
) -> Row:
    """A row with its goal: at most so much, or so many times less or more than the reference."""
    goals, met = [], True
    if most is not None:
        goals.append(f"≤ {most:g} {unit}")
        met = met and ours <= most
    if most_ratio is not None and reference is not None:
        goals.append(f"≤ {most_ratio:g}×")
        met = met and ours <= most_ratio * reference
    if least_ratio is not None and reference is not None:
        goals.append(f"≤ 1/{least_ratio:g}")
        met = met and ours * least_ratio <= reference
    return Row(what, ours, unit, " and ".join(goals), met if goals else None, reference, against)


def machine() -> str:
    """What this was measured on, in one line."""
    model = ""
    about = Path("/proc/cpuinfo")
    if about.exists():
        names = [line for line in about.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else ""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{os.cpu_count()} cores {model or platform.machine()}, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, textual {version('textual')}, "
        f"SQLite {sqlite3.sqlite_version}, load {load}"
    )


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned text."""
    return aligned(("", "what", "ours", "reference", "ratio", "goal"), list(map(_cells, rows)))


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells as text in columns; numbers stand to the right."""
    body = [head, *rows]
    right = [column for column, name in enumerate(head) if name in ("ours", "here", "ratio")]
    widths = [max(len(cells[column]) for cells in body) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in body
    ]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def mark(row: Row) -> str:
    """Whether its goal is reached, as a sign."""
    return {True: "✓", False: "✗", None: " "}[row.met]


def amount(row: Row, value: float | None = None, limit: float | None = None) -> str:
    """A number in the row's unit; its own without one.

    With a limit it has the decimals that show on which side of it the number lies.
    """
    return f"{number(row.ours if value is None else value, limit)} {row.unit}".rstrip()


def number(value: float, limit: float | None = None) -> str:
    return _shown(value, 0 if value >= 100 else 1 if value >= 10 else 2, limit)


def ratio(ours: float, theirs: float, limit: float | None = None) -> str:
    return f"{_shown(ours / theirs, 2, limit)}×" if theirs else "–"


def _shown(value: float, digits: int, limit: float | None) -> str:
    if limit is not None:
        while digits < 6 and (float(f"{value:.{digits}f}") <= limit) != (value <= limit):
            digits += 1
    return f"{value:,.{digits}f}"


def _cells(row: Row) -> tuple[str, str, str, str, str, str]:
    what = f"{row.what}, {row.by}" if row.by and row.by != row.what else row.what
    if row.missing:
        return "–", what, "", row.missing, "", row.goal
    if row.reference is None:
        return mark(row), what, amount(row), "", "", row.goal
    reference = f"{amount(row, row.reference)}  {row.against}"
    return mark(row), what, amount(row), reference, ratio(row.ours, row.reference), row.goal
