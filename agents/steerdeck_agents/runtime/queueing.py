"""Orders about words that wait; they hold as long as the model has not got them."""

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import KnownEvent, MessageChanged, QueueArranged
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.queueing import ArrangeQueue, ChangeMessage, QueueOrder
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.journal.enclosures import OrderAnswered
from steerdeck_agents.session import Session


async def obey(fleet: Fleet, session: Session, order: QueueOrder) -> tuple[SessionId, int]:
    """Carry it out; OrderRefused when the words have been delivered, or are none."""
    # The loop delivers by the same state: what it takes along can't be changed meanwhile.
    async with session.deciding:
        fact = _fact(session.state, order)
        answered = OrderAnswered(order.id, session.id)
        recorded, *_ = await fleet.writer.append(fact, full=True, enclosed=(answered,))
    return session.id, recorded.seq


def _fact(state: SessionState, order: QueueOrder) -> KnownEvent:
    waiting = {message.id for message in state.queue}
    match order:
        case ChangeMessage():
            if order.message not in waiting:
                raise OrderRefused("That message has already reached the model, or was taken back.")
            if order.text is not None and not order.text.strip():
                raise OrderRefused("An empty message is none; take it back instead.")
            return MessageChanged(
                session=state.id,
                actor="developer",
                message=order.message,
                text=order.text,
                delivery=order.delivery,
            )
        case ArrangeQueue(messages=messages):
            wanted = tuple(dict.fromkeys(one for one in messages if one in waiting))
            if not wanted:
                raise OrderRefused("Nothing of that waits any more.")
            return QueueArranged(session=state.id, actor="developer", messages=wanted)
