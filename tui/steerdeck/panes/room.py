"""How much fits: the table of widths and heights, as one pure function of the terminal's size."""

import msgspec

from steerdeck.arrangement import Shape

LANE = 48
"""The narrowest lane that is worth having, in cells."""
WIDEST = 110
"""The widest lane; words longer than that are hard to follow."""
HUNK = 9
LEAST = 36
"""The narrowest a lane becomes when another one is made wider."""
GRID = 36
"""Rows from which a grid has room for two rows of lanes."""
RAIL_LEAST, RAIL_MOST = 20, 48
"""The narrowest and the widest a rail is dragged to."""
_AROUND = 10
"""Rows of the deck that are no lane's."""


class Room(msgspec.Struct, frozen=True):
    """What is shown, and how large, on a terminal of this size."""

    columns: int
    rows: int
    rail: int
    """Width of the rail; 0 when the slots stand in a strip below the header."""
    lanes: int
    """How many lanes stand side by side."""
    lane: int
    """Width of one lane."""
    full_plan: bool
    steps: int
    """Rows of a full plan's steps; done ones go first when there are more."""
    files: int
    """Rows for changed files below their total; none means one row for all."""
    hunk: int
    """Rows of the newest hunk."""
    dock: int
    """Rows of the dock when something waits."""
    gaps: bool
    """Whether an empty row stands between the parts of the screen."""
    margin: int
    stacked: int = 1
    """Rows of lanes, one below the other."""


def room(
    columns: int,
    rows: int,
    *,
    rail_hidden: bool = False,
    rail_cells: int = 0,
    shape: Shape = "columns",
) -> Room:
    """The layout for a terminal; it stays usable down to 40×12.

    A grid needs two lanes beside each other and 36 rows, else it is columns. A rail that is to have
    `rail_cells` takes no lane away: so wide it does not become.
    """
    rail = 29 if columns >= 160 else 22
    if columns < 120 or rail_hidden:
        rail = 0
    width = columns - rail - (1 if rail else 0)
    count = 1 if columns < 100 else max(1, (width + 1) // (LANE + 1))
    if columns < 120:
        count = min(count, 2)
    if shape == "focus":
        count = 1
    if rail and rail_cells:
        free = columns - 1 - (count * (LEAST + 1) - 1)
        rail = max(RAIL_LEAST, min(RAIL_MOST, free, rail_cells))
        width = columns - rail - 1
    lane = (width - (count - 1)) // count
    tall = rows >= 30
    return Room(
        columns=columns,
        rows=rows,
        rail=rail,
        lanes=count,
        lane=lane,
        full_plan=tall,
        steps=9 if rows >= 45 else 6 if rows >= 36 else 3,
        files=(6 if rows >= 45 else 4 if rows >= 36 else 2) if tall else 0,
        hunk=HUNK if rows >= 45 else 0,
        dock=3 if tall else 1,
        gaps=tall,
        margin=2 if columns > 80 else 1,
        stacked=2 if shape == "grid" and count > 1 and rows >= GRID else 1,
    )


def beside(fits: Room, lanes: int) -> int:
    """How many of the lanes stand side by side: in a grid both rows have as many as can be."""
    if fits.stacked == 1 or lanes <= fits.lanes:
        return max(1, min(fits.lanes, lanes))
    return min(fits.lanes, max(2, (lanes + 1) // 2))


def shared(fits: Room, lanes: int) -> Room:
    """The layout of each lane when `lanes` of them share the width, and in a grid the height."""
    count = beside(fits, lanes)
    width = fits.columns - fits.rail - (1 if fits.rail else 0)
    lane = min(WIDEST, (width - (count - 1)) // count)
    if fits.stacked == 1 or lanes <= fits.lanes:
        return msgspec.structs.replace(fits, lane=lane)
    rows = (fits.rows - _AROUND) // fits.stacked + _AROUND
    one = room(fits.columns, min(rows, 29))
    return msgspec.structs.replace(
        fits, lane=lane, rows=one.rows, full_plan=False, steps=one.steps, files=0, hunk=0
    )
