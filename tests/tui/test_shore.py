"""The way home on the deck: marks of overlaps, one message to both, and the landing dialog."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from msgspec import structs
from textual.pilot import Pilot

from kit.ashore import CSV, DOCS, FIX, PAGE, conflicted, met
from kit.desk import Feed, deck, told, until
from steerdeck.app import DeckApp
from steerdeck.panes.chips import chip_rows
from steerdeck.panes.overlapped import marked
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts import shore_orders as s
from steerdeck_agents.facts.shore import Landing

Scene = Callable[[DeckApp, Pilot[None], Feed], Awaitable[None]]


def play(scene: Scene, feed: Feed | None = None, size: tuple[int, int] = (120, 36)) -> None:
    async def run() -> None:
        source = feed or met()
        app = deck(source, face="deck")
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.pause()
            await scene(app, pilot, source)

    asyncio.run(run())


def test_the_deepest_overlap_is_a_chip_and_never_amber():
    states = met().states()
    found = marked(states[FIX], states)
    assert found is not None
    assert found.words[0] == "session.py 48–52 with 2 add-csv +1"
    assert "docs" not in found.words[0]
    (row,) = chip_rows(states[FIX], states, 0, 60)
    assert not any(span.fg.startswith("needs") for span in row.spans if span.fg)
    gone = {FIX: states[FIX]}
    assert marked(states[FIX], gone) is None


def test_one_message_goes_to_both_from_the_dialog_of_overlaps():
    async def scene(app, pilot, feed):
        text = told(app)
        assert text.count("≈ session.py") == 2
        assert "overlap" in text
        await pilot.press("b")
        await until(pilot, lambda: app.screen.id == "overlap")
        await pilot.pause()
        assert "same lines 48–52" in told(app)
        assert "it reads what this one changed" in told(app)
        await pilot.press("j", "enter")
        await pilot.pause()
        assert "are both at" in app.screen.words.text
        await pilot.press("escape", "k", "enter", "enter")
        await until(pilot, lambda: len(feed.orders) == 2)
        said = [order for order in feed.orders if isinstance(order, o.Say)]
        assert [order.session for order in said] == [FIX, CSV]
        assert said[0].text == said[1].text
        assert "lines 48–52 in fix-login, 50–61 in add-csv" in said[0].text

    play(scene)


def test_the_other_session_is_taken_in_hand_from_the_dialog():
    async def scene(app, pilot, feed):
        await pilot.press("b")
        await until(pilot, lambda: app.screen.id == "overlap")
        await pilot.pause()
        (row,) = [n for n, line in enumerate(told(app).splitlines()) if "≈ 3 docs" in line]
        column = told(app).splitlines()[row].index("docs")
        await pilot.click(offset=(column, row))
        await pilot.press("o")
        await until(pilot, lambda: app.model.in_hand == DOCS)
        assert feed.orders == []

    play(scene)


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        ("r", s.Land(id="", session=DOCS, how="rebase")),
        ("b", s.Land(id="", session=DOCS, how="branch")),
        ("qs", s.QueueLanding(id="", session=DOCS, how="squash")),
        ("qqm", s.Land(id="", session=DOCS, how="merge")),
    ],
)
def test_landing_needs_a_key_of_its_own(keys: str, order: o.Order):
    async def scene(app, pilot, feed):
        await pilot.press("3", "L")
        await until(pilot, lambda: app.screen.id == "land" and app.screen.page is not None)
        await pilot.press("enter", "y")
        await pilot.pause()
        assert feed.orders == []
        assert "2 commits ahead, uncommitted work, 1 commit behind" in told(app)
        await pilot.press(*keys)
        await until(pilot, lambda: feed.orders)
        assert structs.replace(feed.orders[0], id="") == order

    play(scene)


@pytest.mark.parametrize(("key", "pull"), [("u", False), ("g", True)])
def test_a_push_is_begun_and_its_end_is_told_whatever_it_was(key: str, pull: bool):
    """Here the terminal can't be left to git, so that is its end."""

    async def scene(app, pilot, feed):
        await pilot.press("3", "L")
        await until(pilot, lambda: app.screen.id == "land" and app.screen.page is not None)
        app.screen.gh = True
        await pilot.press(key)
        await until(pilot, lambda: len(feed.orders) == 2)
        begun, ended = feed.orders
        assert (begun.remote, begun.pull_request) == ("origin", pull)
        assert f"steerdeck land docs {'--pr' if pull else '--push'}" in ended.problem

    feed = met()
    feed.shore = structs.replace(PAGE, remotes=("fork", "origin"))
    last = feed.events[-1]
    intent = Landing("push", "origin/steerdeck/docs", "4f21c0a8")
    begun = e.LandingStarted(session=DOCS, seq=last.seq + 1, at_ms=last.at_ms, landing=intent)
    feed.events.append(begun)
    play(scene, feed)


def test_a_conflict_leaves_only_the_ways_that_are_open():
    async def scene(app, pilot, feed):
        await pilot.press("3", "L")
        await until(pilot, lambda: app.screen.id == "land" and app.screen.page is not None)
        await pilot.pause()
        assert "conflicts in docs/cart.md" in told(app)
        await pilot.press("m", "r", "s", "q", "u", "g")
        await pilot.pause()
        assert feed.orders == []
        await pilot.press("h")
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[0], s.HandBack)

    play(scene, conflicted())


def test_a_session_in_line_says_so_and_leaves_on_a_key():
    async def scene(app, pilot, feed):
        assert "lands now" in told(app)
        await pilot.press("3", "L")
        await until(pilot, lambda: app.screen.id == "land" and app.screen.page is not None)
        await pilot.press("m", "b", "x")
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[0], s.LeaveQueue)

    feed = met()
    last = feed.events[-1]
    queued = e.LandingQueued(session=DOCS, seq=last.seq + 1, at_ms=last.at_ms, how="merge")
    feed.events.append(queued)
    play(scene, feed, (250, 50))


def test_a_patch_file_is_written_where_the_developer_says():
    async def scene(app, pilot, feed):
        await pilot.press("3", "L")
        await until(pilot, lambda: app.screen.id == "land")
        await pilot.press("p")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].path == "/home/kim/shop/docs.patch"

    play(scene)


def test_work_still_under_way_is_not_landed_and_the_dialog_says_why():
    async def scene(app, pilot, feed):
        await pilot.press("L")
        await until(pilot, lambda: app.screen.id == "land" and app.screen.page is not None)
        await pilot.press("m", "b", "p")
        await pilot.pause()
        assert feed.orders == []
        assert "still at work" in told(app)

    play(scene)
