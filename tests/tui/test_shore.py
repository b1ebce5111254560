"""The way home on the deck: marks of overlaps, one message to both, and the landing dialog."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import structs
from textual.pilot import Pilot

from kit.ashore import CSV, DOCS, FIX, PAGE, conflicted, met
from kit.desk import Feed, deck, told, until
from steerdeck.app import DeckApp
from steerdeck.panes.chips import chip_rows, chips
from steerdeck.panes.overlapped import marked
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts import shore_orders as s
from steerdeck_agents.facts.shore import InLine, Landing

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
    assert found.words[0] == "session.py:48–52 same lines as 2 add-csv +1"
    assert "docs" not in found.words[0]
    (row,) = chip_rows(states[FIX], states, 0, 60)
    assert not any(span.fg.startswith("needs") for span in row.spans if span.fg)
    gone = {FIX: states[FIX]}
    assert marked(states[FIX], gone) is None


def test_whom_a_session_conflicts_with_is_named_in_a_narrow_lane_too():
    states = dict(met().states())
    states[CSV] = structs.replace(states[CSV], name="say-hello-in-german-too")
    (met_csv, *others) = states[FIX].overlaps
    deepest = structs.replace(met_csv.files[0], depth="conflict")
    deep = (structs.replace(met_csv, files=(deepest, *met_csv.files[1:])), *others)
    states[FIX] = structs.replace(states[FIX], overlaps=deep)
    found = marked(states[FIX], states)
    assert found is not None and "conflicts with 2 say-hello-i… +1" in found.words
    (row,) = chip_rows(states[FIX], states, 0, 44)
    assert "conflicts with 2 say-hello-i… +1" in "".join(span.text for span in row.spans)


def test_a_push_that_is_open_is_no_landing_of_what_waits_in_line():
    states = met().states()
    first, second = InLine("merge", 1), InLine("merge", 2)
    waits = structs.replace(states[FIX], in_line=second, landing=Landing("push", "origin/fix"))
    names = {FIX: waits, CSV: structs.replace(states[CSV], in_line=first)}
    assert ("lands after 1 other", "lands 2.", "") in [one.words for one in chips(waits, names, 0)]


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
        await pilot.press(*"Mine.", "escape", "enter")
        assert app.screen.words.text.endswith("Mine."), "what is kept back is kept"
        await pilot.press("escape", "k", "enter", "enter")
        await until(pilot, lambda: len(feed.orders) == 2)
        said = [order for order in feed.orders if isinstance(order, o.Say)]
        assert [order.session for order in said] == [FIX, CSV]
        assert said[0].text == said[1].text
        assert "lines 48–52 in fix-login, lines 50–61 in add-csv" in said[0].text
        assert "said to 2 sessions" in told(app)
        await pilot.press("b")
        await until(pilot, lambda: app.screen.id == "overlap")
        await pilot.pause()
        (row,) = [n for n, line in enumerate(told(app).splitlines()) if "≈ 3 docs" in line]
        await pilot.click(offset=(told(app).splitlines()[row].index("docs"), row))
        await pilot.press("o")
        await until(pilot, lambda: app.model.in_hand == DOCS)
        assert len(feed.orders) == 2

    play(scene)


async def to_landing(app: DeckApp, pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys, "L")
    await until(pilot, lambda: app.screen.id == "land" and app.screen.page is not None)


def test_landing_needs_a_key_of_its_own_and_work_that_rests():
    async def scene(app, pilot, feed):
        await to_landing(app, pilot)
        await pilot.press("m", "b", "p")
        await pilot.pause()
        assert "still at work" in told(app)
        await pilot.press("escape")
        await to_landing(app, pilot, "3")
        await pilot.press("enter", "y")
        await pilot.pause()
        assert feed.orders == []
        assert "2 commits ahead, its work uncommitted, 1 commit behind" in told(app)
        await pilot.press("h")
        assert "Nothing conflicts." in told(app)
        for number, keys in enumerate(("r", "b", "qs", "qqm"), 1):
            await pilot.press(*keys)
            await until(pilot, lambda count=number: len(feed.orders) == count)
            await to_landing(app, pilot)
        await pilot.press("p")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: len(feed.orders) == 5)
        for typed in ("my.patch", "~/my.patch"):
            await to_landing(app, pilot)
            await pilot.press("p")
            await pilot.pause()
            app.screen.path.text = typed
            await pilot.press("enter")
        await until(pilot, lambda: len(feed.orders) == 7)
        assert [structs.replace(order, id="") for order in feed.orders] == [
            s.Land(id="", session=DOCS, how="rebase"),
            s.Land(id="", session=DOCS, how="branch"),
            s.QueueLanding(id="", session=DOCS, how="squash"),
            s.Land(id="", session=DOCS, how="merge"),
            s.Land(id="", session=DOCS, how="patch", path="/home/kim/shop/docs.patch"),
            s.Land(id="", session=DOCS, how="patch", path="/home/kim/shop/my.patch"),
            s.Land(id="", session=DOCS, how="patch", path=str(Path.home() / "my.patch")),
        ]

    play(scene)


def test_programs_are_looked_for_beside_the_deck_s_loop(monkeypatch):
    looked: list[bool] = []

    def has_gh() -> bool:
        looked.append(threading.current_thread() is threading.main_thread())
        return True

    monkeypatch.setattr("steerdeck.screens.land.has_gh", has_gh)

    async def scene(app, pilot, feed):
        await to_landing(app, pilot, "3")
        await until(pilot, lambda: app.screen.page is not None)
        assert app.screen.gh and looked == [False]

    play(scene)


def test_a_push_is_begun_and_its_end_is_told_whatever_it_was():
    """Here the terminal can't be left to git, so that is its end."""

    async def scene(app, pilot, feed):
        for key, flag in (("u", "--push"), ("g", "--pr")):
            feed.orders.clear()
            await to_landing(app, pilot, "3")
            app.screen.gh = True
            await pilot.press(key)
            await until(pilot, lambda: len(feed.orders) == 2)
            begun, ended = feed.orders
            assert (begun.remote, begun.pull_request) == ("origin", key == "g")
            assert f"steerdeck land docs {flag}" in ended.problem
            assert ended.push == begun.id

    feed = met()
    feed.shore = structs.replace(PAGE, remotes=("fork", "origin"))
    last = feed.events[-1]
    intent = Landing("push", "origin/steerdeck/docs", "4f21c0a8")
    begun = e.LandingStarted(session=DOCS, seq=last.seq + 1, at_ms=last.at_ms, landing=intent)
    feed.events.append(begun)
    play(scene, feed)


def test_a_conflict_and_a_place_in_line_leave_only_the_ways_that_are_open():
    async def scene(app, pilot, feed):
        await to_landing(app, pilot, "3")
        await pilot.pause()
        assert "conflicts in docs/cart.md" in told(app)
        await pilot.press("m", "r", "s", "q", "u", "g")
        await pilot.pause()
        assert feed.orders == []
        await pilot.press("h")
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[0], s.HandBack)
        last = feed.events[-1]
        feed.feed(e.LandingQueued(session=DOCS, seq=last.seq + 1, at_ms=last.at_ms, how="merge"))
        await until(pilot, lambda: "lands now" in told(app))
        await to_landing(app, pilot)
        await pilot.press("m", "b", "h", "x")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert isinstance(feed.orders[1], s.LeaveQueue)

    play(scene, conflicted(), (250, 50))
