"""A page that was asked for by a dialog and comes when the dialog is on its way out."""

import asyncio

from textual.pilot import Pilot

from kit.asks import listed
from kit.desk import NOW, Feed
from kit.yard_deck import play
from steerdeck.app import DeckApp
from steerdeck_agents.facts import events as e
from steerdeck_agents.runtime import wire


def test_a_page_that_comes_when_its_dialog_is_closed_does_not_end_the_deck():
    feed = listed()
    gate, ask = asyncio.Event(), feed.ask_raw

    async def slow(query: wire.Query) -> bytes:
        if query == wire.Sessions(archived=True) or isinstance(query, wire.Rules):
            await gate.wait()
        return await ask(query)

    async def scene(app: DeckApp, pilot: Pilot[None], feed: Feed) -> None:
        feed.ask_raw = slow
        last = feed.events[-1]
        gone = e.SessionArchived(
            reason="stopped", seq=last.seq + 1, session=last.session, at_ms=NOW
        )
        feed.events.append(gone)
        for key, name in (("ctrl+k", "palette"), ("P", "rules")):
            gate.clear()
            await pilot.press(key)
            dialog = app.screen
            assert dialog.id == name
            await pilot.press("escape")
            await pilot.pause()
            assert app.screen is not dialog and not dialog.is_attached
            gate.set()
            for _ in range(5):
                await pilot.pause()
        assert app.is_running and app.return_code is None

    play(scene, feed=feed)
