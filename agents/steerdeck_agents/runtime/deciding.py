"""The developer's decision on an approval: the facts it becomes, and what is remembered of it."""

import asyncio
from collections.abc import Sequence

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import ApprovalDecided, KnownEvent, RuleAdded
from steerdeck_agents.facts.orders import Decide
from steerdeck_agents.facts.reduce.furnish import CONSENTS
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.settings import consent


def facts(fleet: Fleet, state: SessionState, order: Decide) -> list[KnownEvent]:
    """What a decision becomes; OrderRefused when it is not on what is open now."""
    asked = _asked(state.approvals, order)
    if asked is None:
        raise OrderRefused("That approval is not open any more; nothing was decided.")
    if order.shown != asked.binding:
        raise OrderRefused(
            "What would run is not what was on your screen, so nothing was decided. Look again."
        )
    if order.scope == "everywhere" and asked.kind not in CONSENTS:
        raise OrderRefused(
            "Only a server, its tools or a set-up script can be allowed for every session."
        )
    found: list[KnownEvent] = [
        ApprovalDecided(
            session=state.id,
            actor="developer",
            turn=state.turn.id if state.turn else None,
            call=asked.call or None,
            approval=asked.id,
            decision="allow" if order.allow else "reject",
            scope=order.scope,
            words=order.words,
            shown=order.shown,
        )
    ]
    if order.allow and order.scope == "session" and asked.kind not in CONSENTS:
        rule = _rule(fleet, state, asked)
        found.append(RuleAdded(session=state.id, actor="developer", rule=rule))
    return found


async def remember(fleet: Fleet, before: Sequence[OpenApproval], order: Decide) -> None:
    """Keep a consent for every session of this home; SettingsError when it can't be written."""
    asked = _asked(before, order)
    if asked is None or not order.allow or order.scope != "everywhere":
        return
    match asked.kind:
        case "setup":
            # A server keeps its own, together with the list of its tools.
            at = fleet.clock.now_ms()
            await asyncio.to_thread(
                consent.remember, fleet.paths, "setup", asked.binding, asked.what, at
            )


def _asked(approvals: Sequence[OpenApproval], order: Decide) -> OpenApproval | None:
    return next((a for a in approvals if a.id == order.approval), None)


def _rule(fleet: Fleet, state: SessionState, asked: OpenApproval) -> Rule:
    match asked.kind:
        case "command":
            return Rule(id=fleet.ids.new("rule"), command=asked.what, session=state.id)
        case "tool":
            name = asked.what.partition("\n")[0]
            return Rule(id=fleet.ids.new("rule"), command=name, session=state.id, kind="tool")
    raise OrderRefused(
        "Only a command or a server's tool can be allowed for a session; decide this one once."
    )
