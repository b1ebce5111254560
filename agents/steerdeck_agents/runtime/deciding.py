"""The developer's decision on an approval: the facts it becomes, and what is remembered of it."""

import asyncio
from collections.abc import Sequence

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import (
    ApprovalDecided,
    ApprovalExpired,
    CallEdited,
    KnownEvent,
    RuleAdded,
)
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.orders import Decide, EditCommand
from steerdeck_agents.facts.reduce.furnish import CONSENTS
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.gate.secret_marks import MARK
from steerdeck_agents.runtime import ruling
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
    if order.allow and asked.danger and order.scope != "once":
        raise OrderRefused(f"This can only be allowed once: {asked.danger}")
    if asked.kind in CONSENTS and order.scope in ("turn", "repository"):
        raise OrderRefused("This can be allowed for the session, or everywhere.")
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
            unattended=order.unattended,
        )
    ]
    if order.allow and order.scope != "once" and asked.kind not in CONSENTS:
        rule = ruling.made(fleet, state, asked, order)
        # What lasts belongs to no session: its state would call it one of its own.
        home = state.id if rule.session else SessionId("")
        spent = None if rule.session else fleet.keeping.book.spent(rule)
        found.append(RuleAdded(session=home, actor="developer", rule=rule, spent=spent))
    return found


def edited(fleet: Fleet, state: SessionState, order: EditCommand) -> list[KnownEvent]:
    """Another command in the place of the one that is open: nothing of it is allowed by that."""
    asked = next((a for a in state.approvals if a.id == order.approval), None)
    if asked is None or asked.kind != "command" or not asked.call:
        raise OrderRefused("That command is not open any more; nothing was changed.")
    if order.shown != asked.binding:
        raise OrderRefused("What you edited is not what would run now. Look again.")
    if not order.text.strip() or order.text == asked.what:
        raise OrderRefused("The command is as it was; nothing was changed.")
    if fleet.redactor.text(order.text) != order.text or MARK.search(order.text):
        raise OrderRefused(
            "A command with a secret in it can't be edited: its text would not be kept. "
            "Say no with words instead, and name the variable or file that holds the secret."
        )
    turn = state.turn.id if state.turn else None
    over = ApprovalExpired(
        session=state.id, turn=turn, call=asked.call, approval=asked.id, actor="developer",
        reason="the developer edited the command",
    )  # fmt: skip
    return [
        over,
        CallEdited(
            session=state.id, turn=turn, call=asked.call, actor="developer", text=order.text
        ),
    ]


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


async def spread(fleet: Fleet, before: Sequence[OpenApproval], order: Decide) -> None:
    """Answer what other sessions ask of exactly the same, once that is remembered for all."""
    asked = _asked(before, order)
    if asked is None or not order.allow or order.scope != "everywhere":
        return
    if asked.kind not in CONSENTS:
        return
    for other, session in tuple(fleet.sessions.items()):
        if other == order.session or not _same_consent(fleet, other, asked):
            continue
        async with session.deciding:
            decided = [
                ApprovalDecided(
                    session=other,
                    actor="developer",
                    approval=one.id,
                    decision="allow",
                    scope="everywhere",
                    words="remembered for all sessions",
                    shown=order.shown,
                )
                for one in _same_consent(fleet, other, asked)
            ]
            if decided:
                await fleet.writer.append(*decided, full=True)


def _same_consent(fleet: Fleet, session: SessionId, asked: OpenApproval) -> list[OpenApproval]:
    """What a session asks that is bound to the same; the binding holds for every workspace."""
    state = fleet.writer.state(session)
    if state is None or state.archived:
        return []
    return [
        one for one in state.approvals if (one.kind, one.binding) == (asked.kind, asked.binding)
    ]


def _asked(approvals: Sequence[OpenApproval], order: Decide) -> OpenApproval | None:
    return next((a for a in approvals if a.id == order.approval), None)
