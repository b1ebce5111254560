import asyncio
from datetime import datetime

from kit.desk import Feed, Story, deck, told, until
from kit.shop import OUTLOOK, shop
from steerdeck.screens.deck import DeckScreen
from steerdeck.screens.replay import ReplayScreen
from steerdeck.screens.winding import _next
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import ItemId, MessageId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.runtime.wire_reading import Inked, InkOf


def play(scene, *, size=(160, 45), feed=None) -> None:
    given = feed

    async def run() -> None:
        feed = given or shop()
        app = deck(feed, face="deck")
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.press("r")
            await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
            await until(pilot, lambda: len(app.screen.tape))
            await pilot.pause()
            await scene(app, pilot, feed)
            assert not [order for order in feed.orders if not isinstance(order, o.Interrupt)]

    asyncio.run(run())


def test_a_replay_begins_where_there_is_something_to_read_and_is_never_taken_for_now():
    async def scene(app, pilot, feed):
        at = app.screen.tape.at
        first = feed.events[at - 1]
        assert isinstance(first, e.MessageSent) and first.session == app.screen.in_hand
        assert " replay " in told(app) and first.text.split()[0] in told(app)
        assert f"event {at} of {len(feed.events)}" in told(app)

    play(scene)


def test_steps_lead_to_the_state_as_it_was():
    async def scene(app, pilot, feed):
        await pilot.press("g", "right", "right", "right")
        assert app.screen.tape.at == 3
        assert app.screen.tape.states == feed.states(3)
        await pilot.press("left")
        assert app.screen.tape.states == feed.states(2)
        await pilot.press("G")
        assert app.screen.tape.states == feed.states()
        await pilot.press("g")
        assert app.screen.tape.at == 0

    play(scene)


def test_a_long_recording_is_gone_through_in_pieces(monkeypatch):
    monkeypatch.setattr("steerdeck.panes.tape.PAGE", 3)
    monkeypatch.setattr("steerdeck.panes.tape._FAR", 9)
    monkeypatch.setattr("steerdeck.screens.unrolled._LONG", 3)

    async def scene(app, pilot, feed):
        await until(pilot, lambda: "calls" in told(app))
        await pilot.press("G")
        await until(pilot, lambda: app.screen.tape.at == len(feed.events))
        assert app.screen.tape.states == feed.states()
        await pilot.press("g", "G", "g")
        await until(pilot, lambda: app.screen._goal is None)
        assert app.screen.tape.at == 0

    play(scene)


def test_errors_and_approvals_are_found():
    async def scene(app, pilot, feed):
        await pilot.press("n")
        await pilot.pause()
        assert "✗ 1 failed" in told(app)
        await pilot.press("a")
        await pilot.pause()
        assert "needs you" in told(app)
        await pilot.press("A")
        await pilot.pause()
        assert "no more approvals" in told(app)

    play(scene)


def test_the_files_of_then_are_shown():
    async def scene(app, pilot, feed):
        await pilot.press("G")
        await until(pilot, lambda: app.screen._diff.path)
        await pilot.press("d")
        await until(pilot, lambda: "with self.db.begin():" in told(app))
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, ReplayScreen)

    play(scene)


def test_playing_moves_and_ends_by_itself():
    async def scene(app, pilot, feed):
        await pilot.press(*["plus"] * 6)
        await pilot.press("space")
        assert app.screen.playing
        for _ in range(10 * len(feed.events)):
            app.screen.play_on()
            await until(pilot, lambda: app.screen._goal is None)
        assert app.screen.tape.at == len(app.screen.tape)
        assert not app.screen.playing

    play(scene)


def test_a_time_can_be_jumped_to():
    async def scene(app, pilot, feed):
        await pilot.press("t", *"10:13", "enter")
        await pilot.pause()
        assert "10:13" in told(app)
        assert 0 < app.screen.tape.at < len(app.screen.tape)

    play(scene)


def test_esc_leads_back_to_now_and_interrupts_nothing():
    async def scene(app, pilot, feed):
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))
        await pilot.press("escape")
        assert feed.orders == []

    play(scene, size=(80, 24))


def talked(count: int) -> Feed:
    """A session that says so many things, the last of them with code."""
    story = Story()
    place = Workspace("/w/s", "/home/kim/shop", "steerdeck/s", "abc")
    story.add("s", e.SessionCreated(name="s", task="", model="m", slot=1, workspace=place))
    story.add("s", e.MessageSent(message=MessageId("first"), text="Begin", delivery="first"))
    for number in range(count):
        text = f"words {number}"
        story.add("s", e.ItemEnded(item=ItemId(f"i{number}"), kind="message", text=text))
    code = "Look:\n\n```python\nimport os\n```\n\nNow you."
    story.add("s", e.ItemEnded(item=ItemId("code"), kind="message", text=code))
    story.add("s", e.TurnEnded(status="completed"))
    return Coloured(story.events, OUTLOOK)


class Coloured(Feed):
    """A runtime that knows one keyword."""

    def _page(self, query):
        if isinstance(query, InkOf):
            return Inked((((0, 6, 0),),), ("Keyword",))
        return super()._page(query)


def apart(view) -> set[str]:
    """What is drawn in a style of its own."""
    return {part.text for y in range(view.size.height) for part in view.render_line(y)}


def test_words_are_read_as_on_a_live_lane_in_colours_to_the_first_and_with_a_caret(monkeypatch):
    monkeypatch.setattr("steerdeck.panes.tape.PAGE", 20)
    monkeypatch.setattr("steerdeck.screens.recording.PAGE", 20)

    async def scene(app, pilot, feed):
        await pilot.press("G")
        await until(pilot, lambda: "import" in told(app))
        await until(pilot, lambda: "import" in apart(app.screen.text))
        assert "words 60" not in app.screen.tape.transcripts["s"].entries
        await pilot.press("Y", "k", "k", "v", "$", "y")
        assert app.clipboard == "Look:"
        assert app.screen.places()[0] == "replay"
        for _ in range(40):
            await pilot.press("pageup")
        await until(pilot, lambda: "Begin" in told(app))
        await pilot.press("left")
        assert "i0" in app.screen.tape.transcripts["s"].entries, "what was read is kept"

    play(scene, feed=talked(90))


def test_whoever_marks_text_leaves_that_first_and_stops_playing():
    async def scene(app, pilot, feed):
        await pilot.press("space", "Y")
        assert app.screen.marking and not app.screen.playing
        await pilot.press("escape")
        assert isinstance(app.screen, ReplayScreen) and not app.screen.marking

    play(scene, feed=talked(5))


def test_a_time_of_the_next_day_and_what_is_no_time():
    ten = int(datetime(2026, 11, 20, 22, 10).timestamp() * 1000)
    at = datetime.fromtimestamp(_next("01:05", ten) / 1000)
    assert (at.day, at.hour, at.minute) == (21, 1, 5)
    assert _next("22:10:00", ten) == ten
    assert _next("25:00", ten) is None and _next("noon", ten) is None


def test_the_mouse_goes_to_a_time_takes_a_lane_and_presses_what_is_shown():
    async def scene(app, pilot, feed):
        screen = app.screen
        await pilot.press("g")
        width = screen.time.size.width
        await pilot.click(screen.time, offset=(width - 4, 1))
        assert screen.tape.at > len(feed.events) // 2
        await pilot.click(screen.time, offset=(2, 1))
        assert screen.tape.at > len(feed.events) // 2, "the names stand there"
        other = next(
            lane for lane in screen.lanes if lane.display and lane.session != screen.in_hand
        )
        await pilot.click(other.head)
        assert screen.in_hand == other.session
        caps = screen.caps
        row = next(y for y, line in enumerate(caps.lines) if line.spans)
        await pilot.click(caps, offset=(caps.margin + 1, row))
        assert screen.playing

    play(scene)
