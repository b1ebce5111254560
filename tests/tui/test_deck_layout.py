"""The layout of the deck by keys and by mouse, and how the next deck finds it again."""

import asyncio

from textual import events
from textual.geometry import Region

from kit.desk import NOW, Feed, Story, deck, told, until
from kit.shop import shop
from steerdeck.arrangement import Arrangement
from steerdeck.away import AWAY_MS, Away, compared
from steerdeck.memory import LastKey, Memory
from steerdeck.output.seam import lay, send_through
from steerdeck.screens.zoom import ZoomScreen
from steerdeck.verbs.mooring import Mooring
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.settings.paths import paths
from tui.test_deck import play

FIX, DOCS, RATE = SessionId("fix"), SessionId("docs"), SessionId("rate")


def _shown(app) -> list[str]:
    return [lane.session for lane in app.screen.lanes if lane.display]


def _laid(app) -> bool:
    """Whether what a digest stands over could be drawn past the compositor."""
    changes = app.screen.lanes[0].changes
    return lay(changes, changes.render_lines(Region(0, 0, *changes.outer_size)))


def test_lanes_are_folded_pinned_moved_and_made_wider_and_each_key_takes_it_back():
    async def scene(app, pilot, feed):
        assert _shown(app) == ["fix", "csv", "docs"]
        await pilot.press("l", "minus")
        assert _shown(app) == ["fix", "docs", "rate"]
        assert "2 add-csv  ▲ needs you" in told(app).split("\n")[2]
        await pilot.press("minus", "h", "K", "l", "l", "l")
        assert _shown(app) == ["fix", "docs", "rate"], "the pinned one stays"
        await pilot.press("tab")
        assert app.model.in_hand == "docs"
        await pilot.press("tab", "shift+left")
        assert [state.slot for state in app.model.sessions()] == [1, 2, 4, 3]
        wide = [lane.size.width for lane in app.screen.lanes]
        await pilot.press(">", ">")
        await pilot.pause()
        lanes = app.screen.lanes
        place = _shown(app).index("rate")
        assert lanes[place].size.width > wide[place]
        assert sum(lane.size.width for lane in lanes) + 2 <= 170
        await pilot.press("<", "<", ",")
        assert app.model.in_hand == "csv"

    play(scene, size=(200, 50))


def test_the_layout_is_columns_then_a_grid_then_one_lane_and_the_rail_goes_and_groups():
    async def scene(app, pilot, feed):
        await pilot.press("v")
        await pilot.pause()
        lanes = [lane for lane in app.screen.lanes if lane.display]
        assert [lane.session for lane in lanes] == ["fix", "csv", "docs", "rate"]
        assert len({lane.region.y for lane in lanes}) == 2
        assert len({lane.size.width for lane in lanes}) == 1
        await pilot.press("v", "B")
        await pilot.pause()
        assert _shown(app) == ["fix"] and not app.screen.rail.display
        await pilot.press("v", "B", "N")
        await pilot.pause()
        assert "ready for review" in told(app)
        assert app.model.arrangement == Arrangement(grouped=True)

    play(scene, size=(200, 50))


def test_a_click_takes_a_lane_two_zoom_and_a_click_on_a_folded_head_opens_it():
    async def scene(app, pilot, feed):
        await pilot.click(offset=(80, 20))
        assert app.model.in_hand == "csv"
        await pilot.press("minus")
        await pilot.pause()
        await pilot.click(offset=(30, 2))
        await pilot.pause()
        assert app.model.arrangement.folded == () and _shown(app) == ["fix", "csv"]
        await pilot.click(offset=(8, 10), times=2)
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
        assert app.model.in_hand == "docs"

    play(scene)


def test_a_row_of_the_rail_is_dragged_to_another_place():
    async def scene(app, pilot, feed):
        await pilot.mouse_down(offset=(5, 4))
        await pilot.hover(offset=(5, 10))
        await pilot.mouse_up(offset=(5, 10))
        await pilot.pause()
        assert [state.id for state in app.model.sessions()] == ["csv", "docs", "fix", "rate"]
        assert app.model.in_hand == "fix"
        await pilot.press("N")
        await pilot.mouse_down(offset=(5, 5))
        await pilot.mouse_up(offset=(5, 9))
        assert [state.id for state in app.model.sessions()] == ["csv", "docs", "fix", "rate"]

    play(scene)


def test_borders_of_lanes_and_rail_are_dragged_and_the_next_deck_has_them_there():
    async def drag(app, pilot, start: int, end: int) -> None:
        await pilot.mouse_down(offset=(start, 20))
        for x in (start + 1, end):
            app.post_message(events.MouseMove(None, x, 20, 0, 0, 1, False, False, False, x, 20))
        await until(
            pilot,
            lambda: app.screen.lanes[0].region.right == end or app.screen.rail.region.right == end,
        )
        await pilot.mouse_up(offset=(end, 20))
        await pilot.pause()

    async def scene(app, pilot, feed):
        lanes = app.screen.lanes
        edge = lanes[0].region.right
        await drag(app, pilot, edge, edge - 8)
        assert [lane.region.width for lane in lanes] == [48, 64, 56]
        app.post_message(events.MouseMove(None, 90, 20, 0, 0, 0, False, False, False, 90, 20))
        await pilot.pause()
        assert lanes[0].region.right == edge - 8, "it was let go"
        rail = app.screen.rail.region.right
        await drag(app, pilot, rail, 21)
        assert app.screen.rail.region.width == 21
        assert sum(lane.region.width for lane in lanes) == 176, "no column is lost"
        plan = app.model.arrangement
        assert app.memory().arrangements["/home/kim/shop"] == plan
        app.model.arrange(plan.pin(SessionId("forgotten")))
        assert app.memory().arrangements["/home/kim/shop"] == plan, "what is gone is not kept"
        app.model.attached = False
        assert app.memory().arrangements["/home/kim/shop"] == app.model.arrangement

    play(scene, size=(200, 50))


def test_tags_are_written_in_one_line():
    async def scene(app, pilot, feed):
        feed.feed(e.SessionConfigured(session=FIX, seq=9_000, at_ms=NOW, tags=("auth", "later")))
        await until(pilot, lambda: app.model.states[FIX].tags)
        await pilot.pause()
        assert "#auth  #later" in told(app)
        await pilot.press("t")
        await until(pilot, lambda: app.screen.id == "tag_dialog")
        await pilot.pause()
        assert app.screen.field.text == "auth later"
        await pilot.press("ctrl+u", *"auth urgent", "enter")
        await until(pilot, lambda: feed.orders)
        (order,) = feed.orders
        assert isinstance(order, o.Tag)
        assert (order.add, order.remove) == (("auth", "urgent"), ("later",))

    play(scene)


def test_a_layout_and_the_last_key_are_there_for_the_next_deck(tmp_path, monkeypatch):
    class Berth:
        paths = paths({"STEERDECK_HOME": str(tmp_path), "HOME": str(tmp_path)})
        starts = ()

    mooring = Mooring(Berth())
    assert mooring.memory() == Memory()
    kept = Memory({"/r": Arrangement(shape="grid").pin(FIX).wider(DOCS, 2)}, LastKey(5, 7))
    mooring.remember(kept)
    assert Mooring(Berth()).memory() == kept
    mooring._memory_file.write_text("{broken")
    assert mooring.memory() == Memory()
    many = Memory({f"/{n}": Arrangement(rail=False) for n in range(99)}).kept()
    assert len(many.arrangements) == 64 and "/98" in many.arrangements


def test_an_absence_is_told_from_two_moments_of_the_journal():
    feed = shop()
    now = feed.states()
    then = {id: feed.states(upto=20).get(id) for id in now}
    waits = compared(then[SessionId("csv")], now[SessionId("csv")])
    assert waits.waits and waits.told[1].startswith("asks: cd export") and waits.rank == 0
    failed = compared(then[RATE], now[RATE])
    assert "failed: the sandbox has no Redis" in failed.told
    assert (failed.files, failed.added, failed.dollars) == (2, 44, 0.17)
    done = compared(None, now[DOCS])
    assert done.told == ("started", "finished")
    assert compared(now[DOCS], now[DOCS]) is None


def test_what_was_so_before_is_not_told_again():
    feed = shop()
    before = feed.states()[RATE]
    story = Story()
    story.events = list(feed.events)
    story.add("rate", e.FilesChanged(files=(FileChange("api/limit.py", "changed", 50, 0),)))
    usage = Usage(input=1, output=1, dollars=0.5, priced=True)
    story.add("rate", e.RequestEnded(request="r", status="completed", calls=1, usage=usage))
    after = Feed(story.events).states()[RATE]
    told_now = compared(before, after)
    assert told_now.told == ("worked",)
    assert (told_now.files, told_now.added, told_now.removed) == (2, 6, -1)
    assert told_now.dollars == 0.5


def test_only_sessions_that_moved_are_read_from_the_journal():
    states = shop().states()
    away = Away(LastKey(NOW - 400_000, max(state.seq for state in states.values()) - 1))
    (moved,) = [id for id, state in states.items() if state.seq > away.since.seq]
    assert away.unread(states.values()) == [moved]
    away = Away(LastKey(NOW - 3_600_000, 0))
    assert away.unread(states.values()) == [], "all were made since"
    assert {one.session for one in away.digest(states)} == set(states)


def test_who_comes_back_after_ten_minutes_sees_what_happened_until_the_next_key():
    feed = shop()
    clock = [NOW]

    async def run() -> None:
        app = deck(feed, face="deck")
        app.helm.now_ms = lambda: clock[0]
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.press("j")
            clock[0] += AWAY_MS - 1
            feed.feed(
                e.TurnEnded(session=FIX, seq=9_000, at_ms=clock[0], status="completed"),
            )
            await until(pilot, lambda: app.model.states[FIX].seq == 9_000)
            app.helm.look_away()
            await pilot.pause()
            assert "What happened" not in told(app)
            clock[0] += 1
            app.helm.look_away()
            await until(pilot, lambda: "fix-login  finished" in told(app))
            assert "since you were here, 10:00 ago" in told(app)
            assert any(type(query).__name__ == "StateAt" and query.seq for query in feed.asked)
            await pilot.press("j")
            await pilot.pause()
            assert "What happened" not in told(app)
            assert send_through(app, app.stage)
            assert _laid(app), "alone, a lane is drawn past the compositor"
            app.helm.look_away()
            await pilot.press("W")
            await until(pilot, lambda: "fix-login  finished" in told(app))
            await pilot.pause()
            assert not _laid(app), "else its lines would be drawn over the digest"
            await pilot.press("i")
            await pilot.pause()
            assert "What happened" not in told(app), "never over what waits for an answer"

    asyncio.run(run())


def test_what_happened_while_no_deck_was_open_is_told_by_the_next_one():
    feed = shop()

    async def run() -> None:
        app = deck(feed, face="deck")
        app.recall(Memory({"/home/kim/shop": Arrangement(grouped=True)}, LastKey(NOW - AWAY_MS, 1)))
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            app.helm.look_away()
            await until(pilot, lambda: "What happened since you were here, 10:00 ago" in told(app))
            assert "ready for rev" not in told(app) and "to review" in told(app)
            await pilot.press("j", "W")
            await until(pilot, lambda: "since you were here, 10:00 ago" in told(app))
            await pilot.press("j")
            assert app.memory().last_key == LastKey(
                NOW, max(s.seq for s in app.model.states.values())
            )

    asyncio.run(run())
