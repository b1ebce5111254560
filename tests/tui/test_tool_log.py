"""The tool log across sessions, one call on the whole screen, and the search over all sessions."""

import asyncio

from msgspec import structs

from kit.desk import deck, told, until
from kit.paged import DOCS, paged
from steerdeck.screens.replay import ReplayScreen
from steerdeck.screens.zoom import ZoomScreen
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.by_hand import RunByHand
from steerdeck_agents.facts.ids import CallId, SessionId
from steerdeck_agents.facts.sieve import Hit
from steerdeck_agents.runtime.wire_calls import Calls, OutputOf


def play(scene, *keys: str, size=(120, 36), fed=None) -> None:
    async def run() -> None:
        feed = fed or paged()
        app = deck(feed, face="deck")
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached)
            for key in keys:
                await pilot.press(key)
                await pilot.pause(0.02)
            await scene(app, pilot, feed)

    asyncio.run(run())


def plans():
    """What is in the shop, and one update of a plan."""
    feed = paged()
    last = feed.events[-1]
    asked = e.CallRequested(session=DOCS, call=CallId("p"), tool="update_plan", arguments="{}")
    feed.events.append(structs.replace(asked, seq=last.seq + 1, at_ms=last.at_ms))
    return feed


def test_the_log_has_the_calls_of_all_sessions_with_what_they_add_up_to():
    async def scene(app, pilot, feed):
        await until(pilot, lambda: "12 calls" in told(app))
        text = told(app)
        assert "fix-login" in text and "rate-limit" in text
        assert "2 failed" in text and "4 shell" in text
        await until(pilot, lambda: "1,200 lines, 10.9 kB" in told(app))
        assert "allowed by  you" in told(app)

    play(scene, "H")


def test_a_filter_is_text_whose_words_are_completed():
    async def scene(app, pilot, feed):
        await pilot.press("slash", *"too", "tab", *"sh", "tab")
        assert app.screen.calls.filter.text == "tool:shell "
        await pilot.press(*"is:f")
        await until(pilot, lambda: "2 of 12" in told(app))
        assert "is:failed" in told(app)
        await pilot.press("backspace", *"x")
        await until(pilot, lambda: "There is no is:x" in told(app))
        await pilot.press("escape")
        await until(pilot, lambda: "clear the filter" in told(app))
        await pilot.press("escape")
        await until(pilot, lambda: "12 calls" in told(app))
        assert app.screen.id == "tool_log"

    play(scene, "H")


def test_updates_of_the_plan_stand_there_only_when_they_are_asked_for():
    async def scene(app, pilot, feed):
        await until(pilot, lambda: "1 plan update left out: tool:update_plan" in told(app))
        rows = [line.tool for line in app.screen.calls.page.lines]
        assert rows and "update_plan" not in rows
        await pilot.press("slash", *"tool:update_plan", "enter")
        await until(pilot, lambda: [x.tool for x in app.screen.calls.page.lines] == ["update_plan"])
        assert "left out" not in told(app)

    play(scene, "H", fed=plans())


def test_running_again_and_editing_stand_in_the_footer_together():
    async def scene(app, pilot, feed):
        await until(pilot, lambda: app.screen.calls.line is not None)
        await until(pilot, lambda: "R ! run again, edit" in told(app))

    play(scene, "H")


def test_only_a_window_of_the_calls_is_asked_for(monkeypatch):
    monkeypatch.setattr("steerdeck.screens.call_log.WINDOW", 4)

    async def scene(app, pilot, feed):
        await until(pilot, lambda: len(app.screen.calls.page.lines) == 4)
        for _ in range(11):
            await pilot.press("j")
            await until(pilot, lambda: not app.screen.calls._asking)
        await until(pilot, lambda: app.screen.calls.page.first == 8)
        assert app.screen.calls.line.call == "fix_c1"
        assert {query.limit for query in feed.asked if isinstance(query, Calls)} == {4}
        await pilot.press("g")
        await until(pilot, lambda: app.screen.calls.page.first == 0)
        await pilot.press("G")
        await until(pilot, lambda: app.screen.calls.line.call == "fix_c1")

    play(scene, "H")


def test_a_call_opens_with_its_whole_output_a_page_at_a_time():
    async def scene(app, pilot, feed):
        await until(pilot, lambda: app.screen.calls.line is not None)
        await pilot.press("enter")
        await until(pilot, lambda: "lines 1–500 of 1,200" in told(app))
        await pilot.press("n")
        await until(pilot, lambda: "lines 501–1,000 of 1,200" in told(app))
        await pilot.press("G")
        await until(pilot, lambda: "lines 701–1,200 of 1,200" in told(app))
        assert max(query.limit for query in feed.asked if isinstance(query, OutputOf)) == 500
        await pilot.press("tab")
        await until(pilot, lambda: '"why":"to see it"' in told(app))
        assert "Nobody was asked about it." in told(app)

    play(scene, "H")


def test_a_command_is_run_again_by_hand_or_edited_first():
    async def scene(app, pilot, feed):
        await until(pilot, lambda: app.screen.calls.line is not None)
        await pilot.press("R")
        await until(pilot, lambda: feed.orders)
        order = feed.orders[0]
        assert isinstance(order, RunByHand)
        assert (order.session, order.script, order.accepted) == (DOCS, "make docs", "")
        await pilot.press("!")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
        await until(pilot, lambda: app.screen.composer.prompt.text == "!make docs")
        assert len(feed.orders) == 1

    play(scene, "H")


def test_a_search_finds_as_one_types_and_opens_the_replay_at_the_hit():
    async def scene(app, pilot, feed):
        await pilot.press("slash", *"refresh tok")
        await until(pilot, lambda: app.screen.hits)
        text = told(app)
        assert "fix-login" in text
        spoken = app.screen.hit
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        await until(pilot, lambda: app.screen.tape.at)
        assert app.screen.tape.seq == spoken.seq
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "search")
        assert app.screen.words.text == "refresh tok"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "deck")

    play(scene)


def test_hits_of_one_number_on_two_machines_are_two():
    async def scene(app, pilot, feed):
        await pilot.press("slash")
        await until(pilot, lambda: app.screen.id == "search")
        app.screen.hits = [
            Hit(SessionId(session), 7, "item.ended", "token") for session in ("s~one", "s~two")
        ]
        app.screen._draw_hits()
        app.screen.do_search_down()
        assert app.screen.hit.session == "s~two"

    play(scene)


def test_a_search_is_narrowed_by_keys_and_says_what_means_nothing():
    async def scene(app, pilot, feed):
        await pilot.press("slash", *"pytest")
        await until(pilot, lambda: len({hit.session for hit in app.screen.hits}) > 1)
        await pilot.press(*" session:rate", "tab")
        await until(pilot, lambda: {hit.session for hit in app.screen.hits} == {"rate"})
        await pilot.press(*"role:x")
        await until(pilot, lambda: "There is no role:x" in told(app))

    play(scene)


def test_a_hit_opens_in_the_transcript():
    async def scene(app, pilot, feed):
        await pilot.press("slash", *"options")
        await until(pilot, lambda: app.screen.hits)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
        await until(pilot, lambda: app.screen.hits)
        assert app.model.in_hand == DOCS

    play(scene)
