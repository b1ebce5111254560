"""No word that was written is lost: not between screens, not by a refusal, not with the deck."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from kit.desk import deck, told, until
from kit.writing import WritingFeed, writing
from steerdeck.app import DeckApp
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import MessageId, OrderId, RequestId, SessionId
from steerdeck_agents.facts.orders import Order
from steerdeck_agents.runtime.wire import Given

Play = Callable[[DeckApp, Pilot[None], WritingFeed], Awaitable[None]]
FIX, CSV = SessionId("fix"), SessionId("csv")


def play(scene: Play) -> None:
    async def run() -> None:
        feed = writing()
        app = deck(feed)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.pause()
            await scene(app, pilot, feed)

    asyncio.run(run())


async def zoomed(app: DeckApp, pilot: Pilot[None]) -> None:
    await pilot.press(*(["f2"] if app.model.face == "composer" else []), "enter")
    await until(pilot, lambda: app.screen.id == "zoom")
    await pilot.press("space")


def test_what_is_typed_on_when_another_deck_discards_the_session_goes_to_no_other_one():
    async def scene(app: DeckApp, pilot: Pilot[None], feed: WritingFeed) -> None:
        await zoomed(app, pilot)
        mine = app.model.in_hand
        await pilot.press(*"do not")
        left = e.SessionArchived(seq=len(feed.events) + 1, session=mine, reason="discarded")
        feed.feed(left)
        await until(pilot, lambda: app.model.in_hand != mine and " was discarded." in told(app))
        await pilot.press(*" touch it", "enter")
        await pilot.pause(0.05)
        assert feed.orders == [] and "touch" not in app.screen.composer.prompt.text
        assert app.model.drafts[mine] == "do not"

    play(scene)


async def unzoomed(app: DeckApp, pilot: Pilot[None]) -> None:
    await pilot.press("f2", "q")
    await until(pilot, lambda: app.screen.id == "deck")


def test_a_draft_goes_with_its_session_into_the_zoom_and_back():
    async def scene(app, pilot, feed):
        await pilot.press(*"one")
        await zoomed(app, pilot)
        await pilot.press(*" two")
        assert app.screen.composer.prompt.text == "one two"
        await unzoomed(app, pilot)
        assert app.screen.composer.prompt.text == "one two"
        await zoomed(app, pilot)
        await pilot.press("enter")
        await unzoomed(app, pilot)
        assert app.screen.composer.prompt.text == "", "what was sent there is not sent once more"
        assert [order.text for order in feed.orders] == ["one two"]

    play(scene)


def test_a_draft_for_a_new_session_outlives_the_first_look_at_another():
    async def scene(app, pilot, feed):
        app.model.drafts[""] = "begin with the tests"
        await zoomed(app, pilot)
        await unzoomed(app, pilot)
        assert app.helm.unsent().drafts[""] == "begin with the tests"

    play(scene)


def test_all_words_that_were_refused_come_back_and_are_kept_with_the_deck():
    async def scene(app, pilot, feed):
        app.helm.written.owed = tuple(
            o.Say(id=OrderId(f"ord_{text}"), session=CSV, text=text) for text in ("one", "two")
        )
        feed.refuse = "It is being landed."
        await app.helm.say_owed()
        assert app.helm.unsent().drafts["csv"] == "one\n\ntwo"
        await pilot.press("alt+2")
        assert app.screen.composer.prompt.text == "one\n\ntwo"

    play(scene)


def test_a_picture_is_attached_only_where_its_path_still_stands():
    async def scene(app, pilot, feed):
        prompt = app.screen.composer.prompt
        prompt.text = "/home/kim/shot.png was sent"
        await app.screen._attach_picture(prompt, "/home/kim/shot.png", "'/home/kim/shot.png'")
        assert "is not attached" in app.model.notice
        await app.screen._attach_picture(prompt, "/home/kim/shot.png", "/home/kim/shot.png")
        assert app.model.notice == "attached: PNG, 640 × 480 pixels"

    play(scene)


def test_words_for_one_who_left_the_front_by_itself_are_sent_to_nobody():
    async def scene(app, pilot, feed):
        await pilot.press(*"go on")
        app.model.in_hand = CSV
        await pilot.press("enter")
        assert feed.orders == [] and "nothing was sent" in told(app)
        await pilot.press("alt+1")
        assert app.screen.composer.prompt.text == "go on"

    play(scene)


def test_a_session_that_begins_takes_no_words_that_are_being_written_for_another():
    async def scene(app, pilot, feed):
        going = asyncio.Event()

        async def late(order: Order) -> Given:
            await going.wait()
            return Given(order.id, 1, CSV)

        feed.give = late
        app.helm.go(app.helm.start("another"))
        await pilot.press(*"go")
        going.set()
        await until(pilot, app.helm.rests)
        assert app.model.in_hand == FIX
        app.screen.composer.prompt.text = ""
        await pilot.pause()
        await app.helm.start("one more")
        assert app.model.in_hand == CSV, "who writes nothing goes on with it"

    play(scene)


def test_a_message_that_is_taken_back_waits_for_the_draft_to_be_sent():
    async def scene(app, pilot, feed):
        await pilot.press(*"first this", "ctrl+x", "Q")
        await until(pilot, lambda: app.screen.id == "queue_dialog")
        waiting = app.model.hand.queue[0].text
        await pilot.press("x", "escape")
        await until(pilot, lambda: app.screen.id == "deck")
        assert app.screen.composer.prompt.text == "first this"
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.composer.prompt.text == waiting)

    play(scene)


def test_a_message_that_is_delivered_while_it_is_changed_leaves_its_field_and_the_new_words():
    async def scene(app, pilot, feed):
        await pilot.press("ctrl+x", "Q")
        await until(pilot, lambda: app.screen.id == "queue_dialog")
        message = app.model.hand.queue[0].id
        await pilot.press("e")
        feed.feed(
            e.MessageDelivered(
                seq=len(feed.events) + 1, session=FIX, message=MessageId(message),
                request=RequestId("req_9"),
            )
        )  # fmt: skip
        await until(pilot, lambda: not app.model.hand.queue)
        await pilot.press(*" xs")
        assert feed.orders == [], "letters of a text are no commands on other messages"
        assert "It waits no longer." in told(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "deck")
        assert app.screen.composer.prompt.text.endswith(" xs")
        assert feed.orders == []

    play(scene)


def test_words_of_a_plan_that_was_left_before_they_were_refused_become_a_draft():
    async def scene(app, pilot, feed):
        going = asyncio.Event()

        async def late(order: Order) -> Given:
            await going.wait()
            raise OrderRefused("That step is not in the plan any more.")

        await pilot.press("f2", "p")
        await until(pilot, lambda: app.screen.id == "plan" and app.screen.row)
        feed.give = late
        await pilot.press("c", *"why", "enter", "q")
        await until(pilot, lambda: app.screen.id == "deck")
        going.set()
        await until(pilot, lambda: app.screen.composer.prompt.text == "why")

    play(scene)
