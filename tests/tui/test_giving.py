"""Orders over a line that drops: given until they are answered, and never as another order."""

import asyncio

import pytest

from kit.desk import Feed
from kit.shop import shop
from steerdeck import giving
from steerdeck.acts.drafts import Drawer
from steerdeck.bridge import Bridge
from steerdeck.commands import Helm
from steerdeck.keymap import Keymap
from steerdeck.model import DeckModel
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import LineLost, WireError
from steerdeck_agents.facts.ids import OrderId, SessionId
from steerdeck_agents.runtime import wire

FIX = SessionId("fix")
WORDS = o.Say(id=OrderId("o1"), session=FIX, text="Round half even.")


class _Dropping(Feed):
    """A runtime whose line drops while the first orders are under way, each a new connection."""

    drops = 1

    async def give(self, order: o.Order) -> wire.Given:
        given = await super().give(order)
        if self.drops:
            self.drops -= 1
            self.frames.put_nowait(wire.Bye("the line dropped"))
            raise LineLost("the line dropped")
        return given


def _dropping() -> _Dropping:
    feed = _Dropping()
    feed.__dict__.update(shop().__dict__)
    return feed


async def _until(ready) -> None:
    async with asyncio.timeout(10):
        while not ready():
            await asyncio.sleep(0.005)


def _play(feed: Feed, story) -> None:
    async def run() -> None:
        bridge = Bridge(feed.connect, DeckModel("/home/kim/shop"), lambda dirty: None)
        task = asyncio.create_task(bridge.run())
        try:
            await _until(lambda: bridge.model.attached)
            await story(bridge, task)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await bridge.close()

    asyncio.run(run())


def test_words_under_way_when_the_line_drops_are_given_again_under_the_same_id():
    feed = _dropping()

    async def story(bridge: Bridge, task) -> None:
        given = asyncio.create_task(bridge.give(WORDS))
        await _until(lambda: "given again" in bridge.model.notice)
        assert (await given).order == WORDS.id
        assert feed.orders == [WORDS, WORDS]
        assert not bridge.model.notice and not bridge.giving.unanswered

    _play(feed, story)


def test_words_that_are_not_answered_for_a_while_are_said_to_be_on_their_way(monkeypatch):
    monkeypatch.setattr(giving, "SLOW_S", 0.01)
    kept = asyncio.Event()

    class Slow(Feed):
        async def give(self, order: o.Order) -> wire.Given:
            await kept.wait()
            return await super().give(order)

    feed = Slow()
    feed.__dict__.update(shop().__dict__)

    async def story(bridge: Bridge, task) -> None:
        given = asyncio.create_task(bridge.give(WORDS))
        await _until(lambda: "No answer yet" in bridge.model.notice)
        kept.set()
        assert (await given).order == WORDS.id
        assert not bridge.model.notice

    _play(feed, story)


def test_what_is_ordered_while_there_is_no_line_is_refused_and_never_goes_out():
    feed = shop()

    async def story(bridge: Bridge, task) -> None:
        gone = asyncio.Event()

        async def nowhere() -> Feed:
            await gone.wait()
            return feed

        bridge._connect = nowhere
        feed.frames.put_nowait(wire.Bye("the line dropped"))
        await _until(lambda: bridge.model.lost)
        with pytest.raises(WireError, match="the line dropped"):
            await bridge.give(WORDS)
        gone.set()
        await _until(lambda: bridge.model.attached)
        assert not feed.orders and not bridge.giving.unanswered

    _play(feed, story)


def test_words_under_way_come_back_when_the_runtime_was_stopped_for_good():
    feed = _dropping()

    async def story(bridge: Bridge, task) -> None:
        feed.frames.put_nowait(wire.Bye("told", True))
        with pytest.raises(WireError):
            await bridge.give(WORDS)
        assert not bridge.giving.unanswered

    _play(feed, story)


def test_words_on_their_way_when_a_deck_closed_are_given_by_the_next_under_their_id(tmp_path):
    file = tmp_path / "drafts.json"
    feed = _dropping()
    feed.drops = 1000

    async def closing(bridge: Bridge, task) -> None:
        helm = Helm(bridge, Keymap())
        given = asyncio.create_task(bridge.give(WORDS))
        await _until(lambda: feed.orders)
        given.cancel()
        await asyncio.gather(given, return_exceptions=True)
        Drawer(file).write(helm.unsent())

    _play(feed, closing)
    feed.drops = 0

    async def opening(bridge: Bridge, task) -> None:
        helm = Helm(bridge, Keymap())
        helm.open_drawer(Drawer(file))
        assert helm.unsent().said == (WORDS,)
        await helm.say_owed()
        assert feed.orders[-1] == WORDS and not helm.unsent().said
        assert {order.id for order in feed.orders} == {WORDS.id}

    _play(feed, opening)


def test_words_that_may_have_arrived_are_known_when_the_deck_closes():
    feed = _dropping()
    feed.drops = 1000

    async def story(bridge: Bridge, task) -> None:
        given = asyncio.create_task(bridge.give(WORDS))
        await _until(lambda: bridge.giving.unanswered)
        given.cancel()
        await asyncio.gather(given, return_exceptions=True)
        assert bridge.giving.unanswered == {WORDS.id: WORDS}

    _play(feed, story)
