"""Aspect of a state: messages on their way to the model, and text still arriving."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    Event,
    ItemEnded,
    MessageChanged,
    MessageDelivered,
    MessageSent,
    MessageWithdrawn,
    QueueArranged,
    RequestEnded,
    TextAdded,
    TurnEnded,
)
from steerdeck_agents.facts.ids import MessageId
from steerdeck_agents.facts.state import Message, OpenItem, SessionState


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case ItemEnded():
            left = tuple([item for item in state.items if item.id != event.item])
            return replace(state, items=left) if left != state.items else state
        case MessageSent():
            message = Message(event.message, event.text, event.delivery, event.seq, event.pictures)
            return replace(state, queue=(*state.queue, message))
        case MessageDelivered() | MessageWithdrawn():
            return replace(state, queue=_without(state, event.message))
        case MessageChanged():
            return replace(state, queue=tuple(_changed(one, event) for one in state.queue))
        case QueueArranged():
            places = {message: place for place, message in enumerate(event.messages)}
            last = len(places)
            queue = sorted(state.queue, key=lambda one: places.get(one.id, last))
            return replace(state, queue=tuple(queue))
        case TextAdded():
            return replace(state, items=grown(state.items, event))
        case RequestEnded() | TurnEnded():
            return replace(state, items=()) if state.items else state
        case _:
            return state


def _changed(message: Message, event: MessageChanged) -> Message:
    """It counts as said when it was changed."""
    if message.id != event.message:
        return message
    text = message.text if event.text is None else event.text
    delivery = message.delivery if event.delivery is None else event.delivery
    return replace(message, text=text, delivery=delivery, seq=event.seq)


def _without(state: SessionState, message: MessageId) -> tuple[Message, ...]:
    return tuple(waiting for waiting in state.queue if waiting.id != message)


def grown(items: tuple[OpenItem, ...], event: TextAdded) -> tuple[OpenItem, ...]:
    """The open texts with what was streamed; asked more often than all else together."""
    if event.item is None:
        return items
    for place, item in enumerate(items):
        if item.id == event.item:
            longer = OpenItem(item.id, item.kind, item.text + event.text)
            return (*items[:place], longer, *items[place + 1 :])
    return (*items, OpenItem(event.item, event.kind, event.text))
