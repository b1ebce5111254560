"""The raw events of a zoom: none is left out, another session's are no more there, and few stay."""

import asyncio

from textual.pilot import Pilot

from kit.desk import NOW, Feed, until
from kit.shop import shop
from kit.yard_deck import play
from steerdeck.app import DeckApp
from steerdeck.screens.tabs import EventsTab
from steerdeck.screens.zoom import ZoomScreen
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import MessageId, SessionId
from steerdeck_agents.runtime import wire


def more(feed: Feed, session: SessionId, count: int) -> list[int]:
    """So many events that just happened; their numbers."""
    first = feed.events[-1].seq + 1
    numbers = list(range(first, first + count))
    feed.feed(
        *(
            e.MessageSent(
                message=MessageId(f"m{seq}"), text="on", seq=seq, session=session, at_ms=NOW
            )
            for seq in numbers
        )
    )
    return numbers


def shown(tab: EventsTab) -> list[int]:
    return [int(block.id.removeprefix("event_")) for block in tab.view._roll.blocks]


def holding_back(feed: Feed, session: SessionId) -> asyncio.Event:
    """Events of the session are asked for, and come when this is set."""
    held, ask = asyncio.Event(), feed.ask_raw

    async def slow(query: wire.Query) -> bytes:
        answer = await ask(query)
        if isinstance(query, wire.Events) and query.session == session:
            await held.wait()
        return answer

    feed.ask_raw = slow
    return held


def test_raw_events_are_the_newest_of_this_session_without_a_hole_and_not_more_and_more():
    async def scene(app: DeckApp, pilot: Pilot[None], feed: Feed) -> None:
        zoom = app.screen
        assert isinstance(zoom, ZoomScreen) and zoom.hand is not None
        session, tab = zoom.hand.id, zoom.tab
        assert isinstance(tab, EventsTab)

        def all_of(session: SessionId) -> list[int]:
            return [event.seq for event in feed.events if event.session == session]

        await until(pilot, lambda: shown(tab) == all_of(session))

        await pilot.press("t")
        passed = more(feed, session, 700)
        await until(pilot, lambda: app.model.states[session].seq == passed[-1])
        await pilot.press("e")
        await until(pilot, lambda: shown(tab)[-1] == passed[-1])
        assert shown(tab) == passed[-300:], "what stands before a hole is not shown"

        for _ in range(3):
            last = more(feed, session, 250)[-1]
            await until(pilot, lambda upto=last: shown(tab)[-1] == upto)
        assert shown(tab) == all_of(session)[-600:]

        await pilot.press("g")
        read = shown(tab)[0]
        few = more(feed, session, 20)
        await until(pilot, lambda: app.model.states[session].seq == few[-1])
        await pilot.pause()
        assert shown(tab)[0] == read and tab.view.above == 0, "who reads them keeps them"
        await pilot.press("G")
        await until(pilot, lambda: shown(tab) == all_of(session)[-600:])

        held = holding_back(feed, session)
        asked = len(feed.asked)
        more(feed, session, 1)
        await until(pilot, lambda: len(feed.asked) > asked)
        await pilot.press("space", "alt+2")
        await until(pilot, lambda: zoom.hand is not None and zoom.hand.id != session)
        other = zoom.hand.id
        await until(pilot, lambda: shown(tab) == all_of(other))
        held.set()
        await pilot.pause()
        assert shown(tab) == all_of(other), "what came for the one that was left is dropped"

    play(scene, "enter", "e", feed=shop())
