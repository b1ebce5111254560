"""A plan between the developer and a real session: offered, changed, sent back, approved."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts import plan_orders as p
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Mode
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime import wire

FIRST = ("look", "start Redis", "run the tests")
SECOND = ("look", "keep it in memory", "run the tests", "start Redis")


def plans(talk: Conversation) -> Reply:
    """One plan for each thing the developer said, then a last word."""
    done = sum(call.output is not None for call in talk.calls)
    if done < len(talk.said):
        texts = FIRST if done == 0 else SECOND
        steps = [{"text": text, "status": "pending"} for text in texts]
        return Reply((Call("update_plan", {"steps": steps, "explanation": "No Redis here."}),))
    return Reply((Say("That is the plan.", final=True),))


def asks_between(talk: Conversation) -> Reply:
    """A plan, a question, and the same plan again with its first step done."""
    done = sum(call.output is not None for call in talk.calls)
    if done == 1:
        return Reply((Call("ask", {"question": "Which?"}),))
    if done > 2:
        return Reply((Say("Done.", final=True),))
    first = "completed" if done else "in_progress"
    steps = [{"text": FIRST[0], "status": first}]
    steps += [{"text": text, "status": "pending"} for text in FIRST[1:]]
    return Reply((Call("update_plan", {"steps": steps}),))


def play(
    tmp_path: Path, story: Callable[[Scene, SessionId], Awaitable[None]], mode: Mode = "plan"
) -> None:
    repository = plain(tmp_path / "repository").resolve()

    async def run_it() -> None:
        async with scene(tmp_path / "home", {"m": plans}) as playing:
            session = await playing.start(repository, "m", mode=mode)
            await playing.until(lambda: playing.of(session, e.TurnEnded))
            await story(playing, session)

    asyncio.run(run_it())


async def decide(playing: Scene, session: SessionId, *, approve: bool, **more: object) -> None:
    shown = playing.state(session).plan.binding
    await playing.give(p.DecidePlan, session, approve=approve, shown=shown, **more)


def test_a_plan_is_changed_sent_back_revised_and_approved_and_the_model_hears_all_of_it(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        waiting = await playing.status(session, "needs_you")
        shown = waiting.plan.binding
        look, redis, _ = waiting.plan.steps
        before = await playing.client.ask(wire.Prompt(session), list[wire.PromptLine])
        await playing.give(p.EditPlan, session, change=p.StrikeStep(redis.id))
        await playing.give(p.EditPlan, session, change=p.CommentStep(look.id, "only api/"))
        with pytest.raises(OrderRefused, match="not what was on your screen"):
            await playing.give(p.DecidePlan, session, approve=True, shown=shown)
        await decide(playing, session, approve=False, words="Without Redis, please.")

        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        revised = await playing.status(session, "needs_you")
        assert [(s.text, s.struck, s.comment) for s in revised.plan.steps] == [
            ("look", False, "only api/"), ("keep it in memory", False, ""),
            ("run the tests", False, ""), ("start Redis", True, ""),
        ]  # fmt: skip
        assert (revised.plan.version, revised.plan.why) == (2, "No Redis here.")
        assert not revised.plan_edited
        prompt = await playing.client.ask(wire.Prompt(session), list[wire.PromptLine])
        assert [item.sha for item in prompt[: len(before)]] == [item.sha for item in before]
        (heard,) = (item.text for item in prompt if item.origin == "world.plan")
        assert "struck step 2" in heard and "[struck] start Redis" in heard
        assert "the developer says: only api/" in heard
        (*_, result) = (item.text for item in prompt if item.kind == "function_call_output")
        assert "was struck by the developer and stays so" in result
        titles = [call.title for call in playing.of(session, e.CallRequested)]
        assert titles[-1] == "0 of 3 done", "neither log nor rail counts what was struck"

        await decide(playing, session, approve=True)
        working = await playing.status(session, "working")
        assert (working.mode, working.plan.approved) == ("ask", True)
        (*_, said) = playing.of(session, e.MessageSent)
        assert isinstance(said, e.MessageSent) and said.text.startswith("The plan is approved")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 3)
        assert playing.state(session).plan.offer is None

    play(tmp_path, story)


def test_a_no_needs_words_or_a_change_and_after_a_yes_the_agent_may_wait(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        await playing.status(session, "needs_you")
        with pytest.raises(OrderRefused, match="Say what should be other"):
            await decide(playing, session, approve=False)
        await decide(playing, session, approve=True, wait=True)
        state = await playing.status(session, "idle")
        assert (state.mode, len(playing.of(session, e.MessageSent))) == ("ask", 1)
        with pytest.raises(OrderRefused, match="not in plan mode"):
            await decide(playing, session, approve=True)
        await playing.give(o.Configure, session, mode="plan")
        assert state.plan.decided == state.plan.binding

    play(tmp_path, story)


def test_outside_plan_mode_nothing_waits_and_a_change_is_told_with_the_next_words(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        state = await playing.status(session, "idle")
        assert playing.of(session, e.PlanOffered) == []
        first = state.plan.steps[0]
        await playing.give(p.EditPlan, session, change=p.AddStep("ask Kim", first.id))
        with pytest.raises(OrderRefused, match="not in the plan any more"):
            await playing.give(p.EditPlan, session, change=p.StrikeStep(77))
        await playing.give(o.Say, session, text="Go on.")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        now = playing.state(session).plan
        assert [step.text for step in now.live] == ["look", "ask Kim", *SECOND[1:]]

    play(tmp_path, story, "auto")


def test_a_change_in_the_middle_of_a_turn_is_told_with_its_next_request(tmp_path):
    repository = plain(tmp_path / "repository").resolve()

    async def run_it() -> None:
        async with scene(tmp_path / "home", {"m": asks_between}) as playing:
            session = await playing.start(repository, "m")
            asked = await playing.status(session, "asks")
            await playing.give(p.EditPlan, session, change=p.StrikeStep(asked.plan.steps[1].id))
            (question,) = asked.questions
            await playing.give(o.Answer, session, question=question.id, text="That one.")
            await playing.until(lambda: playing.of(session, e.TurnEnded))
            assert [(step.status, step.struck) for step in playing.state(session).plan.steps] == [
                ("completed", False), ("pending", True), ("pending", False)
            ]  # fmt: skip
            prompt = await playing.client.ask(wire.Prompt(session), list[wire.PromptLine])
            kinds = [line.origin if line.origin == "world.plan" else line.kind for line in prompt]
            told = kinds.index("world.plan")
            assert kinds.count("world.plan") == 1
            assert kinds[told - 1] == "function_call_output", "after the answer"
            assert kinds[told + 1 :].count("function_call") == 1, "before the next plan"

    asyncio.run(run_it())
