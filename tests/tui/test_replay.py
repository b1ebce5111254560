import asyncio

from kit.desk import deck, told, until
from kit.shop import shop
from steerdeck.screens.deck import DeckScreen
from steerdeck.screens.replay import ReplayScreen
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o


def play(scene, *, size=(160, 45)) -> None:
    async def run() -> None:
        feed = shop()
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
        first = app.screen.tape.events[at - 1]
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
    monkeypatch.setattr("steerdeck.screens.replay._AT_ONCE", 3)
    monkeypatch.setattr("steerdeck.screens.ruling._LONG", 3)

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
            app.screen._frame()
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
