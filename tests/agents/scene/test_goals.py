"""Goals, end to end: turn after turn until the checks are green, and never by itself after that."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

Story = Callable[[Scene, Path], Awaitable[None]]
FIVE = Check(
    name="five", command="test $(cat steps 2>/dev/null | wc -l) -ge 5 || (cat steps; false)"
)


def stepper(talk: Conversation) -> Reply:
    """One line more in a file each turn, then it says so."""
    done = len(talk.calls)
    if len(talk.messages) < done:
        return Reply((Say(f"Step {done} is done.", id=f"msg_{done}", final=True),))
    lines = [f"step {number}" for number in range(1, done + 2)]
    if done:
        body = f"*** Update File: steps\n@@\n {lines[-2]}\n+{lines[-1]}"
    else:
        body = f"*** Add File: steps\n+{lines[0]}"
    patch = f"*** Begin Patch\n{body}\n*** End Patch"
    return Reply((Call("apply_patch", {"patch": patch}, f"call_{talk.salt}_{done}"),))


def play(tmp_path: Path, story: Story, script: Callable[[Conversation], Reply] = stepper) -> None:
    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": script}) as playing:
            await story(playing, repository)

    asyncio.run(run())


def turns(playing: Scene, session: SessionId) -> list[str]:
    return [x.trigger for x in playing.of(session, e.TurnStarted) if isinstance(x, e.TurnStarted)]


def test_a_goal_goes_on_turn_after_turn_until_its_checks_are_green(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        goal = Goal("Five steps.", check_in_turns=2)
        session = await playing.start(repository, "m", checks=(FIVE,), goal=goal)
        await playing.until(lambda: playing.of(session, e.GoalEnded))
        state = await playing.status(session, "done")
        assert turns(playing, session) == ["message", "goal", "goal", "goal", "goal"]
        (ended,) = playing.of(session, e.GoalEnded)
        assert isinstance(ended, e.GoalEnded) and (ended.how, ended.turns) == ("met", 5)
        assert state.goal is None and state.verify.claim is not None
        told = [x for x in playing.of(session, e.GoalCheckedIn) if isinstance(x, e.GoalCheckedIn)]
        assert [x.turns for x in told] == [2, 4]
        assert told[0].text == "goal: 2 turns, red: five, 1 file +2 −0"

    play(tmp_path, story)


def test_a_check_in_may_wait_for_the_developer(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        goal = Goal("Five steps.", check_in_turns=1, waits=True)
        session = await playing.start(repository, "m", checks=(FIVE,), goal=goal)
        state = await playing.status(session, "parked")
        assert "A check-in of its goal: 1 turn" in state.reason
        await playing.give(o.Resume, session)
        await playing.until(lambda: len(playing.of(session, e.SessionParked)) == 2)
        assert turns(playing, session) == ["message", "goal"]

    play(tmp_path, story)


def test_an_interrupt_holds_a_goal_until_the_developer_resumes_it(tmp_path: Path):
    def script(talk: Conversation) -> Reply:
        if len(talk.calls) == 1 and len(talk.messages) == 1 and not talk.said[1:]:
            return Reply((Say("Thinking on.", id="msg_stall"),), broken="stall", after=3)
        return stepper(talk)

    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(
            repository, "m", checks=(FIVE,), goal=Goal("Five steps.", check_in_turns=0)
        )
        await playing.until(lambda: turns(playing, session) == ["message", "goal"])
        await playing.give(o.Interrupt, session)
        state = await playing.status(session, "interrupted")
        assert state.goal is not None and state.goal.held == "interrupted"
        await playing.give(o.Say, session, text="Go on.")
        await playing.until(lambda: playing.of(session, e.GoalEnded))

    play(tmp_path, story, script)


def test_a_budget_of_turns_ends_it_with_at_most_one_turn_too_many(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(
            repository, "m", checks=(FIVE,), goal=Goal("Five steps."), limits=Limits(turns=3)
        )
        state = await playing.status(session, "parked")
        assert "3 turns is spent" in state.reason
        assert state.counts.turns <= 4
        await playing.give(o.Configure, session, limits=Limits(turns=9))
        await playing.give(o.Resume, session)
        await playing.until(lambda: playing.of(session, e.GoalEnded))

    play(tmp_path, story)


def test_the_same_failure_again_and_again_asks(tmp_path: Path):
    def idle(talk: Conversation) -> Reply:
        return Reply((Say("I looked around.", id=f"msg_{len(talk.messages)}", final=True),))

    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", checks=(FIVE,), goal=Goal("Five steps."))
        state = await playing.status(session, "asks")
        assert "3 times in a row" in state.questions[0].text
        assert turns(playing, session) == ["message", "goal", "goal"]

    play(tmp_path, story, idle)


def test_a_goal_needs_a_check_and_can_be_set_and_dropped_later(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        with pytest.raises(OrderRefused, match="A goal needs a check"):
            await playing.start(repository, "m", goal=Goal("Five steps."))
        session = await playing.start(repository, "m")
        await playing.status(session, "done")
        with pytest.raises(OrderRefused, match="A goal needs a check"):
            await playing.give(o.SetGoal, session, goal=Goal("Five steps."))
        await playing.give(o.SetGoal, session, goal=Goal("Five steps."), checks=(FIVE,))
        await playing.until(lambda: playing.of(session, e.GoalEnded))
        with pytest.raises(OrderRefused, match="has no goal"):
            await playing.give(o.SetGoal, session, goal=None)

    play(tmp_path, story)


def test_reopening_never_resumes_a_goal_by_itself(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        goal = Goal("Five steps.", check_in_turns=1, waits=True)
        session = await playing.start(repository, "m", checks=(FIVE,), goal=goal)
        await playing.status(session, "parked")
        await playing.give(o.Archive, session)
        await playing.give(o.Reopen, session)
        goal_now = playing.state(session).goal
        assert goal_now is not None and goal_now.held == "reopened"
        await playing.give(o.Resume, session)
        await playing.until(lambda: len(playing.of(session, e.SessionParked)) == 2)
        assert turns(playing, session) == ["message", "goal"]

    play(tmp_path, story)
