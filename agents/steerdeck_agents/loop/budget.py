"""Keeps a session, and all together, within what may be spent: warns once, then pauses.

It looks before each request. What a request will cost nobody knows before, so the one that crosses
a budget is the last, and of several sessions at work each may have one under way.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from steerdeck_agents.facts.events import BudgetWarned, KnownEvent, Noticed, SessionParked
from steerdeck_agents.facts.ids import SessionId, TurnId
from steerdeck_agents.facts.limits import WARNED_SHARE, Kind, Limits, Spent, amount, reached
from steerdeck_agents.facts.requests import Scope
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.loop.site import Site
from steerdeck_agents.work.family import family_spent

_OPTIONS = {"dollars": "--budget", "tokens": "--tokens", "seconds": "--minutes", "turns": "--turns"}
_UNPRICED = (
    "the price of this model is not known, so what it costs is not counted. Name its prices in"
    " config.toml, or set a budget of tokens."
)


async def warn(site: Site, turn: TurnId) -> None:
    """Say once of each budget that most of it is spent, to the session whose budget it is."""
    # Parent and helpers look at the same budget, so one looks and says at a time.
    async with site.helping.saying:
        facts: list[KnownEvent] = []
        for purse in _purses(site):
            owner = purse.owner
            at = _At(owner.id, turn if owner.id == site.session else None)
            facts += _warnings(at, "session", owner.limits, purse.spent, owner.warned)
            if owner.limits.dollars is not None and purse.unpriced and not owner.unpriced_said:
                facts += _unpriced(at, "session", owner.limits.dollars)
        if facts:
            await site.journal.append(*facts)


async def spent(site: Site, turn: TurnId) -> bool:
    """Whether a budget is spent; the session is parked then.

    The budgets of a parent hold for it and its helpers together: whoever wants to ask is parked.
    """
    for purse in _purses(site):
        for kind in reached(purse.owner.limits, purse.spent):
            reason, way_out = _spent(site, purse, kind)
            parked = SessionParked(session=site.session, turn=turn, reason=reason, way_out=way_out)
            await site.journal.append(parked, full=True)
            return True
    return await _day_spent(site, turn)


@dataclass(frozen=True)
class _Purse:
    """Budgets that a session must keep to, and what counts against them."""

    owner: SessionState
    """Whose budgets they are."""
    spent: Spent
    unpriced: bool


class _At(NamedTuple):
    """Where a warning is said."""

    session: SessionId
    turn: TurnId | None


def _purses(site: Site) -> list[_Purse]:
    """The family's, and a helper's own where the developer gave it some."""
    family = site.helping.family(site.session)
    unpriced = any(member.counts.unpriced for member in family)
    purses = [_Purse(family[0], family_spent(family), unpriced)]
    own = site.state
    if own.id != family[0].id:
        purses.append(_Purse(own, own.spent, bool(own.counts.unpriced)))
    return purses


def _spent(site: Site, purse: _Purse, kind: Kind) -> tuple[str, str]:
    """The reason and the way out of a session whose budget, or whose parent's, is spent."""
    owner, own = purse.owner, site.state
    limit, used = owner.limits.of(kind) or 0.0, purse.spent.of(kind)
    order = f"`steerdeck resume {owner.name} {_OPTIONS[kind]} {_more(kind, limit, used)}`"
    if owner.id != own.id:
        reason = (
            f"The budget of {owner.name}, whose helper it is, of {amount(kind, limit)} is spent:"
            f" {amount(kind, used)} so far by all of them."
        )
        return reason, f"Raise that budget, for example with {order}, then resume this one."
    others = used - own.spent.of(kind)
    helpers = f", {amount(kind, others)} of it by its helpers" if others > 0 else ""
    reason = f"Its budget of {amount(kind, limit)} is spent: {amount(kind, used)} so far{helpers}."
    return reason, f"Raise the budget and resume it, for example with {order}."


def _more(kind: Kind, limit: float, used: float) -> str:
    """Twice as much, as its option takes it."""
    more = 2 * max(limit, used)
    match kind:
        case "dollars":
            return f"{more:.2f}"
        case "seconds":
            return f"{math.ceil(more / 60)}"
        case "tokens" | "turns":
            return f"{math.ceil(more)}"


async def _day_spent(site: Site, turn: TurnId) -> bool:
    """The same for all sessions together: they wait for the next day."""
    limits = site.today.limits()
    if limits == Limits():
        return False
    async with site.today.saying:
        day = await site.today.day()
        facts = _warnings(_At(site.session, turn), "day", limits, day.spent, day.warned)
        if limits.dollars is not None and day.unpriced and not day.unpriced_said:
            facts += _unpriced(_At(site.session, turn), "day", limits.dollars)
        if facts:
            await site.journal.append(*facts)
    for kind in reached(limits, day.spent):
        limit, used = limits.of(kind) or 0.0, day.spent.of(kind)
        parked = SessionParked(
            session=site.session,
            turn=turn,
            reason=f"The budget of all sessions for this day, {amount(kind, limit)}, is spent:"
            f" {amount(kind, used)} so far.",
            way_out="It goes on by itself at midnight. To go on before, raise"
            f" {kind}_per_day in config.toml, then resume it.",
            until_ms=day.ends_ms,
        )
        await site.journal.append(parked, full=True)
        return True
    return False


def _warnings(
    at: _At, scope: Scope, limits: Limits, used: Spent, warned: Collection[Kind]
) -> list[KnownEvent]:
    facts: list[KnownEvent] = []
    whose = "its budget" if scope == "session" else "the budget of all sessions for this day"
    for kind in reached(limits, used, WARNED_SHARE):
        limit = limits.of(kind) or 0.0
        if kind in warned:
            continue
        fact = BudgetWarned(
            session=at.session,
            turn=at.turn,
            kind=kind,
            spent=used.of(kind),
            limit=limit,
            scope=scope,
        )
        text = (
            f"{used.of(kind) / limit:.0%} of {whose} of {amount(kind, limit)} is spent;"
            " at 100% it pauses."
        )
        facts += (fact, Noticed(session=at.session, turn=at.turn, text=text, level="warning"))
    return facts


def _unpriced(at: _At, scope: Scope, limit: float) -> list[KnownEvent]:
    whose = "Its budget" if scope == "session" else "The budget of all sessions for this day"
    text = f"{whose} of {amount('dollars', limit)} can't be kept: {_UNPRICED}"
    return [
        BudgetWarned(
            session=at.session,
            turn=at.turn,
            kind="dollars",
            spent=0.0,
            limit=limit,
            scope=scope,
            unpriced=True,
        ),
        Noticed(session=at.session, turn=at.turn, text=text, level="warning"),
    ]
