"""Helpers: sessions an agent starts with a brief, whose last words are the result of its call."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from kit.lawful import check_laws
from kit.repositories import fingerprint, plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import CallId, SessionId, TurnId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.loop.helper_answer import reported
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.share.spend import spend, summed
from steerdeck_agents.tools.outcome import LIMIT
from steerdeck_agents.work.helping import Report

HERE = "*** Begin Patch\n*** Add File: mine.txt\n+of the parent\n*** End Patch\n"
THERE = (
    "*** Begin Patch\n*** Add File: fresh.txt\n+of the helper\n*** Update File: mine.txt\n@@\n"
    "-of the parent\n+of both\n*** End Patch\n"
)
TOUCH = "touch touched"


def delegate(brief: str, name: str = "", **more: object) -> Call:
    return Call("delegate", {"brief": brief, **({"name": name} if name else {}), **more}, name)


def family(*first: Call, then: tuple[Call, ...] = ()) -> Callable[[Conversation], Reply]:
    """A model whose parents ask for `first`, then for `then`, and whose helpers do their brief."""

    def script(talk: Conversation) -> Reply:
        done = sum(call.output is not None for call in talk.calls)
        task = talk.task
        if task == "Lead.":
            if not done:
                return Reply(first)
            if then and done == len(first):
                return Reply(then)
            return Reply((Say("All answered.", final=True),))
        return helper(talk, task, done)

    return script


def helper(talk: Conversation, task: str, done: int) -> Reply:
    work = {
        "Read.": (Call("read_file", {"path": "mine.txt"}),),
        "Write.": (Call("apply_patch", {"patch": THERE}),),
        "Run.": (Call("shell", {"command": TOUCH, "why": "So."}),),
        "Ask.": (Call("ask", {"question": "Blue?"}),),
        "Delegate.": (delegate("Read."),),
    }
    if task == "Hang.":
        return Reply((Say("Well"),), broken="stall", after=3)
    if not done and task in work:
        return Reply(work[task])
    seen = talk.calls[-1].output if talk.calls else ""
    return Reply((Say(f"{talk.said[-1]} {seen}", final=True),))


Story = Callable[[Scene, SessionId], Awaitable[None]]


def play(
    tmp_path: Path, script: Callable[[Conversation], Reply], story: Story, **more: object
) -> None:
    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        before = fingerprint(repository)
        async with scene(tmp_path / "home", {"m": script}) as playing:
            session = await playing.start(repository, "m", task="Lead.", **more)
            await story(playing, session)
            for state in playing.runtime.fleet.states():
                check_laws(playing.runtime.fleet.reader, state)
        assert fingerprint(repository) == before

    asyncio.run(run())


def helpers(playing: Scene, parent: SessionId) -> list[SessionId]:
    return [s.id for s in playing.runtime.fleet.states() if s.parent == parent]


def results(playing: Scene, session: SessionId) -> dict[str, e.CallEnded]:
    """The ends of the calls that delegated, by call id."""
    began = {fact.call for fact in playing.of(session, e.HelperStarted)}
    return {
        str(fact.call): fact
        for fact in playing.of(session, e.CallEnded)
        if isinstance(fact, e.CallEnded) and fact.call in began
    }


async def ended(playing: Scene, session: SessionId) -> None:
    await playing.until(lambda: playing.of(session, e.TurnEnded))


async def started(playing: Scene, parent: SessionId, count: int = 1) -> list[SessionId]:
    """The helpers of a session, when so many ask their model or the developer."""

    def asking() -> list[SessionId]:
        return [one for one in helpers(playing, parent) if playing.of(one, e.RequestSent)]

    await playing.until(lambda: len(asking()) >= count)
    return asking()


def test_a_helper_answers_from_the_files_of_its_parent_and_only_reads(tmp_path):
    wishes = (Call("apply_patch", {"patch": HERE}), delegate("Read.", "look"))

    async def story(playing: Scene, parent: SessionId) -> None:
        await ended(playing, parent)
        (child,) = helpers(playing, parent)
        state, own = playing.state(child), playing.state(parent)
        assert (state.name, state.mode, state.model) == ("look", "plan", own.model)
        assert (state.parent, state.forked_from, state.limits) == (parent, None, Limits())
        assert state.workspace.path != own.workspace.path
        assert state.last_turn == "completed" and not state.turn
        result = results(playing, parent)["look"]
        assert result.status == "done" and "of the parent" in result.result
        assert "helper look completed (2 requests, " in result.result
        assert result.duration_ms == 0, "its time would count twice"
        (begun,) = playing.of(parent, e.HelperStarted)
        (reported,) = playing.of(parent, e.HelperReported)
        assert (begun.helper, begun.call, begun.brief) == (child, "look", "Read.")
        assert (reported.helper, reported.call, reported.status) == (child, "look", "completed")
        (brief,) = playing.of(child, e.MessageSent)
        assert brief.actor == "agent", "a brief is no word of the developer"

    play(tmp_path, family(*wishes), story)


def test_a_helper_is_told_what_it_is_and_can_be_spoken_to_afterwards(tmp_path):
    async def story(playing: Scene, parent: SessionId) -> None:
        await ended(playing, parent)
        (child,) = helpers(playing, parent)
        reader = playing.runtime.fleet.reader
        stored = reader.request(reader.requests(child)[0].id)
        told = [item for item in stored.items if "You are a helper." in item]
        assert [json.loads(item).get("role") for item in told] == ["developer"]
        await playing.give(o.Say, child, text="And you?")
        await playing.until(lambda: len(playing.of(child, e.TurnEnded)) == 2)
        assert "And you?" in playing.state(child).last_words
        assert len(playing.of(parent, e.CallEnded)) == 1

    play(tmp_path, family(delegate("Think.")), story)


def test_what_a_helper_wrote_arrives_as_a_diff_against_the_files_it_began_with(tmp_path):
    wishes = (Call("apply_patch", {"patch": HERE}), delegate("Write.", "hand", writes=True))

    async def story(playing: Scene, parent: SessionId) -> None:
        await ended(playing, parent)
        (child,) = helpers(playing, parent)
        text = results(playing, parent)["hand"].result
        assert "--- a/mine.txt\n+++ b/mine.txt\n@@ -1 +1 @@\n-of the parent\n+of both\n" in text
        assert "--- /dev/null\n+++ b/fresh.txt\n" in text and "+of the helper\n" in text
        assert results(playing, parent)["hand"].summary == "hand completed, +2 −1"
        assert "mine.txt" in text and text.count("--- ") == 2
        here = Path(playing.state(parent).workspace.path)
        assert (here / "mine.txt").read_text() == "of the parent\n"
        assert not (here / "fresh.txt").exists()
        assert playing.state(child).mode == "auto"

    play(tmp_path, family(*wishes), story)


def test_helpers_work_side_by_side_and_begin_before_later_changes(tmp_path):
    wishes = (
        Call("apply_patch", {"patch": HERE}),
        delegate("Hang.", "slow"),
        delegate("Read.", "quick"),
        Call("apply_patch", {"patch": HERE.replace("mine", "later")}),
    )

    async def story(playing: Scene, parent: SessionId) -> None:
        await playing.until(lambda: "quick" in results(playing, parent))
        await playing.until(lambda: len(playing.of(parent, e.CallEnded)) == 3)
        named = {playing.state(one).name: one for one in await started(playing, parent, 2)}
        slow, quick = named["slow"], named["quick"]
        assert playing.state(slow).status == "working"
        (call,) = playing.state(parent).calls
        assert call.helper == slow, "what the parent waits for"
        for one in (slow, quick):
            place = Path(playing.state(one).workspace.path)
            assert (place / "mine.txt").exists() and not (place / "later.txt").exists()
        await playing.give(o.Interrupt, slow)
        await ended(playing, parent)
        told = results(playing, parent)["slow"]
        assert told.status == "interrupted"
        assert "slow was interrupted by the developer" in told.result
        assert playing.state(parent).last_turn == "completed"

    play(tmp_path, family(*wishes), story)


def test_a_fifth_helper_is_refused_in_plain_words(tmp_path):
    wishes = [delegate("Hang.", f"h{number}") for number in range(5)]

    async def story(playing: Scene, parent: SessionId) -> None:
        await playing.until(lambda: playing.of(parent, e.CallEnded))
        (refused,) = playing.of(parent, e.CallEnded)
        assert refused.status == "failed" and "4 of yours are at work" in refused.result
        assert len(helpers(playing, parent)) == 4
        await playing.give(o.Interrupt, parent)
        await ended(playing, parent)

    play(tmp_path, family(*wishes), story)


def test_a_helper_asks_the_developer_itself_and_may_not_delegate(tmp_path):
    wishes = (delegate("Run.", "run", writes=True), delegate("Delegate.", "lazy"))

    async def story(playing: Scene, parent: SessionId) -> None:
        named = {playing.state(one).name: one for one in await started(playing, parent, 2)}
        run = named["run"]
        await playing.status(run, "needs_you")
        assert playing.state(parent).status == "working"
        assert playing.state(run).approvals[0].what == TOUCH
        await playing.decide(run, allow=False)
        await ended(playing, parent)
        assert "rejected by the developer" in results(playing, parent)["run"].result
        assert "A helper has no helpers of its own" in results(playing, parent)["lazy"].result

    play(tmp_path, family(*wishes), story)


def test_in_mode_ask_a_helper_that_writes_waits_for_the_developer(tmp_path):
    async def story(playing: Scene, parent: SessionId) -> None:
        state = await playing.status(parent, "needs_you")
        assert (state.approvals[0].kind, state.approvals[0].what) == ("helper", "Write.")
        assert not helpers(playing, parent)
        await playing.decide(parent, allow=False, words="not now")
        await ended(playing, parent)
        (told,) = playing.of(parent, e.CallEnded)
        assert told.status == "rejected" and "not now" in told.result
        assert not helpers(playing, parent)

    play(tmp_path, family(delegate("Write.", writes=True)), story, mode="ask")


def test_an_interrupt_of_the_parent_interrupts_the_helpers_it_waits_for(tmp_path):
    async def story(playing: Scene, parent: SessionId) -> None:
        both = await started(playing, parent, 2)
        await playing.give(o.Interrupt, parent)
        for one in (parent, *both):
            assert (await playing.status(one, "interrupted")).last_turn == "interrupted"
        await playing.give(o.Say, parent, text="Go on.")
        await playing.until(lambda: len(playing.of(parent, e.TurnEnded)) == 2)
        assert len(helpers(playing, parent)) == 2

    play(tmp_path, family(delegate("Hang.", "a"), delegate("Hang.", "b")), story)


def test_an_interrupt_while_the_helpers_workspace_is_made_leaves_it_at_rest(tmp_path):
    async def story(playing: Scene, parent: SessionId) -> None:
        await playing.until(lambda: playing.of(parent, e.HelperStarted))
        await playing.give(o.Interrupt, parent)
        await playing.status(parent, "interrupted")
        (child,) = helpers(playing, parent)
        state = await playing.status(child, "interrupted")
        assert not state.queue and not state.turn and not playing.of(child, e.RequestSent)

    play(tmp_path, family(delegate("Hang.")), story)


def test_helpers_are_put_away_with_their_parent_and_come_back_alone(tmp_path):
    async def story(playing: Scene, parent: SessionId) -> None:
        (child,) = await started(playing, parent)
        await playing.give(o.Archive, parent, discard=True)
        state = await playing.status(child, "archived")
        assert state.archived == "discarded" and state.turn is None
        async with playing.runtime.fleet.session(child).ground.hands:
            assert not Path(state.workspace.path).exists()
        await playing.give(o.Reopen, parent)
        await playing.status(parent, "interrupted")
        assert playing.state(child).archived == "discarded"
        await playing.give(o.Reopen, child)
        assert not playing.state(child).archived

    play(tmp_path, family(delegate("Hang.")), story)


def test_a_helper_put_away_by_the_developer_is_an_answer_too(tmp_path):
    async def story(playing: Scene, parent: SessionId) -> None:
        (child,) = await started(playing, parent)
        await playing.give(o.Archive, child)
        await ended(playing, parent)
        (told,) = playing.of(parent, e.CallEnded)
        assert told.status == "interrupted" and "by the developer" in told.result
        assert playing.state(parent).last_turn == "completed"

    play(tmp_path, family(delegate("Hang.")), story)


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request costs a quarter of a dollar."""

    def price(model: str, usage: Usage, base_url: str, own: object) -> Usage:
        return replace(usage, dollars=0.25, priced=True)

    monkeypatch.setattr("steerdeck_agents.place.price", price)


@pytest.mark.usefixtures("priced")
def test_the_parents_budget_holds_for_the_family(tmp_path):
    async def story(playing: Scene, parent: SessionId) -> None:
        await playing.until(lambda: helpers(playing, parent))
        (child,) = helpers(playing, parent)
        state = await playing.status(child, "parked")
        own = playing.state(parent)
        assert len(playing.of(child, e.RequestSent)) == 1, "one of the parent's, one of its own"
        assert state.reason.startswith(f"The budget of {own.name}, whose helper it is, of $0.50")
        assert f"steerdeck resume {own.name} --budget 1.00" in state.way_out
        assert own.usage.dollars == 0.25 and own.status == "working"
        (warned,) = playing.of(parent, e.BudgetWarned)
        assert warned.spent == 0.5, "said once, of the one whose budget it is"
        assert not playing.of(child, e.BudgetWarned)
        await playing.give(o.Configure, parent, limits=Limits(dollars=0.75))
        await playing.give(o.Resume, child)
        state = await playing.status(parent, "parked")
        lines = spend(playing.runtime.fleet.reader)
        each = [line.usage.dollars for line in summed(lines, "session")]
        assert each == [0.25, 0.5]
        assert sum(line.usage.dollars for line in summed(lines, "day")) == 0.75
        assert "$0.75 is spent: $0.75 so far, $0.50 of it by its helpers" in state.reason

    play(tmp_path, family(delegate("Read.", "read")), story, limits=Limits(dollars=0.5))


def test_a_long_answer_is_cut_for_the_model_and_whole_for_people():
    state = SessionState(id=SessionId("h"), name="hand", last_turn="completed", ended_seq=9)
    diff = "--- a/x\n+++ b/x\n" + "+line\n" * 20_000
    report = Report(state, "w" * 40_000, (FileChange("x", "changed", 20_000, 0),), diff)
    told = reported(SessionId("p"), TurnId("t"), CallId("c"), report)
    assert len(told.outcome.text.encode()) <= LIMIT
    assert "x +20000 −0" in told.outcome.text and told.outcome.text.count("are left out here") == 2
    assert "The whole is with the developer, in the session hand" in told.outcome.text
    assert told.outcome.complete is not None and diff.encode() in told.outcome.complete
