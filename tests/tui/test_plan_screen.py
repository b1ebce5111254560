"""The plan screen: a revision as a diff, changes of the developer, a yes only to what was seen."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from textual.pilot import Pilot

from kit.desk import Feed, deck, told, until
from kit.guard import no_work_on_this_loop
from kit.planned import COMMENT, LIMIT, planned
from steerdeck import outside
from steerdeck.app import DeckApp
from steerdeck.model import Dirty
from steerdeck.screens.plan import PlanScreen
from steerdeck.screens.plan_changes import PlanChanges
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId, Sha
from steerdeck_agents.facts.plan_orders import (
    AddStep,
    CommentStep,
    DecidePlan,
    EditPlan,
    MoveStep,
    Placed,
    Rearrange,
    Reword,
    StrikeStep,
)

Play = Callable[[DeckApp, Pilot[None], Feed], Awaitable[None]]


def play(scene: Play, *keys: str, size: tuple[int, int] = (120, 36), offered: bool = True) -> None:
    async def run() -> None:
        feed = planned(offered=offered)
        app = deck(feed, face="deck")
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached)
            with no_work_on_this_loop() as found:
                await pilot.press(*keys)
                await pilot.pause()
                await scene(app, pilot, feed)
            assert found == []

    asyncio.run(run())


def screen(app: DeckApp) -> PlanScreen:
    assert isinstance(app.screen, PlanScreen)
    return app.screen


def changes(feed: Feed) -> list[object]:
    return [order.change for order in feed.orders if isinstance(order, EditPlan)]


def decided(feed: Feed) -> list[tuple[bool, bool, str, Sha]]:
    return [
        (order.approve, order.wait, order.words, order.shown)
        for order in feed.orders
        if isinstance(order, DecidePlan)
    ]


def test_a_revised_plan_is_a_diff_and_a_yes_is_about_what_was_seen_long_enough():
    async def scene(app, pilot, feed):
        text = told(app)
        assert "revised its plan: 2 new, 1 changed, 1 dropped, 1 moved" in text
        assert "−   start Redis in a container for the tests" in text
        assert "dropped, was 4" in text and "moved up, was 6" in text
        assert "~ ▸ run the whole suite without Redis" in text
        assert "2 calls, 1 failed   2 files   1 check, 1 red" in text
        assert COMMENT in text and "goes with your answer" in text
        assert "≈ 3 docs" in text
        assert "approve and go on" not in text
        await pilot.press("y", "p")
        assert decided(feed) == []
        await until(pilot, lambda: "approve and go on" in told(app))
        steps = screen(app).state.plan.steps[:-1]
        seq = feed.events[-1].seq + 1
        other = e.PlanEdited(session=SessionId(LIMIT), seq=seq, steps=steps, words="struck")
        app.model.add(other)
        await pilot.press("y")
        assert decided(feed) == [], "the plan is another one than was seen"
        screen(app).show(Dirty(everything=True))
        await until(pilot, lambda: "dropped, was 5" in told(app))
        assert "approve and go on" not in told(app)
        await until(pilot, lambda: "approve and go on" in told(app))
        await pilot.press("y", "p", "n", *"No.", "enter")
        await until(pilot, lambda: len(decided(feed)) == 3)
        binding = screen(app).state.plan.binding
        assert decided(feed) == [
            (True, False, "", binding), (True, True, "", binding), (False, False, "No.", binding)
        ]  # fmt: skip

    play(scene, "p")


def test_a_plan_longer_than_the_screen_must_be_read_to_its_end():
    async def scene(app, pilot, feed):
        await until(pilot, lambda: "its end has not been in view yet" in told(app))
        await pilot.press("y")
        assert decided(feed) == []
        await pilot.press("G")
        await until(pilot, lambda: "approve and go on" in told(app))

    play(scene, "p", size=(60, 20))


def test_steps_are_worded_added_moved_struck_and_commented_by_key():
    async def scene(app, pilot, feed):
        assert screen(app).row.step.id == 3
        await pilot.press("J", "K", "x", "j", "x", "a", "s", "enter", "j", "j")
        await pilot.press("e", "!", "enter", "g", "j", "j", "d", "c", "?", "enter", "q")
        await until(pilot, lambda: app.screen.id != "plan")
        assert changes(feed) == [
            MoveStep(3, 1), MoveStep(3, -1), StrikeStep(3), AddStep("s", 3),
            Reword(6, "document the limit and its headers!"), CommentStep(7, ""),
            CommentStep(7, f"{COMMENT}?"),
        ]  # fmt: skip

    play(scene, "p")


def test_words_that_were_refused_stand_in_the_field_again():
    async def scene(app, pilot, feed):
        feed.refuse = "That step is not in the plan any more."
        await pilot.press("e", *"!", "enter")
        await until(pilot, lambda: "not in the plan any more" in told(app))
        assert screen(app).words.text == "run the whole suite without Redis!"
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen.id != "plan")

    play(scene, "p")


def test_words_are_about_the_step_they_were_begun_for_wherever_the_cursor_is_by_then():
    async def scene(app, pilot, feed):
        await pilot.press("j", "j", "e", *"!")
        assert screen(app).row.step.id == 8
        steps = tuple(step for step in feed.states()[SessionId(LIMIT)].plan.live if step.id != 8)
        update = e.PlanUpdated(actor="agent", steps=steps, session=SessionId(LIMIT))
        feed.feed(msgspec.structs.replace(update, seq=len(feed.events) + 1))
        await until(pilot, lambda: screen(app).row.step.id != 8)
        screen(app).go_to(0)
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        words = "skip the Redis tests when no server answers, and say so!"
        assert changes(feed) == [Reword(8, words)]

    play(scene, "p", offered=False)


def test_all_steps_are_edited_in_the_editor(monkeypatch):
    def edited(app, text):
        one, two, _, *rest = text.split("\n")
        return "\n".join((two, f"{one}s", "a new one", *rest))

    monkeypatch.setattr("steerdeck.screens.plan_changes.edit", edited)
    assert PlanChanges.do_plan_outside is not None and outside.edit is not edited

    async def scene(app, pilot, feed):
        await pilot.press("ctrl+g")
        await until(pilot, lambda: changes(feed))
        (change,) = changes(feed)
        assert isinstance(change, Rearrange)
        assert change.steps[:3] == (
            Placed(2, "add a token bucket"), Placed(1, "find the entry points"),
            Placed(0, "a new one"),
        )  # fmt: skip
        assert [one.step for one in change.steps[3:]] == [3, 8, 6, 5]

    play(scene, "p")


def test_enter_replays_what_happened_while_a_step_was_in_hand():
    async def scene(app, pilot, feed):
        work = screen(app).state.plan.work_of(3)
        await pilot.press("g")
        assert screen(app).cursor == 0
        await pilot.press("enter")
        assert app.screen.id == "plan", "nothing was done at the first step"
        await pilot.press("pagedown", "end", "home", "down", "up", "j", "j", "j", "enter")
        await until(pilot, lambda: app.screen.id == "replay" and len(app.screen.tape))
        await until(pilot, lambda: app.screen.tape.at > 0)
        assert app.screen.tape.seq < work.first

    play(scene, "p")


def test_while_the_agent_works_there_is_no_yes_and_a_click_picks_a_step():
    async def scene(app, pilot, feed):
        assert "2 of 7 steps done" in told(app) and "approve" not in told(app)
        assert "told at the next safe point" in told(app)
        await pilot.click("#plan_view", offset=(20, 1))
        assert screen(app).cursor == 1
        await pilot.press("i")
        assert app.screen.id == "plan", "nothing waits"

    play(scene, "p", offered=False)


def test_the_inbox_has_the_plan_as_something_to_decide():
    async def scene(app, pilot, feed):
        text = told(app)
        assert "▲ 1 plan" in text and "revised its plan" in text
        await pilot.press("y")
        assert decided(feed) == []
        await until(pilot, lambda: "approve and go on" in told(app))
        inbox, before = app.screen, app.screen.armed_from
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "plan")
        await pilot.press("q")
        await until(pilot, lambda: inbox.is_current and inbox.armed_from > before)
        await pilot.press("y", "w", *"No.", "enter")
        await until(pilot, lambda: len(decided(feed)) == 2)
        binding = app.model.states[SessionId(LIMIT)].plan.binding
        assert decided(feed) == [(True, False, "", binding), (False, False, "No.", binding)]

    play(scene, "i")
