"""Shell sessions on the deck: seen with their ports, typed into, ended, and their secrets kept."""

import pytest
from textual import events

from kit.desk import told, until
from kit.yard import MAIL, SEED, at
from kit.yard_deck import play
from steerdeck.screens.deck import DeckScreen
from steerdeck.screens.inbox import InboxScreen
from steerdeck.screens.typing import EndShellDialog, TypeDialog
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import ShellId

SECRET = "s3cr1"


def test_a_hidden_prompt_waits_in_dock_and_inbox_and_asks_for_no_focus():
    async def scene(app, pilot, feed):
        assert "psql asks: Password for user kim:" in told(app)
        await pilot.press("full_stop")
        await until(pilot, lambda: isinstance(app.screen, InboxScreen) and app.screen.armed)
        assert "Password for user kim:" in told(app)
        assert app.screen.focused is None
        await pilot.press(*SECRET[:3], "enter")
        await pilot.pause()
        assert feed.orders == []

    play(scene)


def test_a_secret_is_sent_once_and_nowhere_drawn_or_kept():
    async def scene(app, pilot, feed):
        await pilot.press("w")
        await until(pilot, lambda: app.screen.secret.has_focus)
        for letter in SECRET:
            await pilot.press(letter)
            assert SECRET[:3] not in told(app) and "•" not in told(app)
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        (typed,) = feed.orders
        assert isinstance(typed, o.TypeInto)
        assert (typed.session, typed.shell, typed.hidden) == (SEED, "shell-1", True)
        assert typed.text == SECRET + "\n"
        assert app.screen.secret.empty and not app.screen.words.history
        assert SECRET not in told(app) and SECRET not in app.model.notice

    play(scene, "full_stop")


@pytest.mark.parametrize("key", ["escape", "ctrl+u"])
def test_leaving_or_clearing_the_field_forgets_what_was_typed(key):
    async def scene(app, pilot, feed):
        await pilot.press("w", *SECRET, key)
        await until(pilot, lambda: app.screen.secret.empty)
        await pilot.press("w", "enter")
        await until(pilot, lambda: key == "escape" or feed.orders)
        assert all(SECRET not in order.text for order in feed.orders)

    play(scene, "full_stop")


def test_a_prompt_that_was_answered_elsewhere_takes_the_field_away():
    async def scene(app, pilot, feed):
        await pilot.press("w", *SECRET)
        feed.feed(at(e.ShellTyped(shell=ShellId("shell-1"), hidden=True), SEED))
        await until(pilot, lambda: app.screen.item.session != SEED)
        assert app.screen.secret.empty and not app.screen.secret.display

    play(scene, "full_stop")


def test_the_rest_of_a_secret_never_answers_the_next_card():
    async def scene(app, pilot, feed):
        await pilot.press("w", *"pass")
        feed.feed(at(e.ShellTyped(shell=ShellId("shell-1"), hidden=True), SEED))
        await until(pilot, lambda: app.screen.item.kind == "question")
        first = app.screen._painting
        await pilot.press("1", "2", "x", "o")
        assert feed.orders == [] and not app.screen.armed
        assert app.screen._painting > first, "each key makes the card wait anew"
        await until(pilot, lambda: app.screen.armed)
        await pilot.press("3")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].text == "stop"

    play(scene, "full_stop")


def test_the_rest_of_a_secret_is_not_typed_into_the_shown_line():
    async def scene(app, pilot, feed):
        await pilot.press(*"pass")
        feed.feed(at(e.ShellTyped(shell=ShellId("shell-1"), hidden=True), SEED))
        await until(pilot, lambda: app.screen.line.display)
        await pilot.press(*"word", "enter")
        await pilot.pause()
        assert feed.orders == [] and app.screen.line.text == ""
        assert "Tab  write" in told(app)
        await pilot.press("tab", "q", "enter")
        await until(pilot, lambda: feed.orders)
        assert (feed.orders[0].text, feed.orders[0].hidden) == ("q\n", False)

    play(scene, "2", "w")


def test_a_refused_secret_is_not_given_back():
    async def scene(app, pilot, feed):
        feed.refuse = "The shell session has ended."
        await pilot.press("w", *SECRET, "enter")
        await until(pilot, lambda: app.model.notice_bad)
        assert app.screen.secret.empty and not app.model.returned
        assert SECRET not in told(app)

    play(scene, "full_stop")


def test_a_pasted_secret_is_not_shown_and_does_not_press_enter():
    async def scene(app, pilot, feed):
        await pilot.press("w")
        await until(pilot, lambda: app.screen.secret.has_focus)
        app.screen.secret.on_paste(events.Paste(SECRET + "\nmore\n"))
        await pilot.pause()
        assert SECRET not in told(app) and feed.orders == []
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].text == SECRET + "\n"

    play(scene, "full_stop")


def test_a_shell_is_typed_into_and_the_dialog_stays():
    async def scene(app, pilot, feed):
        assert isinstance(app.screen, TypeDialog)
        assert "http://localhost:5173" in told(app)
        await pilot.press("r", "s", "enter")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0] == o.TypeInto(
            id=feed.orders[0].id, session=MAIL, shell=ShellId("shell-1"), text="rs\n"
        )
        feed.feed(at(e.ShellPrinted(shell=ShellId("shell-1"), text="restarted\n"), MAIL))
        await until(pilot, lambda: "restarted" in told(app))
        feed.feed(at(e.ShellEnded(shell=ShellId("shell-1"), how="exited"), MAIL, 9_001))
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))

    play(scene, "1", "w")


def test_enter_alone_is_typed_into_a_shell_that_waits_for_just_that():
    async def scene(app, pilot, feed):
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].text == "\n" and app.screen.line.history == []

    play(scene, "1", "w")


def test_a_dialog_turns_secret_when_the_shell_asks_for_a_password():
    async def scene(app, pilot, feed):
        await pilot.press("a")
        prompt = e.ShellPrompted(shell=ShellId("shell-1"), text="[sudo] password:", hidden=True)
        feed.feed(at(prompt, MAIL))
        await until(pilot, lambda: app.screen.secret.has_focus)
        await pilot.press(*SECRET)
        assert SECRET not in told(app)
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].hidden and feed.orders[0].text == SECRET + "\n"

    play(scene, "1", "w")


@pytest.mark.parametrize("asks_on", [True, False])
def test_the_rest_of_a_secret_is_not_written_in_the_composer_when_its_program_ends(asks_on: bool):
    async def scene(app, pilot, feed):
        await pilot.press(*"pass")
        if not asks_on:
            feed.feed(at(e.ShellTyped(shell=ShellId("shell-1"), hidden=True), SEED))
            await until(pilot, lambda: app.screen.line.display)
        feed.feed(at(e.ShellEnded(shell=ShellId("shell-1"), how="exited"), SEED, 9_001))
        await until(pilot, lambda: "It has ended" in told(app))
        await pilot.press(*"word", "enter", "escape")
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))
        assert (feed.orders, app.screen.composer.prompt.text) == ([], "")

    play(scene, "2", "w")


def test_a_shell_is_ended_after_it_was_said_what_that_means():
    async def scene(app, pilot, feed):
        assert isinstance(app.screen, EndShellDialog)
        assert "npm" in told(app) and ":5173" in told(app)
        assert feed.orders == []
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[0], o.EndShell)
        assert feed.orders[0].shell == "shell-1"

    play(scene, "1", "X")


def test_the_tab_of_shells_names_its_keys():
    async def scene(app, pilot, feed):
        shown = told(app)
        assert "VITE v6.2 ready" in shown and ":5173" in shown
        assert "w type" in shown and "X end it" in shown

    play(scene, "1", "enter", "s")
