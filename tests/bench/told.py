"""What the bench tells: the goals first, each beside its number, then all other rows.

The README's table is written from here and from nowhere else.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from bench.goals import GOALS, Goal
from bench.rows import Row, aligned, amount, mark, ratio

HEAD = ("", "goal", "here", "within", "beside, in the same run")
BEGIN, END = "<!-- bench -->\n", "\n<!-- /bench -->"


def goals_text(rows: Sequence[Row], measures: Collection[str]) -> str:
    """Every goal of these measures as aligned text."""
    return aligned(HEAD, [_cells(goal, rows) for goal in GOALS if goal.measure in measures])


def readme_block(rows: Sequence[Row], machine: str, day: str) -> str:
    """The same as the README has it, with the machine and the day (2026-11-20)."""
    lines = [f"| {' | '.join(HEAD)} |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(_cells(goal, rows))} |" for goal in GOALS]
    return "\n".join(lines) + f"\n\nMeasured on {day} in one run: {machine}."


def write_readme(readme: Path, block: str) -> None:
    """Put the block between its marks; ValueError where the marks are not."""
    text = readme.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{readme} has no {BEGIN.strip()} … {END.strip()} to write between.")
    readme.write_text(f"{before}{begin}{block}{end}{after}")


def _cells(goal: Goal, rows: Sequence[Row]) -> tuple[str, ...]:
    limit = [f"≤ {goal.most:g} {goal.unit}"]
    limit += [f"≤ {goal.most_ratio:g}×"] if goal.most_ratio else []
    limit += [f"≤ 1/{goal.least_ratio:g}"] if goal.least_ratio else []
    found = [row for row in rows if row.name == goal.name]
    own = next((row for row in found if not row.by), None)
    if own is None or own.missing:
        why = own.missing if own else "its measure was not taken or failed"
        return ("–", goal.what, "not measured", " and ".join(limit), why)
    beside = [f"{one.by} {amount(one)} ({ratio(own.ours, one.ours)})" for one in found if one.by]
    if goal.peers:
        told = {one.by for one in found}
        beside += [f"{one.by}: {one.missing}" for one in rows if one.missing and one.by not in told]
    if own.reference is not None:
        beside.insert(0, f"{own.against} {amount(own, own.reference)}"
                         f" ({ratio(own.ours, own.reference)})")  # fmt: skip
    return (mark(own), goal.what, amount(own), " and ".join(limit), "; ".join(beside))
