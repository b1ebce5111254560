"""Words begun for something that waits, and looked away from: they are there again."""

import asyncio

from kit.asks import ask, begin
from kit.desk import NOW, Feed, Story, deck, told, until
from kit.shop import OUTLOOK
from kit.writing import writing
from steerdeck.screens.deck import DeckScreen
from steerdeck.screens.inbox import InboxScreen
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import ApprovalId, MessageId, RequestId, SessionId


def _asking() -> Feed:
    """Two sessions that ask, and between them in the list's order one that failed."""
    story = Story()
    for number, name in enumerate(("a", "b", "c")):
        begin(story, name, number + 1)
    ask(story, "a", "make a", 90)
    ask(story, "c", "make c", 80)
    story.add("b", e.TurnEnded(status="failed", error="The server is gone."), 60)
    return Feed(story.events, OUTLOOK)


def _decided(name: str) -> e.ApprovalDecided:
    return e.ApprovalDecided(approval=ApprovalId(f"{name}_a"), decision="allow", seq=99,
                             session=SessionId(name), at_ms=NOW)  # fmt: skip


def play(scene) -> None:
    async def run() -> None:
        feed = _asking()
        app = deck(feed, face="deck")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached and len(app.model.inbox()) == 3)
            await pilot.press("i")
            await until(pilot, lambda: isinstance(app.screen, InboxScreen) and app.screen.armed)
            await pilot.pause()
            await scene(app, pilot, feed)

    asyncio.run(run())


def test_a_change_of_words_that_were_said_meanwhile_comes_into_the_composer():
    fix, later = SessionId("fix"), MessageId("later")

    async def run() -> None:
        feed = writing()
        app = deck(feed, face="composer")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            seq = len(feed.events)
            feed.feed(e.MessageSent(seq=seq + 1, session=fix, message=later, text="then land it",
                                    delivery="steer"))  # fmt: skip
            await until(pilot, lambda: len(app.model.hand.queue) == 2)
            await pilot.press("ctrl+x", "Q")
            await until(pilot, lambda: "then land it" in told(app))
            assert told(app).index("then land it") < told(app).index("When done, note")
            await pilot.press("j", "K")
            assert "said before what waits for the turn" in told(app) and feed.orders == []
            await pilot.press("k", "e", *" soon")
            feed.feed(
                e.MessageDelivered(seq=seq + 2, session=fix, message=later, request=RequestId("r"))
            )
            await until(pilot, lambda: "It waits no longer." in told(app))
            await pilot.press("enter", "escape")
            await until(pilot, lambda: app.screen.composer.prompt.text == "then land it soon")
            await pilot.press("ctrl+r")
            await until(pilot, lambda: "mend the parser" in told(app))
            assert app.model.drafts[fix] == "then land it soon", "looked for in vain, and kept"
            await pilot.press("enter", "ctrl+underscore")
            assert app.screen.composer.prompt.text == "then land it soon"

    asyncio.run(run())


def test_a_no_half_written_is_there_again_and_goes_with_what_it_was_for():
    async def scene(app, pilot, feed):
        await pilot.press("N", *"use csv", "escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))
        assert "use csv" in app.helm.unsent().drafts.values(), "it outlives the deck"
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, InboxScreen) and app.screen.armed)
        await pilot.press("N")
        await until(pilot, lambda: app.screen.words.text == "use csv")
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].words == "use csv"
        assert app.helm.unsent().drafts == {}, "what was given is nobody's draft"

    play(scene)


def test_words_for_what_waits_no_longer_stand_in_the_composer_of_its_session():
    async def scene(app, pilot, feed):
        await pilot.press("N", *"use csv")
        feed.feed(_decided("a"))
        await until(pilot, lambda: app.screen.item.session == "c")
        assert not app.screen.writing
        await pilot.press("escape")
        app.model.take(SessionId("a"))
        await until(pilot, lambda: app.screen.composer.prompt.text == "use csv")
        assert "use csv" in told(app)

    play(scene)


def test_after_an_answer_what_holds_an_agent_up_comes_before_news():
    async def scene(app, pilot, feed):
        await pilot.press("j")
        await until(pilot, lambda: app.screen.item.session == "c")
        feed.feed(_decided("c"))
        await until(pilot, lambda: app.screen.item.session == "a")

    play(scene)
