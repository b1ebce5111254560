"""Keys that come at once, as a slow line brings them, mean what they mean one by one."""

import asyncio
from collections.abc import Awaitable, Callable

from textual import events
from textual.pilot import Pilot

from kit.desk import deck, told, until
from kit.writing import WritingFeed, writing
from steerdeck.app import DeckApp
from steerdeck.screens.recipients import RecipientsDialog

Play = Callable[[DeckApp, Pilot[None], WritingFeed], Awaitable[None]]


def play(scene: Play, *, face: str = "composer") -> None:
    async def run() -> None:
        feed = writing()
        app = deck(feed, face=face)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.pause()
            await scene(app, pilot, feed)

    asyncio.run(run())


def at_once(app: DeckApp, *names: str) -> None:
    """The keys in one read of the terminal."""
    for name in names:
        app.post_message(events.Key(name, name if len(name) == 1 else None))


def test_words_go_to_whom_they_were_written_for_although_another_is_chosen_right_behind_enter():
    async def scene(app, pilot, feed):
        assert app.model.in_hand == "fix"
        at_once(app, *"go", "enter", "alt+2")
        await until(pilot, lambda: feed.orders and app.model.in_hand == "csv")
        assert [(order.session, order.text) for order in feed.orders] == [("fix", "go")]

    play(scene)


def test_a_draft_that_was_left_gets_no_letters_meant_for_the_next_session():
    async def scene(app, pilot, feed):
        await pilot.press(*"not yet")
        at_once(app, "alt+2", *"go", "enter")
        await until(pilot, lambda: feed.orders)
        assert [(order.session, order.text) for order in feed.orders] == [("csv", "go")]
        assert app.model.drafts["fix"] == "not yet"

    play(scene)


def test_letters_behind_the_key_to_the_lanes_are_commands_and_behind_the_key_back_text():
    async def scene(app, pilot, feed):
        at_once(app, "f2", "2", "space", *"ok")
        await until(pilot, lambda: app.screen.composer.prompt.text == "ok")
        assert app.model.in_hand == "csv"

    play(scene)


def test_letters_behind_the_leader_and_its_key_are_written():
    async def scene(app, pilot, feed):
        at_once(app, "ctrl+x", "a", *"all of you", "enter")
        await until(pilot, lambda: len(feed.orders) == 4)
        assert {order.text for order in feed.orders} == {"all of you"}

    play(scene)


def test_each_step_in_a_list_is_done_before_what_it_led_to_is_marked():
    async def scene(app, pilot, feed):
        app.screen.do_recipients()
        await until(pilot, lambda: isinstance(app.screen, RecipientsDialog) and app.screen.focused)
        at_once(app, "down", "tab", "down", "tab", "enter")
        await until(pilot, lambda: app.screen.id == "deck")
        assert app.model.picked == {"csv", "docs"}

    play(scene)


def test_a_key_that_closes_what_it_was_given_to_keeps_no_other_waiting():
    async def scene(app, pilot, feed):
        await pilot.press("alt+2", "f2", "R")
        await until(pilot, lambda: app.screen.id == "rename" and app.screen.focused)
        at_once(app, "escape", "3")
        await until(pilot, lambda: app.model.in_hand == "docs")
        assert "docs" in told(app)

    play(scene)
