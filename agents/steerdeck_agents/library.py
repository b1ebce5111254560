"""The engine as a library: a few lines of Python drive a session to its end.

    import asyncio
    from steerdeck_agents import attach

    async def main() -> None:
        async with attach("~/src/shop") as runtime:
            session = await runtime.start("Fix the failing test.", mode="auto")
            async for event in runtime.follow(session):
                print(event)

    asyncio.run(main())

It speaks with the same runtime as the deck, which shows the session beside all others. `follow`
ends when the session stops working or waits for a human; `decide`, `answer` and `say` are the
orders a human would give.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

import msgspec

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import OrderId, RandomIds, SessionId
from steerdeck_agents.facts.places import Mode, Surroundings
from steerdeck_agents.facts.state import OpenApproval, OpenQuestion, SessionState
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.lifecycle import ensure
from steerdeck_agents.settings.config import load
from steerdeck_agents.settings.paths import paths

PAGE = 500


class Link:
    """A folder and the runtime that works on it."""

    def __init__(self, client: Client, folder: Path, keys: dict[str, str]) -> None:
        self._client = client
        self._folder = folder
        self._keys = keys
        self._ids = RandomIds()

    async def start(
        self, task: str, *, name: str = "", model: str = "", mode: Mode = "ask"
    ) -> SessionId:
        """Start a session; OrderRefused says why it can't."""
        given = await self._client.give(
            o.Start(
                id=self._order(),
                task=task,
                folder=str(self._folder),
                name=name,
                model=model,
                mode=mode,
                surroundings=Surroundings(path=os.environ.get("PATH", "")),
                keys=self._keys,
            )
        )
        return given.session

    async def state(self, session: SessionId) -> SessionState:
        return await self._client.ask(wire.StateAt(session), SessionState)

    async def follow(self, session: SessionId) -> AsyncIterator[e.Event]:
        """Every event of the session in order, until it stops working or waits for a human."""
        await self._client.watch(session, "full")
        seen = 0
        while page := await self._events(session, seen):
            for event in page:
                seen = event.seq
                yield event
        if not _goes_on(await self.state(session)):
            return
        async for frame in self._client.incoming():
            for event in await self._arrived(frame, session):
                if event.seq > seen:
                    seen = event.seq
                    yield event
            if not _goes_on(await self.state(session)):
                for event in await self._events(session, seen):
                    yield event
                return

    async def say(self, session: SessionId, text: str) -> None:
        """Speak to the session, at its next safe point."""
        await self._client.give(o.Say(id=self._order(), session=session, text=text))

    async def decide(
        self, session: SessionId, approval: OpenApproval, *, allow: bool, words: str = ""
    ) -> None:
        """Answer an approval of `state(session).approvals`, as it was read."""
        await self._client.give(
            o.Decide(
                id=self._order(),
                session=session,
                approval=approval.id,
                allow=allow,
                shown=approval.binding,
                words=words,
            )
        )

    async def answer(self, session: SessionId, question: OpenQuestion, text: str) -> None:
        """Answer a question of `state(session).questions`."""
        await self._client.give(
            o.Answer(id=self._order(), session=session, question=question.id, text=text)
        )

    async def diff(self, session: SessionId) -> str:
        """What the session changed, as a unified diff."""
        return await self._client.ask(wire.Diff(session), str)

    def _order(self) -> OrderId:
        return OrderId(self._ids.new("ord"))

    async def _events(self, session: SessionId, after: int) -> list[e.Event]:
        query = wire.Events(session, after=after, limit=PAGE)
        return [e.decode(bytes(raw)) for raw in await self._client.ask(query, list[msgspec.Raw])]

    async def _arrived(self, frame: object, session: SessionId) -> list[e.Event]:
        match frame:
            case wire.Facts(events):
                return [e.decode(bytes(raw)) for raw in events]
            case wire.Large(_, seq) | wire.Gap(_, seq):
                return await self._events(session, seq - 1)
            case _:
                return []


@asynccontextmanager
async def attach(folder: str | Path = ".") -> AsyncIterator[Link]:
    """The runtime of this environment's home, started when none runs; it stays when you leave."""
    where = paths(os.environ)
    wanted = {*load(where, os.environ).variables, "OPENAI_API_KEY", "OPENAI_BASE_URL"}
    keys = {name: os.environ[name] for name in wanted if os.environ.get(name)}
    client = await ensure(where, version("steerdeck"), os.environ)
    try:
        yield Link(client, Path(folder).expanduser().absolute(), keys)
    finally:
        await client.close()


def _goes_on(state: SessionState) -> bool:
    """Whether the session works or is about to, without a human."""
    if state.waits or state.archived:
        return False
    return state.turn is not None or state.may_start
