"""The form of a new session: what it says is what is started, and its task is never lost."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from kit.desk import Feed, deck, told, until
from kit.shop import shop
from steerdeck.app import DeckApp
from steerdeck.screens.wanted import Wanted
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.orders import Order
from steerdeck_agents.runtime.wire import Given, Outlook

Play = Callable[[DeckApp, Pilot[None], Feed], Awaitable[None]]


def play(scene: Play) -> None:
    async def run() -> None:
        feed = shop()
        app = deck(feed, face="deck")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.press("n")
            await until(pilot, lambda: app.screen.id == "new")
            await scene(app, pilot, feed)

    asyncio.run(run())


def test_no_limit_is_ordered_as_none_although_the_settings_have_one():
    wanted = Wanted(lambda: Outlook(budget=2.0))
    wanted.take_look()
    assert wanted.terms("x").budget == 2.0
    wanted.type("budget", "backspace")
    assert wanted.said("budget")[0] == "no limit" and wanted.terms("x").budget == 0.0
    wanted.take_look()
    assert wanted.said("budget")[0] == "no limit", "what was cleared by hand is not filled again"
    wanted.type("budget", "0")
    assert wanted.said("budget") == ("no limit", ""), "nothing is spent of nothing"


def test_a_budget_nobody_named_is_left_to_the_settings():
    wanted = Wanted(Outlook)
    wanted.take_look()
    assert wanted.said("budget")[0] == "no limit" and wanted.terms("x").budget is None


def test_of_several_only_those_that_are_missing_are_started_again():
    async def scene(app, pilot, feed):
        dialog, give = app.screen, feed.give

        async def full(order: Order) -> Given:
            if len(feed.orders) == 2:
                raise OrderRefused("There is no room for another.")
            return await give(order)

        feed.give = full
        dialog.wanted.count = 3
        await pilot.press(*"Try it", "enter")
        await until(pilot, lambda: dialog.problem)
        await pilot.pause()
        assert "2 sessions of 3 started. There is no room for another." in told(app)
        feed.give = give
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is not dialog)
        assert len(feed.orders) == 3

    play(scene)


def test_a_task_that_was_left_is_there_again_until_it_is_started():
    async def scene(app, pilot, feed):
        await pilot.press(*"A long task", "escape")
        await until(pilot, lambda: app.screen.id == "deck")
        assert app.helm.unsent().drafts["new"] == "A long task"
        await pilot.press("n")
        await until(pilot, lambda: app.screen.id == "new")
        assert app.screen.words.text == "A long task"
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "deck")
        assert [order.task for order in feed.orders] == ["A long task"]
        await pilot.press("n")
        await until(pilot, lambda: app.screen.id == "new")
        assert app.screen.words.text == ""

    play(scene)


def test_a_start_that_is_refused_behind_a_closed_form_is_said_and_its_task_kept():
    async def scene(app, pilot, feed):
        going = asyncio.Event()

        async def late(order: Order) -> Given:
            await going.wait()
            raise OrderRefused("There is no room.")

        feed.give = late
        await pilot.press(*"Go", "enter")
        await until(pilot, lambda: app.screen.starting)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "deck")
        going.set()
        await until(pilot, lambda: app.model.notice)
        assert "There is no room." in app.model.notice
        assert app.model.drafts["new"] == "Go"

    play(scene)
