"""A deck on the yard's sessions: opened, keys pressed, and a scene played on it."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from kit.desk import Feed, deck, until
from kit.yard import yard
from steerdeck.app import DeckApp
from steerdeck.screens.inbox import InboxScreen

Scene = Callable[[DeckApp, Pilot[None], Feed], Awaitable[None]]


def play(
    scene: Scene, *keys: str, feed: Feed | None = None, size: tuple[int, int] = (120, 36)
) -> Feed:
    """Play it after these keys, in the inbox once its keys answer; gives back what it ran on."""
    feed = feed or yard()

    async def run() -> None:
        app = deck(feed, face="deck")
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached and app.model.transcripts)
            for key in keys:
                await pilot.press(key)
            if isinstance(app.screen, InboxScreen):
                await until(pilot, lambda: app.screen.armed)
            await pilot.pause()
            await scene(app, pilot, feed)

    asyncio.run(run())
    return feed
