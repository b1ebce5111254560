"""What somebody meets in the first hour with the deck, and would stumble over."""

import asyncio
import os
from collections.abc import Awaitable, Callable

from msgspec.structs import replace
from textual.pilot import Pilot

from kit.desk import Feed, deck, told, until
from kit.reviewed import reviewed
from kit.shop import shop
from kit.yard import yard
from steerdeck.app import DeckApp
from steerdeck.keymap import Keymap
from steerdeck.model import InboxItem
from steerdeck.panes.checked import standing
from steerdeck.panes.items import head
from steerdeck.panes.plan import plan_row
from steerdeck.panes.rail import strip
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.plan import Step
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.settings.knobs import KNOBS, measured_value
from steerdeck_agents.settings.paths import paths

Play = Callable[[DeckApp, Pilot[None], Feed], Awaitable[None]]


def play(scene: Play, feed: Feed, *, size: tuple[int, int] = (80, 24), face: str = "deck") -> None:
    async def run() -> None:
        app = deck(feed, face=face)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.pause()
            await scene(app, pilot, feed)

    asyncio.run(run())


def last_row(app: DeckApp, words: str) -> int:
    return max(at for at, row in enumerate(told(app).split("\n")) if words in row)


def test_the_palette_keeps_its_keys_on_a_small_screen_and_hands_unknown_words_to_the_search():
    async def scene(app, pilot, feed):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: app.screen.id == "palette")
        await pilot.pause()
        row = told(app).split("\n")[last_row(app, "Enter run")]
        assert "Esc close" in row and row.rstrip().endswith("more")
        await pilot.press(*"zebra")
        await pilot.pause()
        assert "Nothing by that name." in told(app) and "Enter run" not in told(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "search")
        assert app.screen.words.text == "zebra"

    play(scene, shop(), size=(60, 20))


def test_the_palette_names_the_key_of_an_act_and_no_pair():
    assert Keymap().shown("lane_left", "deck") == "h l"
    assert Keymap().shown("lane_left", "deck", paired=False) == "h"


def test_out_of_a_comparison_the_review_stays_and_a_comment_has_one_row_of_keys():
    async def scene(app, pilot, feed):
        await pilot.press("d")
        await until(pilot, lambda: app.screen.id == "review" and app.screen.ready)
        other = next(id for id in app.model.states if id != app.screen.session)
        for leave in ("escape", "q"):
            app.screen.other = SessionId(other)
            await pilot.press(leave)
            assert app.screen.id == "review" and not app.screen.other
            await until(pilot, lambda: app.screen.ready and app.screen.page)
        await pilot.press("c")
        await pilot.pause()
        text = told(app)
        assert "What should be different here" in text
        assert text.count("Esc") == 1 and text.count("Enter") == 1
        assert "viewed" not in text

    play(scene, reviewed(), size=(120, 36))


def test_the_inbox_goes_on_with_what_the_same_session_asks_next():
    async def scene(app, pilot, feed):
        await pilot.press("i")
        await until(pilot, lambda: app.screen.id == "inbox")
        screen, items = app.screen, app.model.inbox()
        gone = items[0]
        screen.item, screen._order = gone, tuple(item.id for item in items)
        new = InboxItem("question", gone.session, "new", gone.since_ms + 1, "And now?")
        news = InboxItem("drift", gone.session, "drift", gone.since_ms, "it wrote elsewhere")
        assert screen._chosen([*items[1:], new, news]) == new
        screen._order = tuple(item.id for item in items)
        assert screen._chosen([*items[1:], news]) == items[1]

    play(scene, yard(), size=(120, 36))


def test_in_the_inbox_alt_and_a_digit_take_what_that_session_waits_for():
    async def scene(app, pilot, feed):
        await pilot.press("i")
        await until(pilot, lambda: app.screen.id == "inbox")
        items = app.model.inbox()
        other = next(item for item in items if item.session != app.screen.item.session)
        await pilot.press(f"alt+{app.model.states[other.session].slot}")
        assert app.screen.item.id == other.id
        assert feed.orders == []

    play(scene, yard(), size=(120, 36))


def test_the_help_begins_where_one_was_and_finds_keys_by_words():
    async def scene(app, pilot, feed):
        await pilot.press("d")
        await until(pilot, lambda: app.screen.id == "review" and app.screen.ready)
        await pilot.press("?")
        await until(pilot, lambda: app.screen.id == "help")
        await pilot.pause()
        rows = [row.strip() for row in told(app).split("\n") if row.strip()]
        assert rows[1] == "in a review"
        await pilot.press("/", *"viewed", "enter")
        await pilot.pause()
        text = told(app)
        assert "Mark the file as viewed" in text and "Accept the hunk" not in text
        await pilot.press("escape")
        await pilot.pause()
        assert "Accept the hunk" in told(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "review")

    play(scene, reviewed(), size=(120, 36))


def test_where_no_settings_are_kept_their_key_is_not_listed():
    async def scene(app, pilot, feed):
        key = app.helm.keymap.by_id["settings"]
        assert app.helm.home is None and not app.screen.can(key)
        await pilot.press("Z")
        await pilot.pause()
        assert app.screen.id == "deck"
        app.helm.home = paths(os.environ)
        assert app.screen.can(key)

    play(scene, shop())


def test_what_happened_stands_above_what_waits():
    async def scene(app, pilot, feed):
        assert app.model.claims() and app.screen.dock.display
        dock = told(app).split("\n")[app.screen.dock.region.y]
        await pilot.press("W")
        await until(pilot, lambda: "What happened" in told(app))
        assert told(app).split("\n")[app.screen.dock.region.y] == dock

    play(scene, yard(), size=(120, 36))


def test_the_name_in_hand_is_whole_in_the_strip_of_a_narrow_deck():
    async def scene(app, pilot, feed):
        hand = app.model.hand
        app.model.states[hand.id] = replace(hand, name="add-currency-tables")
        lines = strip(app.model, 60, "")
        spans = lines[0].spans
        assert any(span.text == "add-currency-tables" for span in spans)
        assert sum(len(span.text) for span in spans) <= 64
        others = [s for s in app.model.sessions() if s.id != hand.id]
        assert all(any(span.text.startswith(str(s.slot)) for span in spans) for s in others)

    play(scene, shop(), size=(60, 20))


def test_no_name_is_cut_in_a_strip_where_all_of_them_fit():
    async def scene(app, pilot, feed):
        spans = strip(app.model, 78, "Alt+1…9")[0].spans
        names = {state.name for state in app.model.sessions()}
        assert names <= {span.text for span in spans} and "rate-limit" in names
        assert sum(len(span.text) for span in spans) <= 78 - len("Alt+1…9")

    play(scene, shop(), size=(80, 24))


def test_no_checks_name_the_key_that_sets_some_and_settings_have_their_units():
    words = "".join(span.text for span in standing(SessionState(SessionId("s")), 0, "V")[0].spans)
    assert words.endswith("V sets some")
    told = {knob.name: measured_value(knob, 2.0) for knob in KNOBS if knob.kind == "number"}
    assert told["budget_first"] == "$2" and told["notify.away"] == "2 s"
    assert told["budget.turns_per_day"] == "2"


def test_a_finished_plan_says_once_how_far_it_is():
    state = SessionState(SessionId("s"))
    for status, words in (("completed", "plan 2 of 2"), ("in_progress", "step 1 of 2")):
        steps = (Step("one", status), Step("two", "completed"))
        line = plan_row(replace(state, plan=replace(state.plan, steps=steps)), 80)[0]
        told_there = "".join(span.text for span in (*line.spans, *line.right))
        assert words in told_there and told_there.count(" of ") == 1


def test_kinds_of_one_shape_keep_their_words_where_room_is_scarce():
    async def scene(app, pilot, feed):
        id = next(iter(app.model.states))
        done = InboxItem("done", id, "d", 0, "1 file")
        items = [done, InboxItem("claim", id, "c", 0, "done"), InboxItem("parked", id, "p", 0, "")]
        words = "".join(span.text for span in head(app.model, items, done, wide=False).right)
        assert "1 done" in words and "1 to review" in words and "parked" not in words

    play(scene, shop())
