"""Several hosts whose runtimes are feeds, and a bridge on all of them."""

import asyncio
from collections.abc import Awaitable, Callable

from kit.desk import NOW, Feed
from steerdeck.bridge import Bridge
from steerdeck.hosts.convoy import Convoy
from steerdeck.model import DeckModel
from steerdeck.source import Source
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.runtime import wire

SAME = SessionId("ses_0001")
ON_BUILD, ON_LAPTOP = SessionId("ses_0001~build"), SessionId("ses_0001~laptop")


class Far:
    """A host whose runtime is a feed; `lines` are made and cut by hand."""

    folder = ""

    def __init__(self, name: str, feed: Feed) -> None:
        self.name = name
        self.feed = feed
        self.up = asyncio.Event()
        self.up.set()
        self.stands = f"/home/kim/{name}"
        self.calls = 0

    async def connect(self) -> Source:
        self.calls += 1
        if not self.up.is_set():
            raise WireError("No route to host.")
        self.feed.frames = asyncio.Queue()
        return self.feed

    async def hang_up(self) -> str:
        return ""

    def cut(self, *, for_long: bool = False) -> None:
        if for_long:
            self.up.clear()
        self.feed.frames.put_nowait(wire.Bye("gone"))


def far(name: str) -> Far:
    """A host with one session; all have the same id and slot."""
    born = e.SessionCreated(
        name="count", task=f"Count on {name}.", model="m", slot=1, seq=1, session=SAME, at_ms=NOW,
        workspace=Workspace("", f"/home/kim/{name}/shop", "count", ""),
    )  # fmt: skip
    return Far(name, Feed((born,)))


class Deck:
    """A bridge on a convoy."""

    def __init__(self, *hosts: Far) -> None:
        self.convoy = Convoy(hosts, (0.01,))
        self.model = DeckModel("/home/kim")
        self.bridge = Bridge(self.convoy.connect, self.model, lambda dirty: None)
        self.convoy.changed = self._stand

    def _stand(self, stands) -> None:
        self.model.hosts = stands


async def until(ready: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not ready():
            await asyncio.sleep(0.002)


def play(
    hosts: tuple[Far, ...], story: Callable[[Deck], Awaitable[None]], sessions: int = 0
) -> None:
    async def run() -> None:
        deck = Deck(*hosts)
        task = asyncio.create_task(deck.bridge.run())
        try:
            await until(lambda: len(deck.model.states) == (sessions or len(hosts)))
            await story(deck)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await deck.bridge.close()

    asyncio.run(run())
