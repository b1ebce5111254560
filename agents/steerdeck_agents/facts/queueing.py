"""Facts and orders about words that wait to reach a model: their order, their text, their way."""

from typing import Literal

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import MessageId, SessionId
from steerdeck_agents.facts.order import OrderHead

Way = Literal["steer", "queue", "now"]


class ChangeMessage(OrderHead, frozen=True, kw_only=True, tag="change_message"):
    """Other words, or another way to be delivered, for a message that waits; None leaves it."""

    session: SessionId
    message: MessageId
    text: str | None = None
    delivery: Way | None = None


class ArrangeQueue(OrderHead, frozen=True, kw_only=True, tag="arrange_queue"):
    """Have messages that wait in this order; those left out come after them."""

    session: SessionId
    messages: tuple[MessageId, ...]


QueueOrder = ChangeMessage | ArrangeQueue


class MessageChanged(Fact, frozen=True, kw_only=True, tag="message.changed"):
    """Only what changed is set."""

    message: MessageId
    text: str | None = None
    delivery: Way | None = None


class QueueArranged(Fact, frozen=True, kw_only=True, tag="queue.arranged"):
    messages: tuple[MessageId, ...]


QueueFact = MessageChanged | QueueArranged
