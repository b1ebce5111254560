"""Keys that are shown can be clicked, and the leader says what may follow it."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable

from textual import events
from textual.pilot import Pilot

from kit.asks import danger
from kit.desk import NOW, Feed, deck, told, until
from kit.shop import shop
from kit.yard import yard
from steerdeck.app import DeckApp
from steerdeck.keymap import Keymap
from steerdeck.panes.follows import follows
from steerdeck.panes.footer import Hint
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import ApprovalId, CallId, SessionId

Play = Callable[[DeckApp, Pilot[None], Feed], Awaitable[None]]


def play(
    scene: Play, *, face: str = "deck", feed: Feed | None = None, flavour="plain", own=None
) -> None:
    async def run() -> None:
        source = feed or shop()
        app = deck(source, face=face)
        app.helm.keymap = Keymap(own, flavour)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.pause()
            await scene(app, pilot, source)

    asyncio.run(run())


async def click(app: DeckApp, pilot: Pilot[None], words: str) -> None:
    """Click on words that stand on the screen, the lowest ones."""
    rows = told(app).split("\n")
    row = max(at for at, text in enumerate(rows) if words in text)
    await pilot.click(offset=(rows[row].rindex(words) + 1, row))


def test_a_key_in_the_footer_is_clicked_like_pressed():
    async def scene(app, pilot, feed):
        await click(app, pilot, "commands")
        await until(pilot, lambda: app.screen.id == "palette")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "deck")
        await click(app, pilot, "zoom")
        await until(pilot, lambda: app.screen.id == "zoom")

    play(scene)


def test_what_is_named_is_opened_by_a_click_in_whichever_lane_it_stands():
    async def scene(app, pilot, feed):
        await click(app, pilot, "1 needs you")
        await until(pilot, lambda: app.screen.id == "inbox")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "deck")
        await click(app, pilot, "plan 1 of 3")
        await until(pilot, lambda: app.screen.id == "plan" and app.screen.session == "csv")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "deck")
        await click(app, pilot, "test_login.py")
        await until(pilot, lambda: app.screen.id == "review")
        assert app.screen.begin == "tests/test_login.py"

    play(scene)


def test_a_click_answers_once_the_card_has_been_seen_as_long_as_for_a_key():
    async def scene(app, pilot, feed):
        await pilot.press("i")
        await until(pilot, lambda: app.screen.id == "inbox" and app.screen.armed)
        app.screen.armed_from = time.monotonic() + 60
        await click(app, pilot, " once")
        assert feed.orders == []
        app.screen.armed_from = time.monotonic() - 1
        await click(app, pilot, " once")
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[0], o.Decide) and feed.orders[0].allow

    play(scene)


def test_what_is_written_is_sent_by_a_click_on_its_verb():
    async def scene(app, pilot, feed):
        await pilot.press(*"mind the tests")
        await click(app, pilot, "Enter steer")
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[0], o.Say) and feed.orders[0].text == "mind the tests"
        assert not app.screen.composer.prompt.text

    play(scene, face="composer")


def test_a_choice_of_a_question_is_clicked_as_soon_as_its_number_answers():
    choice = "take the work as it is"

    async def scene(app, pilot, feed):
        await pilot.press("i")
        await until(pilot, lambda: app.screen.id == "inbox")
        while choice not in told(app):
            await pilot.press("j")
            await pilot.pause()
        await until(pilot, lambda: app.screen.armed)
        app.screen.armed_from = time.monotonic() + 60
        await click(app, pilot, choice)
        assert feed.orders == []
        app.screen.armed_from = time.monotonic() - 1
        app.helm.down_at = time.monotonic() - 2
        screen = app.screen
        screen.post_message(Rows.Pressed(screen.caps, "do:choice_1", time.monotonic()))
        await pilot.pause()
        assert feed.orders == [], "the button went down before it could be read"
        await click(app, pilot, choice)
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[0], o.Answer) and feed.orders[0].text == choice

    play(scene, feed=yard())


def test_the_click_that_brings_the_terminal_to_the_front_answers_nothing():
    async def scene(app, pilot, feed):
        await pilot.press("i")
        await until(pilot, lambda: app.screen.id == "inbox" and app.screen.armed)
        app.post_message(events.AppBlur())
        await until(pilot, lambda: not app.app_focus)
        await click(app, pilot, " once")
        assert feed.orders == []
        app.post_message(events.AppFocus())
        await until(pilot, lambda: app.app_focus)
        await click(app, pilot, " once")
        assert feed.orders == []
        app.helm.focused_at = float("-inf")
        await click(app, pilot, " once")
        await until(pilot, lambda: feed.orders)

    play(scene)


def test_a_button_pressed_while_another_window_had_the_focus_only_wakes():
    async def scene(app, pilot, feed):
        app.post_message(events.AppBlur())
        await until(pilot, lambda: not app.app_focus)
        app.post_message(events.MouseDown(None, 1, 1, 0, 0, 1, False, False, False))
        await until(pilot, lambda: app.app_focus)
        assert app.helm.waking

    play(scene)


def test_the_composer_is_written_in_as_in_vi_where_the_settings_say_so():
    async def scene(app, pilot, feed):
        await pilot.press(*"one two", "escape")
        assert app.model.face == "composer"
        assert re.search(r"N +one two", told(app))
        await pilot.press("b", "d", "w", "j", "x")
        assert app.screen.composer.prompt.text == "one"
        await pilot.press("escape")
        assert app.model.face == "deck" or feed.orders

    play(scene, face="composer", flavour="vi")


def test_another_key_can_send():
    async def scene(app, pilot, feed):
        await pilot.press(*"go", "enter")
        assert feed.orders == []
        await pilot.press("f5")
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[0], o.Say)

    play(scene, face="composer", own={"send": ("f5",), "queue": ("f6",)})


def test_a_click_elsewhere_takes_the_first_key_for_danger_back():
    async def scene(app, pilot, feed):
        await pilot.press("i", "v", "v", "v")
        await until(pilot, lambda: app.screen.armed and app.screen.can_once())
        await pilot.press("y")
        await until(pilot, lambda: app.screen.danger_at is not None)
        inbox = app.screen
        await click(app, pilot, "commands")
        assert inbox.danger_at is None and feed.orders == []

    play(scene, feed=danger())


def test_what_the_palette_was_opened_for_is_not_done_to_another_thing():
    async def scene(app, pilot, feed):
        await pilot.press("i")
        await until(pilot, lambda: app.screen.id == "inbox" and app.screen.armed)
        await pilot.press("ctrl+p", *"allow it once")
        await until(pilot, lambda: app.screen.id == "palette")
        seq = feed.events[-1].seq + 1
        feed.feed(
            e.ApprovalDecided(
                approval=ApprovalId("ask_csv"), call=CallId("csv_c3"), decision="allow",
                seq=seq, session=SessionId("csv"), at_ms=NOW,
            )
        )  # fmt: skip
        await until(pilot, lambda: not app.model.states[SessionId("csv")].approvals)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "inbox")
        await until(pilot, lambda: "nothing was done" in app.model.notice)
        assert feed.orders == []

    play(scene)


def test_the_leader_lists_what_may_follow_when_one_hesitates(monkeypatch):
    monkeypatch.setattr("steerdeck.screens.keyed.FOLLOW_S", 0.01)

    async def scene(app, pilot, feed):
        before = app.screen.composer.region
        await pilot.press("ctrl+x")
        await until(pilot, lambda: "speak to all" in told(app))
        assert app.screen.composer.region == before
        assert "1…9" in told(app)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.id == "inbox")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "deck")
        assert "speak to all" not in told(app)
        await pilot.press("ctrl+x")
        await until(pilot, lambda: "speak to all" in told(app))
        await click(app, pilot, "inbox")
        await until(pilot, lambda: app.screen.id == "inbox")

    play(scene, face="composer")


def test_what_follows_is_listed_in_columns_and_says_what_it_leaves_out():
    hints = [Hint(letter, f"do {letter}", letter) for letter in "abcdefghij"]
    lines = follows(hints, 60, 4)
    rows = ["".join(span.text for span in line.spans) for line in lines[2:-1]]
    assert len(rows) == 4
    assert rows[0].split() == ["a", "do", "a", "e", "do", "e"]
    assert lines[1].right[0].text == "2 more in the commands"
    assert follows(hints, 200, 4)[1].right[0].text == ""


def test_the_mouse_is_given_to_the_terminal_and_taken_back(monkeypatch):
    given: list[bool] = []
    monkeypatch.setattr(
        "steerdeck.drawing.give_mouse", lambda app, *, deck: given.append(deck) or True
    )

    async def scene(app, pilot, feed):
        await pilot.press("f9")
        await until(pilot, lambda: "F9 gives it back" in app.model.notice)
        await pilot.press("f9")
        await until(pilot, lambda: given == [False, True])

    play(scene)


def test_lists_move_with_the_keys_of_emacs():
    async def run() -> None:
        app = deck(shop())
        app.helm.keymap = Keymap(flavour="emacs")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.press("f2", "alt+x")
            await until(pilot, lambda: app.screen.id == "palette")
            first = app.screen.list.selected
            await pilot.press("ctrl+n")
            assert app.screen.list.selected != first
            await pilot.press("ctrl+p")
            assert app.screen.list.selected == first

    asyncio.run(run())
