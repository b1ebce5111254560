"""Keys that come before the screen they are meant for."""

import asyncio

import pytest
from textual import events

from kit.desk import deck, until
from kit.shop import shop
from steerdeck.ahead import PATIENCE_S, Ahead
from steerdeck.screens.inbox import InboxScreen
from steerdeck.screens.new_session import NewSession


def test_what_is_typed_behind_a_key_that_opens_something_is_typed_there():
    async def scene() -> None:
        feed = shop()
        app = deck(feed, face="deck")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            for letter in "nx all":
                app.post_message(events.Key("space" if letter == " " else letter, letter))
            await until(pilot, lambda: isinstance(app.screen, NewSession))
            await until(pilot, lambda: app.screen.words.text == "x all")
            assert feed.orders == [] and app.model.target == "one"

    asyncio.run(scene())


def test_a_yes_that_was_typed_ahead_answers_nothing():
    async def scene() -> None:
        feed = shop()
        app = deck(feed, face="deck")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            for letter in ".y":
                app.post_message(events.Key("full_stop" if letter == "." else letter, letter))
            await until(pilot, lambda: isinstance(app.screen, InboxScreen) and app.screen.armed)
            await pilot.pause(0.05)
            assert feed.orders == []

    asyncio.run(scene())


@pytest.mark.parametrize("typed", ["Dy\r", "Lm", "Ls"])
def test_nothing_is_done_that_was_typed_before_it_could_be_seen(typed: str):
    async def scene() -> None:
        feed = shop()
        app = deck(feed, face="deck")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.press("3")
            for letter in typed:
                app.post_message(events.Key("enter" if letter == "\r" else letter, letter))
            await until(pilot, lambda: len(app.screen_stack) > 1)
            await pilot.pause(0.05)
            assert feed.orders == []

    asyncio.run(scene())


@pytest.mark.parametrize("late", [False, True])
def test_keys_wait_for_a_screen_but_not_for_ever(late: bool):
    clock = [0.0]
    ahead, key = Ahead(lambda: clock[0]), events.Key("y", "y")
    assert not ahead.holds(key)
    ahead.begin()
    assert ahead.holds(key)
    clock[0] = PATIENCE_S * (2 if late else 0.5)
    assert ahead.holds(key) is not late
