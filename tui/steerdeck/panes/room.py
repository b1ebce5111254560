"""How much fits: the table of widths and heights, as one pure function of the terminal's size."""

import msgspec

LANE = 48
"""The narrowest lane that is worth having, in cells."""
WIDEST = 110
"""The widest lane; words longer than that are hard to follow."""
HUNK = 9


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


def room(columns: int, rows: int, *, rail_hidden: bool = False) -> Room:
    """The layout for a terminal; it stays usable down to 40×12."""
    rail = 29 if columns >= 160 else 22
    if columns < 120 or rail_hidden:
        rail = 0
    width = columns - rail - (1 if rail else 0)
    count = 1 if columns < 100 else max(1, (width + 1) // (LANE + 1))
    if columns < 120:
        count = min(count, 2)
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
    )


def shared(fits: Room, lanes: int) -> Room:
    """The same layout when fewer lanes than fit share its width."""
    count = max(1, min(fits.lanes, lanes))
    width = fits.columns - fits.rail - (1 if fits.rail else 0)
    return msgspec.structs.replace(fits, lane=min(WIDEST, (width - (count - 1)) // count))
