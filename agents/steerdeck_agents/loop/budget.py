"""Keeps a session, and all together, within what may be spent: warns once, then pauses.

It looks before each request. What a request will cost nobody knows before, so the one that crosses
a budget is the last, and of several sessions at work each may have one under way.
"""

import math
from collections.abc import Collection

from steerdeck_agents.facts.events import BudgetWarned, KnownEvent, Noticed, SessionParked
from steerdeck_agents.facts.ids import TurnId
from steerdeck_agents.facts.limits import WARNED_SHARE, Kind, Limits, Spent, amount, reached
from steerdeck_agents.facts.requests import Scope
from steerdeck_agents.loop.site import Site

_OPTIONS = {"dollars": "--budget", "tokens": "--tokens", "seconds": "--minutes", "turns": "--turns"}
_UNPRICED = (
    "the price of this model is not known, so what it costs is not counted. Name its prices in"
    " config.toml, or set a budget of tokens."
)


async def warn(site: Site, turn: TurnId) -> None:
    """Say once of each budget of the session that most of it is spent."""
    state = site.state
    facts = _warnings(site, turn, "session", state.limits, state.spent, state.warned)
    if state.limits.dollars is not None and state.counts.unpriced and not state.unpriced_said:
        facts += _unpriced(site, turn, "session", state.limits.dollars)
    if facts:
        await site.journal.append(*facts)


async def spent(site: Site, turn: TurnId) -> bool:
    """Whether a budget is spent; the session is parked then."""
    state = site.state
    for kind in reached(state.limits, state.spent):
        limit, used = state.limits.of(kind) or 0.0, state.spent.of(kind)
        parked = SessionParked(
            session=site.session,
            turn=turn,
            reason=f"Its budget of {amount(kind, limit)} is spent: {amount(kind, used)} so far.",
            way_out="Raise the budget and resume it, for example with"
            f" `steerdeck resume {state.name} {_OPTIONS[kind]} {_more(kind, limit, used)}`.",
        )
        await site.journal.append(parked, full=True)
        return True
    return await _day_spent(site, turn)


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
        facts = _warnings(site, turn, "day", limits, day.spent, day.warned)
        if limits.dollars is not None and day.unpriced and not day.unpriced_said:
            facts += _unpriced(site, turn, "day", limits.dollars)
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
    site: Site, turn: TurnId, scope: Scope, limits: Limits, used: Spent, warned: Collection[Kind]
) -> list[KnownEvent]:
    facts: list[KnownEvent] = []
    whose = "its budget" if scope == "session" else "the budget of all sessions for this day"
    for kind in reached(limits, used, WARNED_SHARE):
        limit = limits.of(kind) or 0.0
        if kind in warned:
            continue
        fact = BudgetWarned(
            session=site.session,
            turn=turn,
            kind=kind,
            spent=used.of(kind),
            limit=limit,
            scope=scope,
        )
        text = (
            f"{used.of(kind) / limit:.0%} of {whose} of {amount(kind, limit)} is spent;"
            " at 100% it pauses."
        )
        facts += (fact, Noticed(session=site.session, turn=turn, text=text, level="warning"))
    return facts


def _unpriced(site: Site, turn: TurnId, scope: Scope, limit: float) -> list[KnownEvent]:
    whose = "Its budget" if scope == "session" else "The budget of all sessions for this day"
    text = f"{whose} of {amount('dollars', limit)} can't be kept: {_UNPRICED}"
    return [
        BudgetWarned(
            session=site.session,
            turn=turn,
            kind="dollars",
            spent=0.0,
            limit=limit,
            scope=scope,
            unpriced=True,
        ),
        Noticed(session=site.session, turn=turn, text=text, level="warning"),
    ]
