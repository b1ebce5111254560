"""How the developer laid out the deck of one repository: shape, order, what is pinned or folded.

No fact of any session, so it is kept by the deck alone. Nothing here moves by itself: a lane or a
row changes its place only by an act of the developer, and in a grouped rail by a change of state.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState

Shape = Literal["columns", "grid", "focus"]
SHAPES: tuple[Shape, ...] = ("columns", "grid", "focus")
KEYED = 9
"""Slots that have a key of their own."""
SHARE, LEAST_SHARE, MOST_SHARE = 4, 2, 8
"""The share of a lane in the width, as it is at first and at the ends."""


class Arrangement(msgspec.Struct, frozen=True, omit_defaults=True):
    """The layout of one repository's deck."""

    shape: Shape = "columns"
    rail: bool = True
    """Whether the rail is shown where there is room."""
    grouped: bool | None = None
    """Whether the rail is grouped by what sessions need; None: once there are many."""
    order: tuple[SessionId, ...] = ()
    """Sessions in the developer's order; those not named follow by slot."""
    pinned: tuple[SessionId, ...] = ()
    folded: tuple[SessionId, ...] = ()
    shares: dict[SessionId, float] = {}
    rail_cells: int = 0
    """The width of the rail, where it was dragged to one; 0: the one the terminal's width gives."""

    def groups(self, count: int) -> bool:
        """Whether the rail of so many sessions is grouped.

        As long as each slot has a key of its own it is by slot, and nothing in it ever moves; who
        has more sessions than one looks over at a glance finds first what needs them.
        """
        return count > KEYED if self.grouped is None else self.grouped

    def next_shape(self) -> "Arrangement":
        place = SHAPES.index(self.shape)
        return replace(self, shape=SHAPES[(place + 1) % len(SHAPES)])

    def place_of(self, session: SessionId) -> int:
        return self.order.index(session) if session in self.order else len(self.order)

    def moved(self, shown: Sequence[SessionId], session: SessionId, step: int) -> "Arrangement":
        """With a session one place further left or right among those shown."""
        order = list(shown)
        if session not in order:
            return self
        place = order.index(session)
        other = place + step
        if not 0 <= other < len(order):
            return self
        order[place], order[other] = order[other], order[place]
        rest = [one for one in self.order if one not in order]
        return replace(self, order=(*order, *rest))

    def put(self, shown: Sequence[SessionId], session: SessionId, at: SessionId) -> "Arrangement":
        """With a session in the place of another one, which gives way with those between."""
        if session not in shown or at not in shown or session == at:
            return self
        place = list(shown).index(at)
        order = [one for one in shown if one != session]
        order.insert(place, session)
        return replace(self, order=(*order, *(one for one in self.order if one not in order)))

    def pin(self, session: SessionId) -> "Arrangement":
        return replace(self, pinned=_turned(self.pinned, session))

    def fold(self, session: SessionId) -> "Arrangement":
        return replace(self, folded=_turned(self.folded, session))

    def share_of(self, session: SessionId) -> float:
        return min(MOST_SHARE, max(LEAST_SHARE, self.shares.get(session, SHARE)))

    def wider(self, session: SessionId, step: int) -> "Arrangement":
        share = min(MOST_SHARE, max(LEAST_SHARE, self.share_of(session) + step))
        shares = {**self.shares, session: share}
        return replace(self, shares={one: n for one, n in shares.items() if n != SHARE})

    def sized(self, row: Sequence[SessionId], cells: Sequence[int]) -> "Arrangement":
        """With the lanes of a row so many cells wide, as far as shares have it."""
        whole = sum(cells) / (SHARE * len(cells))
        mine = {
            one: min(MOST_SHARE, max(LEAST_SHARE, round(width / whole, 4)))
            for one, width in zip(row, cells, strict=True)
        }
        shares = {**self.shares, **mine}
        return replace(self, shares={one: n for one, n in shares.items() if n != SHARE})

    def without_gone(self, alive: set[SessionId]) -> "Arrangement":
        """Without sessions that are gone for good, so that what is kept does not grow."""
        return replace(
            self,
            order=tuple(one for one in self.order if one in alive),
            pinned=tuple(one for one in self.pinned if one in alive),
            folded=tuple(one for one in self.folded if one in alive),
            shares={one: share for one, share in self.shares.items() if one in alive},
        )


def _turned(sessions: tuple[SessionId, ...], session: SessionId) -> tuple[SessionId, ...]:
    if session in sessions:
        return tuple(one for one in sessions if one != session)
    return (*sessions, session)


def in_view(
    sessions: Sequence[SessionState], plan: Arrangement, hand: SessionId, count: int, first: int
) -> tuple[list[SessionState], int]:
    """The sessions whose lanes are shown, and the first of those that give way.

    A pinned one stays; the one in hand is always among them unless it is folded. `first` is what
    was returned last, so that taking another session moves as little as can be.
    """
    pinned = [s for s in sessions if s.id in plan.pinned and s.id != hand][: max(0, count - 1)]
    kept = {state.id for state in pinned}
    loose = [state for state in sessions if state.id not in kept]
    room = count - len(pinned)
    first = min(first, max(0, len(loose) - room))
    place = next((n for n, state in enumerate(loose) if state.id == hand), None)
    if place is not None and not first <= place < first + room:
        first = place if place < first else place - room + 1
    kept |= {state.id for state in loose[first : first + room]}
    return [state for state in sessions if state.id in kept], first


def widths(total: int, shares: Sequence[float], least: int, most: int) -> list[int]:
    """The width of each lane of a row, with a column between two; none is under `least` cells.

    Where the shares ask for less than that, the others give. Empty when they can't.
    """
    # Shares that were made of widths are rounded; so much less is the width they were made of.
    slack = 0.05
    count = len(shares)
    space = total - (count - 1)
    if not count or space < count * least:
        return []
    narrow: set[int] = set()
    while True:
        left = space - least * len(narrow)
        whole = sum(share for n, share in enumerate(shares) if n not in narrow) or 1
        found = [
            least if n in narrow else min(most, int(left * share / whole + slack))
            for n, share in enumerate(shares)
        ]
        under = {n for n, width in enumerate(found) if width < least}
        if not under:
            return _filled(found, narrow, space, most)
        narrow |= under


def _filled(found: list[int], narrow: set[int], space: int, most: int) -> list[int]:
    """With the cells that no whole share was left for: one each, from the left."""
    left = space - sum(found)
    for n, width in enumerate(found):
        if left > 0 and n not in narrow and width < most:
            found[n] += 1
            left -= 1
    return found
