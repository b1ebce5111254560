"""A call whose end a crash hid, settled by the developer: it is never run again by itself."""

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import CallEnded
from steerdeck_agents.facts.orders import Resolve
from steerdeck_agents.facts.state import SessionState

_TOLD = {
    "done": "The developer looked and says it is done.",
    "failed": "The developer looked and says it did not work.",
    "again": "Nobody has looked. See what it has left behind; ask for it again if need be.",
}
_SUMMARY = {"done": "done, you said", "failed": "failed, you said", "again": "to be looked at"}


def resolved(state: SessionState, order: Resolve) -> CallEnded:
    """The one result of the call; OrderRefused when it is not in doubt."""
    if not any(call.id == order.call and call.unknown for call in state.calls):
        raise OrderRefused("That call is not in doubt any more.")
    words = f" They add: {order.words}" if order.words else ""
    lost = "The runtime ended while this ran, so its output is lost."
    return CallEnded(
        session=state.id,
        actor="developer",
        turn=state.turn.id if state.turn else None,
        call=order.call,
        status="done" if order.verdict == "done" else "failed",
        result=f"{lost} {_TOLD[order.verdict]}{words}",
        summary=_SUMMARY[order.verdict],
    )
