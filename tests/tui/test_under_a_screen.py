"""The deck while another screen lies over it: it holds what it shows, and draws nothing of it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from kit.desk import NOW, Feed, Story, deck, told, until
from kit.shop import OUTLOOK, shop
from steerdeck.app import DeckApp
from steerdeck.screens.deck import DeckScreen
from steerdeck.screens.zoom import ZoomScreen
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import ItemId, SessionId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.runtime import wire

CSV = SessionId("csv")


def play(
    scene: Callable[[DeckApp, Pilot[None], Feed], Awaitable[None]],
    feed: Feed,
    size: tuple[int, int] = (200, 50),
    tick_s: float = 60.0,
) -> None:
    async def run() -> None:
        app = deck(feed, face="deck")
        app.helm.tick_s = tick_s
        async with app.run_test(size=size) as pilot:
            await until(
                pilot, lambda: len(app.model.transcripts) == min(size[0] // 66, len(feed.states()))
            )
            await pilot.pause(0.06)
            await scene(app, pilot, feed)

    asyncio.run(run())


def long(count: int) -> Feed:
    """A session that has said a lot."""
    story = Story()
    place = Workspace("/w/s", "/home/kim/shop", "steerdeck/s", "abc")
    story.add("s", e.SessionCreated(name="s", task="", model="m", slot=1, workspace=place))
    for number in range(count):
        text = f"words {number}" if number else "the very first"
        story.add("s", e.ItemEnded(item=ItemId(f"i{number}"), kind="message", text=text))
    return Feed(story.events, OUTLOOK)


def below(app: DeckApp) -> DeckScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, DeckScreen)
    return screen


def said(feed: Feed, session: str, count: int = 1, words: str = "news") -> None:
    seq = feed.events[-1].seq + 1
    feed.feed(*(
        e.ItemEnded(item=ItemId(f"n{n}"), kind="message", text=f"{words} {n}", seq=n,
                    session=SessionId(session), at_ms=NOW)
        for n in range(seq, seq + count)
    ))  # fmt: skip


def test_who_reads_far_up_in_a_zoom_stays_there_while_the_deck_ticks():
    async def scene(app: DeckApp, pilot: Pilot[None], feed: Feed) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
        while "the very first" not in told(app):
            await pilot.press("g")
        said(feed, "s", 30)
        await until(pilot, lambda: "n930" in app.model.transcripts["s"].entries)
        below(app)._tick()
        await pilot.press("j", "k")
        assert "the very first" in told(app)
        await pilot.press("G")
        assert len(app.model.transcripts["s"].entries) <= 200

    play(scene, long(900))


def test_a_hit_far_back_is_reached_while_the_clocks_move():
    async def scene(app: DeckApp, pilot: Pilot[None], feed: Feed) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
        await pilot.press("/", *"very first", "enter")
        await until(pilot, lambda: "the very first" in told(app))
        assert "1 of 1" in told(app)

    play(scene, long(2_400), tick_s=0.1)


def test_a_lane_left_far_up_is_where_it_was_after_a_zoom():
    async def scene(app: DeckApp, pilot: Pilot[None], feed: Feed) -> None:
        while "the very first" not in told(app):
            await pilot.press("g")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
        said(feed, "s", 30)
        await until(pilot, lambda: "n930" in app.model.transcripts["s"].entries)
        await until(pilot, lambda: "news 930" in told(app))
        await pilot.press("q", "escape")
        await until(pilot, lambda: app.screen is below(app) and "the very first" in told(app))

    play(scene, long(900))


@pytest.mark.parametrize("key", ["enter", "i"])
def test_under_a_screen_lanes_are_held_and_not_drawn_and_come_back_as_they_are_now(key: str):
    async def scene(app: DeckApp, pilot: Pilot[None], feed: Feed) -> None:
        lane = next(lane for lane in below(app).lanes if lane.session == CSV)
        await pilot.press(key)
        await until(pilot, lambda: app.screen is not below(app))
        feed.asked.clear()
        said(feed, CSV, words="what came")
        await until(pilot, lambda: app.model.states[CSV].seq == feed.events[-1].seq)
        below(app)._tick()
        await pilot.pause()
        assert not [one for one in feed.asked if isinstance(one, wire.StateAt | wire.Events)]
        assert feed.watching[CSV] == "full" and CSV in app.model.transcripts
        assert not lane.transcript.has(f"n{feed.events[-1].seq}")
        frames, display = list[str](), app._display

        def noted(screen: object, drawn: object) -> None:
            if app.screen is below(app):
                frames.append(told(app))
            display(screen, drawn)

        app._display = noted
        app.helm.close_screen(app.screen)
        await until(pilot, lambda: frames)
        assert all("what came" in frame for frame in frames)

    play(scene, shop())


def test_what_is_said_under_a_screen_is_not_held_for_nobody():
    async def scene(app: DeckApp, pilot: Pilot[None], feed: Feed) -> None:
        await pilot.press("f1")
        await until(pilot, lambda: app.screen.id == "help")
        said(feed, "s", 600)
        entries = app.model.transcripts["s"].entries
        await until(pilot, lambda: next(reversed(entries)) == f"n{feed.events[-1].seq}")
        assert len(entries) > 600
        below(app)._tick()
        assert len(entries) <= 200
        await pilot.press("escape")
        await until(pilot, lambda: "news" in told(app))

    play(scene, long(20))


def test_a_zoom_over_which_another_screen_lay_is_drawn_as_it_is_now():
    async def scene(app: DeckApp, pilot: Pilot[None], feed: Feed) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
        zoom = app.screen
        assert isinstance(zoom, ZoomScreen)
        await pilot.press("f1")
        await until(pilot, lambda: app.screen.id == "help")
        said(feed, "s")
        name = f"n{feed.events[-1].seq}"
        await until(pilot, lambda: name in app.model.transcripts["s"].entries)
        zoom.on_screen_resume()
        assert not zoom.text.has(name)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is zoom and "news" in told(app))

    play(scene, long(20))


def test_what_the_inbox_looked_at_takes_nothing_from_the_zoom_below():
    story = shop()

    async def scene(app: DeckApp, pilot: Pilot[None], feed: Feed) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
        zoomed = app.helm.watched["zoom"]
        await pilot.press("i")
        await until(pilot, lambda: app.screen.id == "inbox")
        assert app.helm.watched["inbox"] != zoomed
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
        await until(pilot, lambda: "inbox" not in app.helm.watched)
        assert app.helm.watched["zoom"] == zoomed and zoomed <= app.model.transcripts.keys()

    play(scene, story, size=(80, 24))
