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
    head = ("", "what", "ours", "reference", "ratio", "goal")
    body = [head, *map(_cells, rows)]
    widths = [max(len(cells[column]) for cells in body) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.rjust(width) if column in (2, 4) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in body
    ]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, str, str, str, str, str]:
    mark = {True: "✓", False: "✗", None: " "}[row.met]
    reference = ratio = ""
    if row.reference is not None:
        reference = f"{_number(row.reference)} {row.unit}  {row.against}"
        ratio = f"{row.ours / row.reference:.2f}×" if row.reference else ""
    return mark, row.what, f"{_number(row.ours)} {row.unit}", reference, ratio, row.goal


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
