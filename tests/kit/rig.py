"""A bridge on a feed, without a deck: its model, and what it would have drawn."""

import asyncio
from collections.abc import Callable

from kit.desk import Feed
from steerdeck.bridge import Bridge
from steerdeck.model import DeckModel, Dirty


class Rig:
    """A bridge on a feed, following."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.model = DeckModel("/home/kim/shop")
        self.drawn: list[Dirty] = []
        self.bridge = Bridge(feed.connect, self.model, self.drawn.append)

    async def __aenter__(self) -> "Rig":
        self.task = asyncio.create_task(self.bridge.run())
        await self.until(lambda: self.model.attached)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.bridge.close()

    async def until(self, ready) -> None:
        async with asyncio.timeout(10):
            while not ready():
                await asyncio.sleep(0.005)


class StillRig(Rig):
    """On a clock that stands still."""

    async def until(self, ready: Callable[[], object]) -> None:
        for _ in range(1_000):
            if ready():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never came")
