"""The borders of rail and lanes, which the mouse can move: what stands beside one gives way.

A border is the column of ground between two surfaces and the margin left of it: what is easy to
see must be easy to hit. Nothing here knows the screen, only where its parts stand.
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace
from textual.geometry import Region
from textual.widget import Widget

from steerdeck.arrangement import Arrangement
from steerdeck.panes.lane import Lane
from steerdeck.panes.room import LEAST, WIDEST
from steerdeck_agents.facts.ids import SessionId


class Border(NamedTuple):
    """The right edge of a lane among those beside it, or without lanes that of the rail."""

    left: int
    """The column the lane, or the rail, begins at."""
    row: tuple[SessionId, ...] = ()
    """The sessions whose lanes stand beside each other."""
    cells: tuple[int, ...] = ()
    """Their widths when the border was taken."""
    place: int = 0
    """Which of them is left of the border."""


def border_at(x: int, y: int, rail: Widget, lanes: Sequence[Lane]) -> Border | None:
    """The border at a cell of the screen."""
    if rail.display and _ends_at(rail.region, x, y):
        return Border(rail.region.x)
    shown = [lane for lane in lanes if lane.display and lane.session]
    for lane in shown:
        if not _ends_at(lane.region, x, y):
            continue
        row = [one for one in shown if one.region.y == lane.region.y]
        row.sort(key=lambda one: one.region.x)
        place = row.index(lane)
        if place + 1 < len(row):
            cells = tuple(one.region.width for one in row)
            return Border(lane.region.x, tuple(one.session for one in row), cells, place)
    return None


def _ends_at(region: Region, x: int, y: int) -> bool:
    return region.y <= y < region.bottom and region.right - 1 <= x <= region.right


def dragged(border: Border, x: int, plan: Arrangement) -> Arrangement:
    """The layout with the border at that column, or as near to it as those beside it allow."""
    cells = x - border.left
    if not border.row:
        return replace(plan, rail_cells=max(1, cells))
    place, widths = border.place, list(border.cells)
    both = widths[place] + widths[place + 1]
    cells = max(LEAST, both - WIDEST, min(cells, WIDEST, both - LEAST))
    widths[place], widths[place + 1] = cells, both - cells
    return plan.sized(border.row, widths)
