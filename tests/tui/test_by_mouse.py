"""What one would click: rows of the first pages and of dialogs, chips, headers, the way out."""

import os

from kit.desk import Feed, told, until
from kit.shop import OUTLOOK
from kit.yard import yard
from steerdeck_agents.settings.config import load
from steerdeck_agents.settings.paths import paths
from tui.test_hands import click, play


def test_the_deck_is_closed_and_everything_begun_by_the_mouse_alone():
    async def scene(app, pilot, feed):
        await click(app, pilot, "say what to do")
        assert app.model.face == "composer"
        await click(app, pilot, "choose model, base")
        await until(pilot, lambda: app.screen.id == "new")
        new = app.screen
        await click(app, pilot, "mode  ")
        assert (new.field, new.wanted.mode) == ("mode", "ask")
        await click(app, pilot, "mode  ")
        assert new.wanted.mode == "auto"
        await click(app, pilot, "Esc close")
        await until(pilot, lambda: app.screen.id == "deck")
        app.screen.composer.prompt.text = "a draft"
        await click(app, pilot, "commands")
        await until(pilot, lambda: app.screen.id == "palette")
        app.screen.list.filter("close the deck")
        await pilot.pause()
        await click(app, pilot, "Close the deck")
        await until(pilot, lambda: app._exit)

    play(scene, feed=Feed(outlook=OUTLOOK))


def test_what_stands_in_a_lane_or_a_header_is_clicked_anywhere_in_its_row():
    async def scene(app, pilot, feed):
        def back() -> None:
            app.screen.do_back()

        lane = app.screen.lanes[0]
        await pilot.click(lane.plan, offset=(40, 1))
        await until(pilot, lambda: app.screen.id == "plan")
        back()
        await until(pilot, lambda: app.screen.id == "deck")
        await click(app, pilot, "Mails are sent when an order")
        await until(pilot, lambda: app.screen.id == "goal_dialog")
        await click(app, pilot, "reports ")
        assert app.screen.turns == 20
        back()
        await until(pilot, lambda: app.screen.id == "deck")
        await click(app, pilot, ":5173")
        await until(pilot, lambda: app.screen.id == "zoom" and app.screen.active == 3)
        await click(app, pilot, "pytest 12 s")
        assert app.screen.active == 2
        await click(app, pilot, "seed-data asks")
        await until(pilot, lambda: app.screen.id == "inbox")

    play(scene, feed=yard())


def test_another_model_is_picked_by_a_second_click_for_the_first_says_what_it_costs():
    async def scene(app, pilot, feed):
        await pilot.press("M")
        await until(pilot, lambda: app.screen.id == "switch")
        dialog = app.screen
        await click(app, pilot, " →")
        assert dialog.effort == "minimal"
        await click(app, pilot, "gpt-5.2-mini")
        await until(pilot, lambda: dialog.chosen == "gpt-5.2-mini")
        assert app.screen is dialog and feed.orders == []
        await click(app, pilot, "gpt-5.2-mini")
        await until(pilot, lambda: feed.orders)

    play(scene)


def test_a_setting_is_taken_in_hand_and_changed_by_clicks():
    async def scene(app, pilot, feed):
        app.helm.home = paths(os.environ)
        await pilot.press("Z")
        await until(pilot, lambda: app.screen.id == "settings_dialog" and app.screen.sets)
        await click(app, pilot, "ascii ")
        assert app.screen.knob.name == "ascii"
        await click(app, pilot, "ascii ")
        await until(pilot, lambda: load(paths(os.environ), {}).ascii)

    play(scene)


def test_how_far_a_yes_reaches_is_chosen_by_clicks_and_each_one_is_to_be_read_first():
    async def scene(app, pilot, feed):
        await pilot.press("i")
        await until(pilot, lambda: app.screen.id == "inbox" and app.screen.armed)
        await pilot.press("a")
        await until(pilot, lambda: app.screen.id == "scope_dialog" and app.screen.armed)
        await click(app, pilot, "8 hours")
        assert app.screen._reach.terms.seconds == 28_800
        await click(app, pilot, "this turn")
        assert app.screen._reach.scope == "turn" and not app.screen.armed

    play(scene)


def test_the_next_thing_that_waits_is_a_click_away_where_no_list_stands():
    async def scene(app, pilot, feed):
        await pilot.resize_terminal(80, 24)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.id == "inbox" and "1 of 3" in told(app))
        await click(app, pilot, "1 of 3")
        await until(pilot, lambda: "2 of 3" in told(app))

    play(scene)
