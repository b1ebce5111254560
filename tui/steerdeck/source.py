"""The runtime as the bridge knows it: what it asks there, and what the events from there mean."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.orders import Order
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Incoming, read_page
from steerdeck_agents.runtime.wire_rules import RuleStands

T = TypeVar("T")


class Source(Protocol):
    """What the deck needs of `runtime.client.Client`."""

    async def give(self, order: Order) -> wire.Given: ...

    async def ask_raw(self, query: wire.Query) -> bytes: ...

    async def watch(self, session: SessionId, level: str) -> None: ...

    async def in_view(self, session: SessionId) -> None: ...

    def incoming(self) -> AsyncIterator[Incoming]: ...

    async def close(self) -> None: ...


Connect = Callable[[], Awaitable[Source]]


def changes_files(event: e.Event) -> bool:
    """The table of changed files only comes when its counts differ; a checkpoint always does."""
    match event:
        case e.FilesChanged() | e.FilesRestored():
            return True
        case e.CheckpointTaken():
            return bool(event.paths)
        case _:
            return False


def moves_rules(event: e.Event, lasting: Sequence[RuleStands]) -> bool:
    """Whether a lasting rule may stand otherwise after it."""
    match event:
        case e.RuleAdded() | e.RuleChanged() | e.RuleRevoked() | e.RulesRead():
            return not event.session
        case e.RuleExpired(rule=rule):
            return not rule.session
        case e.RuleUsed(rule=id):
            return any(one.rule.id == id for one in lasting)
        case e.RequestEnded():
            return any(one.left.dollars is not None for one in lasting)
        case _:
            return False


async def decoded(data: bytes, kind: type[T]) -> T:
    """A page of that kind. PageError: it can't be read here."""
    return await read_page(data, lambda page: msgspec.json.decode(page, type=kind))


async def decoded_events(data: bytes) -> list[e.Event]:
    """A page of events, what of them is not understood as `Unknown`. PageError: it is no page."""
    return await read_page(data, _events)


def _events(data: bytes) -> list[e.Event]:
    return [e.decode(bytes(raw)) for raw in msgspec.json.decode(data, type=list[msgspec.Raw])]
