"""How a plan differs from the one the developer last decided on: row by row, and counted.

Steps are known by their ids, so nothing is guessed and nothing is slow: the deck may do this.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from steerdeck_agents.facts.plan import Plan, Step

Change = Literal["same", "new", "reworded", "moved", "dropped", "struck"]


class PlanRow(msgspec.Struct, frozen=True):
    """One step as it is now, or one that is gone."""

    step: Step
    number: int
    """Its number now; 0 where it is gone."""
    change: Change = "same"
    was: int = 0
    """Its number then; 0 where it is new."""
    old: str = ""
    """Its words then, where they are others now."""
    moved: Literal["", "up", "down"] = ""


class Counted(NamedTuple):
    """How much of a plan is other than before."""

    new: int
    changed: int
    dropped: int
    moved: int

    @property
    def words(self) -> str:
        """`2 new, 1 changed`; empty where nothing is."""
        told = zip(self, ("new", "changed", "dropped", "moved"), strict=True)
        return ", ".join(f"{number} {what}" for number, what in told if number)


def rows(plan: Plan) -> list[PlanRow]:
    """Every step now and every one that is gone, at the place where it was.

    Where nothing is other than before, no row says where it was.
    """
    base, now = _live(plan.agreed), plan.steps
    if not base:
        return _plain(now)
    was = {step.id: at for at, step in enumerate(base)}
    stays = _longest([was[step.id] for step in now if step.id in was and not step.struck])
    found: list[PlanRow] = []
    number = 0
    for step in now:
        at = was.get(step.id)
        if step.struck:
            found.append(PlanRow(step, 0, "struck", 0 if at is None else at + 1))
            continue
        number += 1
        found.append(_row(step, number, at, base, stays))
    here = {step.id for step in now}
    for at, step in enumerate(base):
        if step.id not in here:
            found.insert(_place(found, at), PlanRow(step, 0, "dropped", at + 1))
    if all(row.change == "same" or (row.change == "struck" and not row.was) for row in found):
        return _plain(now)
    return found


def counted(found: Sequence[PlanRow]) -> Counted:
    return Counted(
        sum(row.change == "new" for row in found),
        sum(row.change == "reworded" for row in found),
        sum(row.change in ("dropped", "struck") and bool(row.was) for row in found),
        sum(bool(row.moved) for row in found),
    )


def parts(old: str, new: str) -> tuple[str, str, str] | None:
    """The new words before, in and after what changed; None where too little is common."""
    before, after = old.split(" "), new.split(" ")
    most = min(len(before), len(after))
    head = 0
    while head < most and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < most - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    if (head + tail) * 5 < len(after) * 2 or head + tail >= len(after):
        return None
    middle = len(after) - tail
    first, last = " ".join(after[:head]), " ".join(after[middle:])
    return (f"{first} " if first else "", " ".join(after[head:middle]), f" {last}" if last else "")


def _row(
    step: Step, number: int, at: int | None, base: Sequence[Step], stays: frozenset[int]
) -> PlanRow:
    if at is None:
        return PlanRow(step, number, "new")
    moved: Literal["", "up", "down"] = ""
    if at not in stays:
        moved = "up" if number <= at + 1 else "down"
    if base[at].text != step.text:
        return PlanRow(step, number, "reworded", at + 1, base[at].text, moved)
    return PlanRow(step, number, "moved" if moved else "same", at + 1, moved=moved)


def _plain(steps: Sequence[Step]) -> list[PlanRow]:
    found: list[PlanRow] = []
    for step in steps:
        number = 0 if step.struck else sum(bool(row.number) for row in found) + 1
        found.append(PlanRow(step, number, "struck" if step.struck else "same"))
    return found


def _live(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if not step.struck]


def _place(found: Sequence[PlanRow], was: int) -> int:
    """Where a step that is gone stands: behind the last one that stood before it."""
    for at in range(len(found) - 1, -1, -1):
        if found[at].was and found[at].was <= was and not found[at].moved:
            return at + 1
    return 0


def _longest(places: Sequence[int]) -> frozenset[int]:
    """The most places that stand in rising order: their steps stayed, the others moved."""
    best: list[tuple[int, ...]] = []
    for place in places:
        below = [one for one in best if one[-1] < place]
        best.append((*(max(below, key=len) if below else ()), place))
    # Of as many the one that ends last, so that what came up is said to have moved.
    last = max(range(len(best)), key=lambda at: (len(best[at]), at), default=-1)
    return frozenset(best[last]) if best else frozenset()
