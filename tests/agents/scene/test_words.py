"""The developer's words and decisions, and what becomes of them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.repositories import plain
from kit.scene import Scene, order_id, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.models.scripted import Call, Conversation, Refuse, Reply, Say, Script

Story = Callable[[Scene, Path], Awaitable[None]]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return plain(tmp_path / "repository").resolve()


def play(
    tmp_path: Path, repository: Path, script: Script, story: Story, *allowed: str, pace: float = 0
) -> None:
    async def run() -> None:
        rules = dict.fromkeys(allowed, repository)
        async with scene(tmp_path / "home", {"m": script}, allowed=rules, pace=pace) as playing:
            await story(playing, repository)

    asyncio.run(run())


def echo(talk: Conversation) -> Reply:
    """Repeats the last words of the developer."""
    return Reply((Say(f"You said: {talk.said[-1]}", final=True),))


def runs(*commands: str) -> Script:
    """A script that runs these commands one after the other and then says so."""

    def script(talk: Conversation) -> Reply:
        done = sum(call.output is not None for call in talk.calls)
        if done < len(commands):
            return Reply((Call("shell", {"command": commands[done], "why": "Because."}),))
        return Reply((Say("Done.", final=True),))

    return script


def test_a_queued_message_waits_for_the_turn_and_opens_the_next(tmp_path, repository):
    async def story(playing: Scene, folder: Path) -> None:
        session = await playing.start(folder, "m", mode="ask")
        await playing.status(session, "needs_you")
        await playing.give(o.Say, session, text="And then this.", delivery="queue")
        assert [m.text for m in playing.state(session).queue] == ["And then this."]
        await playing.decide(session, allow=True)
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        turns = playing.of(session, e.TurnStarted)
        queued = playing.of(session, e.MessageSent)[1]
        (delivered,) = [
            x for x in playing.of(session, e.MessageDelivered) if x.message == queued.message
        ]
        assert delivered.turn == turns[1].turn

    play(tmp_path, repository, runs("echo a > a.txt"), story)


def test_words_sent_now_end_the_turn_and_open_one_with_them(tmp_path, repository):
    async def story(playing: Scene, folder: Path) -> None:
        session = await playing.start(folder, "m")
        await playing.until(lambda: playing.of(session, e.CallStarted))
        await playing.give(o.Say, session, text="Stop, do that instead.", delivery="now")
        await playing.until(lambda: playing.of(session, e.TurnEnded))
        assert playing.of(session, e.TurnEnded)[0].status == "interrupted"
        await playing.until(lambda: len(playing.of(session, e.MessageDelivered)) == 2)
        (ended,) = playing.of(session, e.CallEnded)
        assert ended.status == "interrupted"

    play(tmp_path, repository, runs("sleep 20"), story, "sleep 20")


def test_a_message_not_yet_delivered_can_be_taken_back(tmp_path, repository):
    async def story(playing: Scene, folder: Path) -> None:
        session = await playing.start(folder, "m", mode="ask")
        await playing.status(session, "needs_you")
        await playing.give(o.Say, session, text="Never mind.", delivery="queue")
        (waiting,) = playing.state(session).queue
        await playing.give(o.Withdraw, session, message=waiting.id)
        await playing.until(lambda: not playing.state(session).queue)
        with pytest.raises(OrderRefused, match="already reached the model"):
            await playing.give(o.Withdraw, session, message=waiting.id)
        await playing.decide(session, allow=False)
        await playing.status(session, "idle")
        assert len(playing.of(session, e.MessageDelivered)) == 1

    play(tmp_path, repository, runs("touch a"), story)


def test_an_order_that_comes_twice_has_one_effect_and_one_answer(tmp_path, repository):
    async def story(playing: Scene, folder: Path) -> None:
        session = await playing.start(folder, "m")
        await playing.status(session, "idle")
        order = o.Say(id=order_id(), session=session, text="Once.")
        first = await playing.client.give(order)
        again = await playing.client.give(order)
        assert first.seq == again.seq
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        assert len(playing.of(session, e.MessageSent)) == 2

    play(tmp_path, repository, echo, story)


def test_an_approval_for_the_session_is_a_rule_for_exactly_this_text(tmp_path, repository):
    commands = ("echo a >> a.txt", "echo a >> a.txt", "echo a >>  a.txt")

    async def story(playing: Scene, folder: Path) -> None:
        session = await playing.start(folder, "m", mode="ask")
        await playing.status(session, "needs_you")
        await playing.decide(session, allow=True, scope="session")
        await playing.until(lambda: len(playing.of(session, e.ApprovalRequested)) == 2)
        started = playing.of(session, e.CallStarted)
        assert [bool(event.approval) for event in started] == [True, False]
        assert playing.of(session, e.ApprovalRequested)[1].what == commands[2]
        assert len(playing.of(session, e.RuleUsed)) == 1

    play(tmp_path, repository, runs(*commands), story)


def test_a_decision_about_something_else_than_was_shown_is_refused(tmp_path, repository):
    async def story(playing: Scene, folder: Path) -> None:
        session = await playing.start(folder, "m", mode="ask")
        await playing.status(session, "needs_you")
        (asked,) = playing.state(session).approvals
        with pytest.raises(OrderRefused, match="nothing was decided"):
            await playing.give(
                o.Decide, session, approval=asked.id, allow=True, shown=Sha("0" * 64)
            )
        assert playing.state(session).approvals == (asked,)

    play(tmp_path, repository, runs("touch a"), story)


def test_an_allow_is_void_when_head_moved_in_between(tmp_path, repository):
    async def story(playing: Scene, folder: Path) -> None:
        session = await playing.start(folder, "m", mode="ask")
        await playing.status(session, "needs_you")
        (asked,) = playing.state(session).approvals
        workspace = Path(playing.state(session).workspace.path)
        head = workspace / ".git" / "refs" / "heads" / playing.state(session).workspace.branch
        moved = "1" * 40
        head.write_text(moved)
        await playing.decide(session, allow=True)
        await playing.until(lambda: len(playing.of(session, e.ApprovalRequested)) == 2)
        assert not playing.of(session, e.CallStarted)
        assert playing.of(session, e.ApprovalRequested)[1].binding != asked.binding

    play(tmp_path, repository, runs("git log -1"), story)


def test_plan_mode_refuses_effects_with_a_sentence(tmp_path, repository):
    async def story(playing: Scene, folder: Path) -> None:
        session = await playing.start(folder, "m", mode="plan")
        await playing.status(session, "idle")
        (ended,) = playing.of(session, e.CallEnded)
        assert (ended.status, "plan mode" in ended.result) == ("rejected", True)
        assert ended.summary == "plan mode refused it"
        assert not playing.of(session, e.CallStarted, e.ApprovalRequested)

    play(tmp_path, repository, runs("touch a"), story, "touch a")


def test_a_failing_request_is_asked_again_in_sight_and_keeps_what_had_arrived(tmp_path, repository):
    tries: list[int] = []

    def shaky(talk: Conversation) -> Reply | Refuse:
        tries.append(1)
        if len(tries) == 1:
            return Refuse(429, "Slow down.", retry_after_s=0.01)
        if len(tries) == 2:
            return Reply((Say("Half of this is lost on the way."),), broken="drop", after=8)
        return Reply((Say("Whole.", final=True),))

    async def story(playing: Scene, folder: Path) -> None:
        session = await playing.start(folder, "m")
        await playing.status(session, "idle")
        assert len(playing.of(session, e.RetryPlanned)) == 2
        assert [x.status for x in playing.of(session, e.RequestEnded)] == [
            "failed",
            "failed",
            "completed",
        ]
        assert [x.attempt for x in playing.of(session, e.RequestSent)] == [1, 2, 3]
        texts = [(x.text, x.complete) for x in playing.of(session, e.ItemEnded)]
        assert texts[-1] == ("Whole.", True)
        assert all(not complete for _, complete in texts[:-1])
        bodies = {x.body for x in playing.of(session, e.RequestSent)}
        assert len(bodies) == 1, "a retry sends the same bytes"

    play(tmp_path, repository, shaky, story)


def test_a_call_of_a_broken_response_never_runs(tmp_path, repository):
    tries: list[int] = []

    def cut(talk: Conversation) -> Reply:
        tries.append(1)
        if len(tries) == 1:
            return Reply((Call("shell", {"command": "touch a"}),), broken="end", after=6)
        return Reply((Say("Nothing to do.", final=True),))

    async def story(playing: Scene, folder: Path) -> None:
        session = await playing.start(folder, "m")
        await playing.status(session, "idle")
        assert not playing.of(session, e.CallRequested, e.CallStarted)

    play(tmp_path, repository, cut, story, "touch a")


def test_a_model_that_always_fails_ends_the_turn_with_the_reason(tmp_path, repository):
    def unknown(talk: Conversation) -> Refuse:
        return Refuse(400, "No.", "bad_request")

    async def story(playing: Scene, folder: Path) -> None:
        session = await playing.start(folder, "m")
        state = await playing.status(session, "failed")
        assert "No." in state.reason
        await playing.give(o.Say, session, text="Again, please.")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)

    play(tmp_path, repository, unknown, story)


def test_calls_that_make_no_sense_go_back_to_the_model(tmp_path, repository):
    def confused(talk: Conversation) -> Reply:
        if talk.calls:
            return Reply((Say("I see.", final=True),))
        return Reply(
            (
                Call("__class__", {"a": 1}),
                Call("shell", {"command": 7}),
                Call("apply_patch", {"patch": "*** nonsense"}),
            )
        )

    async def story(playing: Scene, folder: Path) -> None:
        session = await playing.start(folder, "m")
        await playing.status(session, "parked")
        ended = playing.of(session, e.CallEnded)
        assert [x.status for x in ended] == ["failed", "failed", "failed"]
        await playing.give(o.Resume, session)
        await playing.status(session, "idle")
        assert all(len(x.result) > 10 for x in ended)

    play(tmp_path, repository, confused, story)
