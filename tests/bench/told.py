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


def peers_text(rows: Sequence[Row], measures: Collection[str]) -> str:
    """Other programs as aligned text, and where they are ahead; empty where none was looked for."""
    if "peers" not in measures:
        return ""
    goals = [goal for goal in GOALS if goal.peers]
    programs = _programs(rows)
    cells = [_beside(goal, rows, programs) for goal in goals]
    table = aligned(("", "here", *programs), cells) + "\n\n" if programs else ""
    return table + "\n".join(_plainly(goals, rows))


def readme_block(rows: Sequence[Row], machine: str, day: str) -> str:
    """The same as the README has it, with the machine and the day (2026-11-20)."""
    lines = [f"| {' | '.join(HEAD)} |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(_cells(goal, rows))} |" for goal in GOALS]
    goals = [goal for goal in GOALS if goal.peers]
    programs = _programs(rows)
    if programs:
        lines += ["", f"|  | here | {' | '.join(programs)} |", "|---" * (len(programs) + 2) + "|"]
        lines += [f"| {' | '.join(_beside(goal, rows, programs))} |" for goal in goals]
    if plainly := _plainly(goals, rows):
        lines += ["", *plainly]
    return "\n".join([*lines, "", f"Measured on {day}: {machine}."])


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
    own = _own(goal, rows)
    if own is None or own.missing:
        why = own.missing if own else "its measure was not taken or failed"
        return ("–", goal.what, "not measured", " and ".join(limit), why)
    beside = []
    if own.reference is not None:
        before = amount(own, own.reference)
        beside += [f"{own.against} {before} ({ratio(own.ours, own.reference)})"]
    if best := _best(goal, rows):
        beside += [f"best of the others: {best.by} {amount(best)} ({ratio(own.ours, best.ours)})"]
    return (mark(own), goal.what, _number(own), " and ".join(limit), "; ".join(beside))


def _own(goal: Goal, rows: Sequence[Row]) -> Row | None:
    return next((row for row in rows if row.name == goal.name and not row.by), None)


def _theirs(goal: Goal, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.name == goal.name and row.by and not row.missing]


def _best(goal: Goal, rows: Sequence[Row]) -> Row | None:
    return min(_theirs(goal, rows), key=lambda row: row.ours, default=None)


def _programs(rows: Sequence[Row]) -> list[str]:
    """Names and versions of the other programs that were driven, in their order."""
    return list(dict.fromkeys(row.by for row in rows if row.by and row.name))


def _beside(goal: Goal, rows: Sequence[Row], programs: Sequence[str]) -> tuple[str, ...]:
    own = _own(goal, rows)
    theirs = {row.by: _number(row) for row in _theirs(goal, rows)}
    here = "–" if own is None or own.missing else _number(own)
    return (goal.what, here, *(theirs.get(program, "–") for program in programs))


def _number(row: Row) -> str:
    """With how many runs had it where not all had."""
    return amount(row) if row.got == row.runs else f"{amount(row)} ({row.got} of {row.runs} runs)"


def _plainly(goals: Sequence[Goal], rows: Sequence[Row]) -> list[str]:
    """Where another program is ahead and why, and what could not be measured."""
    lines = []
    for goal in goals:
        own, best = _own(goal, rows), _best(goal, rows)
        if best and own and not own.missing and best.ours < own.ours:
            told = f"{best.by} {amount(best)}, here {amount(own)}"
            lines.append(f"- Behind in {goal.what}: {told}. {goal.behind}")
    absent: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.by and row.missing:
            absent.setdefault(row.missing.rstrip("."), {})[row.by] = None
    lines += [f"- {', '.join(programs)}: {why}." for why, programs in absent.items()]
    runs = max((row.runs for row in rows if row.by and row.name), default=0)
    if runs:
        many = f"{runs} runs in turn, ours beside theirs; the one in the middle is told"
        lines.append(f"- Other programs: {many if runs > 1 else 'one run'}.")
    return lines
