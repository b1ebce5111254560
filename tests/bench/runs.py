"""Several runs of the same measures as one: of every row the run in the middle.

It is a row as it was measured, with its own reference, not one made up of several.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from bench.rows import Row

Key = tuple[str, str, str, int]


def in_the_middle(runs: Sequence[Sequence[Row]]) -> list[Row]:
    """One row of each that any run had; where a run had no number the others stand."""
    found: dict[Key, list[Row]] = {}
    for rows in runs:
        seen: Counter[tuple[str, str, str]] = Counter()
        for row in rows:
            key = (row.name, row.by, row.what)
            # Rows that explain others may share their words: their order tells them apart.
            found.setdefault((*key, seen[key]), []).append(row)
            seen[key] += 1
    return [_middle(rows, len(runs)) for rows in found.values()]


def _middle(rows: list[Row], runs: int) -> Row:
    numbers = sorted((row for row in rows if not row.missing), key=lambda row: row.ours)
    row = numbers[len(numbers) // 2] if numbers else rows[-1]
    row = msgspec.structs.replace(row, got=len(numbers), runs=runs)
    if len(numbers) < 2:
        return row
    return msgspec.structs.replace(row, least=numbers[0].ours, most=numbers[-1].ours)
