"""What the bench tells: the goals first, each beside its number, then all other rows.

The README's table is written from here and from nowhere else.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from bench.goals import GOALS, Goal
from bench.rows import Row, aligned, amount, mark, number, ratio

HEAD = ("", "goal", "here", "within", "beside, in the same run")
BEGIN, END = "<!-- bench -->\n", "\n<!-- /bench -->"


def goals_text(rows: Sequence[Row], measures: Collection[str]) -> str:
    """Every goal of these measures as aligned text."""
    return aligned(HEAD, [_cells(goal, rows) for goal in GOALS if goal.measure in measures])


def peers_text(rows: Sequence[Row], measures: Collection[str]) -> str:
    """Other programs as aligned text; empty where none was measured."""
    programs = _programs(rows)
    if "peers" not in measures or not programs:
        return ""
    cells = [_beside(goal, rows, programs) for goal in GOALS if goal.peers]
    return aligned(("", "here", *programs), cells)


def remarks_text(rows: Sequence[Row]) -> str:
    """What is missed, where another program is ahead, why, and how many runs there were."""
    return "\n".join(_remarks(rows))


def readme_block(rows: Sequence[Row], machine: str, day: str) -> str:
    """The same as the README has it, with the machine and the day (2026-11-20)."""
    lines = [f"| {' | '.join(HEAD)} |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(_cells(goal, rows))} |" for goal in GOALS]
    programs = _programs(rows)
    if programs:
        goals = [goal for goal in GOALS if goal.peers]
        lines += ["", f"|  | here | {' | '.join(programs)} |", "|---" * (len(programs) + 2) + "|"]
        lines += [f"| {' | '.join(_beside(goal, rows, programs))} |" for goal in goals]
    return "\n".join([*lines, "", *_remarks(rows), "", f"Measured on {day}: {machine}."])


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
        times = ratio(own.ours, own.reference, _most_times(goal))
        beside += [f"{own.against} {before} ({times})"]
    beside += [own.besides] if own.besides else []
    if best := _best(goal, rows):
        told = f"{best.by} {_with_range(best)} ({ratio(own.ours, best.ours)})"
        beside += [f"best of the others: {told}"]
    here = _with_range(own, goal.most)
    return (mark(own), goal.what, here, " and ".join(limit), "; ".join(beside))


def _most_times(goal: Goal) -> float | None:
    """How many times the reference it may be at most."""
    return 1 / goal.least_ratio if goal.least_ratio else goal.most_ratio


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
    return amount(row) if row.got == row.runs else f"{amount(row)} ({_got(row)})"


def _got(row: Row) -> str:
    return f"{row.got} of {row.runs} runs"


def _with_range(row: Row, limit: float | None = None) -> str:
    """The number, the least and the most that a run had, and how many had it where not all had."""
    more = []
    if row.least is not None and row.most is not None:
        more += [f"{number(row.least, limit)} to {number(row.most, limit)}"]
    more += [] if row.got == row.runs else [_got(row)]
    told = amount(row, limit=limit)
    return f"{told} ({', '.join(more)})" if more else told


def _remarks(rows: Sequence[Row]) -> list[str]:
    lines = [line for goal in GOALS if (line := _short_of(goal, rows))]
    absent: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.by and row.missing:
            absent.setdefault(row.missing.rstrip("."), {})[row.by] = None
    lines += [f"- {', '.join(programs)}: {why}." for why, programs in absent.items()]
    runs = max((row.runs for row in rows), default=1)
    many = (
        f"{runs} runs, ours and other programs' in turn: of each number the one in the middle is"
        " told, and the least and the most"
    )
    return [*lines, f"- {many if runs > 1 else 'One run, of ours and of other programs'}."]


def _short_of(goal: Goal, rows: Sequence[Row]) -> str:
    """That a goal is missed or another program ahead, and why; empty where neither is so."""
    own, best = _own(goal, rows), _best(goal, rows)
    if own is None or own.missing:
        return ""
    missed, behind = own.met is False, best is not None and best.ours < own.ours
    if not (missed or behind):
        return ""
    verdict = " and ".join(["missed"] * missed + ["behind"] * behind).capitalize()
    told = [f"{amount(own, limit=goal.most)} here"]
    told += [f"{best.by} {amount(best)}"] if best and behind else []
    why = goal.because or "Why is not known yet."
    if goal.floor and missed and own.reference is not None and own.reference > goal.most:
        why += f" More than the goal is taken by {own.against}: {amount(own, own.reference)}."
    return f"- {verdict}, {goal.what}: {', '.join(told)}. {why}"
