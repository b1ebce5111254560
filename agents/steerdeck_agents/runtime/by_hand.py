"""Orders of the developer to run something by hand, and to stop it."""

import asyncio

from steerdeck_agents.facts.by_hand import DANGER, HandOrder, HandOrdered, RunByHand, StopByHand
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import KnownEvent, Noticed
from steerdeck_agents.facts.ids import CallId, SessionId
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.gate.shell.danger import danger_of
from steerdeck_agents.journal.enclosures import OrderAnswered
from steerdeck_agents.session import Session

_LONGEST = 100_000
"""Bytes; the kernel takes at most 128 KiB in one argument."""


async def obey(fleet: Fleet, session: Session, order: HandOrder) -> tuple[SessionId, int]:
    """Carry it out; OrderRefused says why not, and names the danger where that is why."""
    state = session.state
    match order:
        case StopByHand(call=call):
            if not any(one.call == call for one in state.hands):
                raise OrderRefused("That command has ended already.")
            session.by_hand.stop(call)
            said = Noticed(session=state.id, actor="developer", text="you stopped your command")
            return state.id, await _record(fleet, order, said)
        case RunByHand(script=script):
            if not state.workspace.path or state.archived:
                raise OrderRefused(f"{state.name} has no workspace to run a command in now.")
            if not script.strip() or len(script.encode(errors="replace")) > _LONGEST:
                raise OrderRefused(f"A command has 1 to {_LONGEST:,} bytes; nothing was run.")
            if state.hands:
                raise OrderRefused("One command by hand at a time: wait for it, or stop it first.")
            danger = await asyncio.to_thread(danger_of, script, state.workspace.path)
            if danger != order.accepted:
                raise OrderRefused(f"{DANGER}{danger}" if danger else "Nothing was run: the danger"
                                   " that was accepted is not the one there is.")  # fmt: skip
            call = CallId(fleet.ids.new("hand"))
            ordered = HandOrdered(
                session=state.id, actor="developer", call=call, script=script, accepted=danger
            )
            seq = await _record(fleet, order, ordered)
            session.by_hand.start(call, script)
            return state.id, seq


async def _record(fleet: Fleet, order: HandOrder, fact: KnownEvent) -> int:
    answered = OrderAnswered(order.id, fact.session)
    recorded, *_ = await fleet.writer.append(fact, full=True, enclosed=(answered,))
    return recorded.seq
