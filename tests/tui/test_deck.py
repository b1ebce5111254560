import asyncio
from collections.abc import Awaitable, Callable

import pytest
from msgspec import structs
from textual.pilot import Pilot

from kit.desk import Feed, deck, told, until
from kit.shop import shop
from steerdeck.app import DeckApp
from steerdeck.screens.deck import DeckScreen
from steerdeck.screens.inbox import InboxScreen
from steerdeck.screens.zoom import ZoomScreen
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.runtime import wire

Play = Callable[[DeckApp, Pilot[None], Feed], Awaitable[None]]


def play(scene: Play, *, face: str = "deck", size: tuple[int, int] = (120, 36), feed=None) -> None:
    """Run a scene on a deck that is attached and drawn."""

    async def run() -> None:
        source = feed or shop()
        app = deck(source, face=face)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.pause()
            await scene(app, pilot, source)

    asyncio.run(run())


def test_letters_are_text_in_the_composer_and_commands_on_the_lanes():
    async def scene(app, pilot, feed):
        await pilot.press("i", "n", "l")
        assert app.screen.composer.prompt.text == "inl"
        await pilot.press("f2")
        assert app.model.face == "deck"
        await pilot.press("l")
        assert app.model.in_hand == "csv"
        await pilot.press("space")
        assert app.model.face == "composer"

    play(scene, face="composer")


def test_esc_interrupts_the_working_session_and_else_goes_to_the_lanes():
    async def scene(app, pilot, feed):
        await pilot.press("escape")
        await until(pilot, lambda: feed.orders)
        assert feed.orders == [o.Interrupt(id=feed.orders[0].id, session="fix")]
        await pilot.press("alt+3")
        await pilot.press("escape")
        assert app.model.face == "deck"
        assert len(feed.orders) == 1

    play(scene, face="composer")


def test_esc_takes_no_question_back_that_waits_for_an_answer():
    async def scene(app, pilot, feed):
        await pilot.press("alt+2")
        assert app.model.hand.approvals and app.model.hand.turn is not None
        await pilot.press("escape")
        assert app.model.face == "deck"
        assert feed.orders == []

    play(scene, face="composer")


def test_esc_never_interrupts_right_after_it_closed_something(monkeypatch):
    monkeypatch.setattr("steerdeck.acts.ground.SETTLE_S", 60.0)

    async def scene(app, pilot, feed):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: app.screen.id == "palette")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))
        await pilot.press("escape")
        await pilot.pause()
        assert feed.orders == []

    play(scene, face="composer")


@pytest.mark.parametrize(
    ("key", "delivery"), [("enter", "steer"), ("tab", "queue"), ("ctrl+s", "now")]
)
def test_three_ways_to_send_while_it_works(key, delivery):
    async def scene(app, pilot, feed):
        await pilot.press(*"go", key)
        await until(pilot, lambda: feed.orders)
        (said,) = feed.orders
        assert (said.session, said.text, said.delivery) == ("fix", "go", delivery)
        assert app.screen.composer.prompt.text == ""

    play(scene, face="composer")


def test_a_refused_message_comes_back_into_the_composer():
    async def scene(app, pilot, feed):
        feed.refuse = "It is archived; reopen it first."
        await pilot.press(*"go", "enter")
        await until(pilot, lambda: app.model.notice)
        await pilot.pause()
        assert app.screen.composer.prompt.text == "go"
        assert "reopen it first" in told(app)
        await pilot.press("f2")
        await pilot.pause()
        assert "reopen it first" not in told(app)

    play(scene, face="composer")


def test_each_session_has_a_draft_of_its_own():
    async def scene(app, pilot, feed):
        await pilot.press(*"one", "alt+2")
        await pilot.pause()
        assert app.screen.composer.prompt.text == ""
        await pilot.press(*"two", "alt+1")
        await pilot.pause()
        assert app.screen.composer.prompt.text == "one"

    play(scene, face="composer")


def test_one_message_goes_to_several_and_to_all():
    async def scene(app, pilot, feed):
        await pilot.press("ctrl+x", "s", "alt+3")
        await pilot.pause()
        assert "to 2 sessions  1 fix-login, 3 docs" in told(app)
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert [order.session for order in feed.orders] == ["fix", "docs"]
        await until(pilot, lambda: "said to 2 sessions; to the one in front again" in told(app))
        await pilot.press("ctrl+x", "a", *"yo", "enter", *"you", "enter")
        await until(pilot, lambda: len(feed.orders) == 7)
        assert [order.session for order in feed.orders[2:6]] == ["fix", "csv", "docs", "rate"]
        assert (feed.orders[6].session, feed.orders[6].text) == ("fix", "you")

    play(scene, face="composer")


def test_picking_several_says_how_to_pick_and_how_it_ends():
    async def scene(app, pilot, feed):
        await pilot.press("s")
        await pilot.pause()
        assert "to 1 session  1 fix-login" in told(app)
        assert "s one again   Alt+1…9 pick" in told(app)
        await pilot.press("alt+1")
        await pilot.pause()
        assert "to nobody yet" in told(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "to 1 fix-login" in told(app) and "one again" not in told(app)
        await pilot.press("a", *"no")
        await pilot.pause()
        assert app.screen.composer.prompt.text == "no" and "to all 4 sessions" in told(app)
        await pilot.press("f2", "enter")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
        assert app.model.target == "one"

    play(scene)


def test_the_queued_message_is_taken_back_with_up():
    async def scene(app, pilot, feed):
        assert "take back the queued one" in told(app)
        await pilot.press("up")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0] == o.Withdraw(id=feed.orders[0].id, session="fix", message="queued")
        assert app.screen.composer.prompt.text == "When done, note it in the changelog."

    play(scene, face="composer")


def test_alt_letters_reach_the_deck_only_while_nothing_is_written():
    async def scene(app, pilot, feed):
        await pilot.press("x", "alt+n")
        await pilot.pause()
        assert isinstance(app.screen, DeckScreen)
        await pilot.press("backspace", "alt+n")
        await until(pilot, lambda: app.screen.id == "new")

    play(scene, face="composer")


def test_alt_and_a_letter_is_the_letter_on_the_lanes_too():
    async def scene(app, pilot, feed):
        await pilot.press("alt+n")
        await until(pilot, lambda: app.screen.id == "new")

    play(scene, face="deck")


class Faulty(Feed):
    """A mistake of ours on the way to the list of sessions."""

    async def ask_raw(self, query):
        if isinstance(query, wire.Sessions):
            raise ZeroDivisionError
        return await super().ask_raw(query)


def test_a_fault_of_ours_ends_the_deck_with_its_name_instead_of_standing_still():
    async def scene(app, pilot, feed):
        raise AssertionError("it never attaches")

    with pytest.raises(ZeroDivisionError):
        play(scene, feed=Faulty())


def test_ctrl_c_clears_then_interrupts_then_closes_the_deck():
    async def scene(app, pilot, feed):
        await pilot.press(*"draft", "ctrl+c")
        assert app.screen.composer.prompt.text == ""
        assert feed.orders == []
        await pilot.press("ctrl+c")
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[0], o.Interrupt)
        assert "this agent is interrupted, the others go on" in told(app)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not app.is_running or app._exit)

    play(scene, face="composer")


def test_a_key_that_can_do_nothing_says_why_and_one_that_moves_does_not():
    async def scene(app, pilot, feed):
        app.model.take("csv")
        app.model.states["csv"] = structs.replace(app.model.hand, files=())
        name = app.model.hand.name
        for key in ("d", "L"):
            await pilot.press(key)
            await until(pilot, lambda: f"{name} changed nothing yet." in told(app))
            await pilot.press("j")
            await until(pilot, lambda: not app.model.notice)
        await pilot.press("u")
        await until(pilot, lambda: "There is nothing to undo." in told(app))
        await pilot.press("9")
        assert not app.model.notice
        await pilot.press("space", "ctrl+x", "L")
        await until(pilot, lambda: "changed nothing yet" in told(app))
        await pilot.press("f2")
        app.screen.can_rename = lambda: False
        await pilot.press("R")
        words = "Rename the session in hand: not possible now."
        await until(pilot, lambda: words in told(app))

    play(scene)


def test_a_draft_that_ctrl_c_threw_away_comes_back():
    async def scene(app, pilot, feed):
        await pilot.press(*"draft", "ctrl+c")
        await until(pilot, lambda: "Ctrl+Z brings it back" in told(app))
        await pilot.press("ctrl+z")
        assert app.screen.composer.prompt.text == "draft"
        await until(pilot, lambda: "brings it back" not in told(app))

    play(scene, face="composer")


def test_ctrl_c_takes_back_nothing_that_waits_for_an_answer():
    async def scene(app, pilot, feed):
        app.model.take("csv")
        await pilot.press("ctrl+c")
        assert "closes the deck; the agents go on." in told(app)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not app.is_running or app._exit)
        assert feed.orders == []

    play(scene)


def test_the_footer_names_only_keys_that_do_something():
    async def scene(app, pilot, feed):
        screen = app.screen
        for face in ("deck", "composer"):
            screen.do_write() if face == "composer" else screen.do_lanes()
            await pilot.pause()
            left, right = screen.hints()
            assert left or right
            for key, verb, _ in (*left, *right):
                assert key and verb
        app.model.load([])
        screen.do_lanes()
        await pilot.pause()
        verbs = {verb for _, verb, _ in (*screen.hints()[0], *screen.hints()[1])}
        assert not verbs & {"zoom", "replay", "diff", "lane", "inbox"}
        assert {"new", "commands", "keys"} <= verbs

    play(scene)


def test_the_next_thing_that_waits_opens_its_card():
    async def scene(app, pilot, feed):
        await pilot.press("full_stop")
        await until(pilot, lambda: isinstance(app.screen, InboxScreen))
        assert app.screen.item.id == "ask_csv"

    play(scene)


def test_enter_zooms_and_q_leads_back():
    async def scene(app, pilot, feed):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))

    play(scene)


def test_one_key_goes_through_all_themes():
    async def scene(app, pilot, feed):
        seen = []
        for _ in range(5):
            seen.append(app.theme.removeprefix("steerdeck-"))
            if seen[-1] == "light":
                assert "#e9e8e3" in app.export_screenshot().lower()
            await pilot.press("f8")
            await pilot.pause()
        assert seen == ["dark", "light", "contrast", "cvd", "ansi"]
        assert app.theme == "steerdeck-dark"
        assert "#0d1116" in app.export_screenshot().lower()

    play(scene)


@pytest.mark.parametrize("size", [(40, 12), (60, 20), (80, 24), (100, 30), (250, 60)])
def test_state_name_question_and_keys_never_go(size):
    async def scene(app, pilot, feed):
        text = told(app)
        assert "add-c" in text or "2 ad" in text
        assert "needs you" in text
        assert "answer" in text
        assert "keys" in text
        await pilot.press("full_stop")
        await until(pilot, lambda: isinstance(app.screen, InboxScreen))
        await until(pilot, lambda: app.screen.armed)
        await pilot.pause()
        assert "add-csv asks to run" in told(app)
        assert " n  no" in told(app)

    play(scene, size=size)


def test_without_sessions_the_deck_says_what_can_be_done():
    async def scene(app, pilot, feed):
        assert "Nothing is running" in told(app)
        assert "new session" in told(app)
        rows = [row.split("  ", 40) for row in told(app).splitlines()]
        proven = {part.strip() for row in rows for part in row if part.strip()}
        assert {"nothing uncommitted, on main", "gpt-5.2-codex", "true colour"} <= proven
        assert "steerdeck demo" not in told(app)
        assert "scroll" not in told(app)

    play(scene, feed=Feed(outlook=shop().outlook))


def test_without_a_repository_the_deck_says_why_and_the_way_out():
    async def scene(app, pilot, feed):
        assert "This folder is no git repository" in told(app)
        await pilot.press("n")
        await until(pilot, lambda: app.screen.id == "new")
        await pilot.press(*"do it", "enter")
        await pilot.pause()
        assert feed.orders == []

    problem = "This folder is no git repository; go to one, or make one with `git init`."
    play(scene, feed=Feed(outlook=wire.Outlook(problem=problem)))


def test_a_new_session_is_started_as_it_was_chosen():
    async def scene(app, pilot, feed):
        await pilot.press("n")
        await until(pilot, lambda: app.screen.id == "new")
        await pilot.press(*"Send mails", "tab", "right", "tab", "right", "tab", "right", "tab", "2")
        await pilot.press("enter")
        await until(pilot, lambda: len(feed.orders) == 2)
        first = feed.orders[0]
        assert (first.task, first.model, first.base, first.mode, first.limits.dollars) == (
            "Send mails",
            "gpt-5.2-mini",
            "release",
            "auto",
            2.0,
        )
        assert first.folder == "/home/kim/shop" and not first.carry
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))

    play(scene)


def test_a_refused_start_keeps_the_text_and_says_why():
    async def scene(app, pilot, feed):
        feed.refuse = "The model does not answer; look at `steerdeck doctor`."
        await pilot.press("n")
        await until(pilot, lambda: app.screen.id == "new")
        await pilot.press(*"Send", "enter")
        await until(pilot, lambda: app.screen.problem)
        await pilot.pause()
        assert "steerdeck doctor" in told(app)
        assert app.screen.words.text == "Send"

    play(scene)


def test_uncommitted_work_is_carried_over_on_one_key():
    async def scene(app, pilot, feed):
        await pilot.press("n")
        await until(pilot, lambda: app.screen.id == "new")
        await pilot.pause()
        assert "uncommitted" in told(app)
        await pilot.press(*"Go", "tab", "tab", "tab", "tab", "tab", "right")
        await pilot.pause()
        assert "carry over" in told(app)
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].carry

    look = shop().outlook
    dirty = wire.Outlook(repository=look.repository, models=look.models, head=look.head, dirty=2)
    play(scene, feed=Feed(outlook=dirty))


def test_a_discard_is_asked_for_and_undone_with_u():
    async def scene(app, pilot, feed):
        await pilot.press("D")
        await until(pilot, lambda: app.screen.id == "confirm")
        assert feed.orders == []
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].discard
        await until(pilot, lambda: app.model.undoable)
        await pilot.press("u")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert feed.orders[1] == o.Reopen(id=feed.orders[1].id, session="fix")

    play(scene)


def test_f_forks_a_session_without_an_open_call():
    async def scene(app, pilot, feed):
        busy = next(state for state in app.model.sessions() if state.calls)
        rests = next(state for state in app.model.sessions() if not state.calls)
        app.model.in_hand = busy.id
        await pilot.press("f")
        await pilot.pause()
        assert feed.orders == []
        app.model.in_hand = rests.id
        await pilot.press("f")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0] == o.Fork(id=feed.orders[0].id, session=rests.id)
        await until(pilot, lambda: f"forked {rests.name}" in told(app))

    play(scene)


def test_the_palette_runs_a_command_by_name():
    async def scene(app, pilot, feed):
        await pilot.press("ctrl+p", *"replay")
        await until(pilot, lambda: "Replay the session" in told(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "replay")

    play(scene)


def test_the_key_of_the_palette_closes_it_too():
    async def scene(app, pilot, feed):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: app.screen.id == "palette")
        await pilot.press("ctrl+p")
        await pilot.pause(0.2)
        assert app.screen.id == "deck"

    play(scene)


def test_the_palette_takes_a_session_in_hand():
    async def scene(app, pilot, feed):
        await pilot.press("ctrl+p", *"rate")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: app.model.in_hand == "rate")

    play(scene)


def test_the_page_of_keys_comes_from_the_keymap():
    async def scene(app, pilot, feed):
        await pilot.press("question_mark")
        await until(pilot, lambda: app.screen.id == "help")
        await pilot.pause()
        assert "Go to the next thing that waits for you" in told(app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))

    play(scene)


def test_a_runtime_that_is_gone_is_said_and_the_sessions_stay_in_sight():
    async def scene(app, pilot, feed):
        async def nobody():
            raise WireError("The runtime was killed.")

        app.bridge._connect = nobody
        feed.frames.put_nowait(wire.Bye("The runtime was killed."))
        await until(pilot, lambda: app.model.lost)
        await pilot.pause()
        assert "The runtime was killed." in told(app)
        assert "not attached" in told(app)
        assert "fix-login" in told(app)

    play(scene, size=(160, 45))


def test_a_runtime_that_never_answered_is_said_in_a_sentence():
    async def run() -> None:
        async def connect():
            raise WireError("Nobody answers on the socket; look at `steerdeck runtime log`.")

        app = DeckApp(connect, "/home/kim/shop")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.lost)
            await until(pilot, lambda: "steerdeck runtime log" in told(app))
            assert "can't be reached" in told(app)

    asyncio.run(run())
