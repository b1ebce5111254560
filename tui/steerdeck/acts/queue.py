"""What may be done to words that wait to reach a model."""

from steerdeck.acts.writing import Writing
from steerdeck_agents.facts.ids import MessageId, SessionId
from steerdeck_agents.facts.queueing import ArrangeQueue, ChangeMessage, Way
from steerdeck_agents.facts.state import SessionState


class Queueing(Writing):
    """Change, reorder, hasten."""

    async def change_message(
        self, session: SessionId, message: MessageId, *, text: str | None = None,
        delivery: Way | None = None,
    ) -> None:  # fmt: skip
        """Other words or another way for a message that waits; None leaves it."""
        await self.bridge.give(
            ChangeMessage(
                id=self.order_id(),
                session=session,
                message=message,
                text=text,
                delivery=delivery,
            )
        )

    async def move_message(self, state: SessionState, message: MessageId, step: int) -> None:
        """One place up or down among what is said in the same way."""
        queue = state.in_turn
        ids = [one.id for one in queue]
        place = ids.index(message) if message in ids else -1
        other = place + step
        if place < 0 or not 0 <= other < len(ids):
            return
        if (queue[place].delivery == "queue") != (queue[other].delivery == "queue"):
            self.say("What goes at the next safe point is said before what waits for the turn.")
            return
        ids[place], ids[other] = ids[other], ids[place]
        order = ArrangeQueue(id=self.order_id(), session=state.id, messages=tuple(ids))
        await self.bridge.give(order)
