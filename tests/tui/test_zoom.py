import asyncio

from kit.desk import deck, told, until
from kit.shop import shop
from steerdeck.screens.deck import DeckScreen
from steerdeck.screens.zoom import ZoomScreen
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.runtime.wire import PromptLine, WindowMark


def play(scene, *keys: str, size=(160, 45)) -> None:
    async def run() -> None:
        feed = shop()
        feed.prompt = [
            PromptLine(
                0,
                "message",
                "instructions",
                '{"role":"system","text":"Be exact."}',
                Sha("a"),
                tokens=9_100,
                cached=True,
            ),
            PromptLine(1, "message", "developer", '{"text":"\x1b[31mred"}', Sha("b"), tokens=900),
        ]
        feed.marks = [WindowMark(812, 1, "compaction", "share: compacted: 61k → 9.0k ≈")]
        app = deck(feed, face="deck")
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
            await pilot.press(*keys)
            await pilot.pause(0.05)
            await scene(app, pilot, feed)

    asyncio.run(run())


def test_the_transcript_stands_beside_plan_changes_and_queue():
    async def scene(app, pilot, feed):
        await until(pilot, lambda: "renewed together" in told(app))
        text = told(app)
        assert "reached the model" in text
        assert "plan 1 of 4" in text
        assert "1 queued" in text
        assert "▲ 2 add-csv needs you" in text

    play(scene)


def test_what_stands_beside_the_transcript_is_never_pushed_off_the_screen():
    async def scene(app, pilot, feed):
        for columns in (100, 120, 124, 130, 160):
            await pilot.resize_terminal(columns, 36)
            await until(pilot, lambda wide=columns: app.screen.size.width == wide)
            await pilot.pause()
            beside = app.screen.query_one("#zoom_side")
            assert beside.region.right <= columns
            assert beside.region.width >= 34

    play(scene)


def test_a_search_begun_on_another_tab_is_one_of_the_transcript():
    async def scene(app, pilot, feed):
        await pilot.press("v", "slash", *"tot")
        assert app.screen.active == 0 and app.screen.transcript.sought.text == "tot"

    play(scene)


def test_the_diff_among_the_tabs_is_the_review():
    async def scene(app, pilot, feed):
        await pilot.press("d")
        await until(pilot, lambda: app.screen.id == "review")
        await pilot.press("l")
        await until(pilot, lambda: "4 of 4" in told(app))
        assert isinstance(app.screen, ZoomScreen)

    play(scene)


def test_the_tool_log_is_filtered_by_text():
    async def scene(app, pilot, feed):
        await until(pilot, lambda: "4 of 4" in told(app))
        await pilot.press("slash", *"is:failed")
        await until(pilot, lambda: "1 of 4" in told(app))
        assert "assert 401 == 200" in told(app)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, ZoomScreen)
        assert feed.orders == []

    play(scene, "o")


def test_the_context_is_what_the_model_sees():
    async def scene(app, pilot, feed):
        await until(pilot, lambda: "Be exact." in told(app))
        assert "instructions" in told(app)
        assert "␛[31mred" in told(app)
        text = told(app)
        assert "2 items, ≈ 10k tokens, ≈ 9.1k of them cached" in text
        assert "the cache began anew at event 812  share: compacted: 61k → 9.0k ≈" in text
        assert "≈ 9.1k tok   cached" in text
        assert "≈ 900 tok   new" in text

    play(scene, "c")


def test_events_are_shown_raw():
    async def scene(app, pilot, feed):
        await until(pilot, lambda: "text.added" in told(app))
        assert '"kind":"message"' in told(app)

    play(scene, "e")


def test_a_zoom_follows_the_session_in_hand():
    async def scene(app, pilot, feed):
        await pilot.press("alt+3")
        await until(pilot, lambda: "Document every option" in told(app))
        assert "fix" not in app.helm.watched["zoom"]

    play(scene, "space")


def test_esc_interrupts_while_it_works_and_else_leads_back():
    async def scene(app, pilot, feed):
        await pilot.press("escape")
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[0], o.Interrupt)
        assert isinstance(app.screen, ZoomScreen)
        await pilot.press("space", "alt+3", "escape")
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))
        assert len(feed.orders) == 1

    play(scene)


def test_words_are_sent_from_a_zoom_too():
    async def scene(app, pilot, feed):
        await pilot.press(*"yes", "enter")
        await until(pilot, lambda: feed.orders)
        assert (feed.orders[0].session, feed.orders[0].text) == ("fix", "yes")

    play(scene, "space")


def test_every_tab_can_be_used_on_a_small_terminal():
    async def scene(app, pilot, feed):
        for key in "tdoce":
            await pilot.press(key)
            await pilot.pause()
            assert "fix-login" in told(app)

    play(scene, size=(60, 20))
