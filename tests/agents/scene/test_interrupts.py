"""Interrupts, words and decisions at every moment: whatever the moment, the laws hold.

Each moment meets one of three ways to interrupt; with STEERDECK_MOMENTS it meets all of them.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.lawful import RESTING, attend, check_laws
from kit.repositories import plain
from kit.scene import Scene, order_id, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import JournalError, OrderRefused
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.local import attach_in_process

RULED = "echo ruled >> ruled.txt"
ASKED = "echo asked >> asked.txt"
SLOW = "echo begun | tee -a slow.txt; sleep 20; echo ended >> slow.txt"
PATCH = "*** Begin Patch\n*** Add File: fresh.txt\n+new\n*** End Patch\n"
MOMENTS = 24
"""More appends than the loop makes for `busy`, so that the last moments are after its end."""
WAYS = ("interrupt", "say now", "say now twice")
Story = Callable[[Scene, Path], Awaitable[None]]


def moments() -> list[tuple[str, range]]:
    """Ways to interrupt, and the moments that meet them."""
    if os.environ.get("STEERDECK_MOMENTS"):
        return [(way, range(first, MOMENTS, 2)) for way in WAYS for first in (1, 2)]
    return [(way, range(first, MOMENTS, len(WAYS))) for first, way in enumerate(WAYS, 1)]


def busy(talk: Conversation) -> Reply:
    """A response of every kind: reads side by side, a patch, commands, a question, words."""
    done = sum(call.output is not None for call in talk.calls)
    match done:
        case 0:
            reads = [Call("read_file", {"path": "readme.md"}), Call("list_files", {})]
            return Reply((Say("I look around."), *reads, Call("apply_patch", {"patch": PATCH})))
        case 1 | 2 | 3:
            commands = [Call("shell", {"command": c, "why": "So."}) for c in (RULED, ASKED)]
            return Reply((*commands, Call("ask", {"question": "Really?"})))
        case _:
            return Reply((Say(f"Done after {len(talk.said)} words.", final=True),))


def slow(talk: Conversation) -> Reply:
    if talk.calls and talk.calls[-1].output is not None:
        return Reply((Say(f"You said: {talk.said[-1]}", final=True),))
    return Reply((Call("shell", {"command": SLOW, "why": "Because."}),))


def play(tmp_path: Path, story: Story, *, pace: float = 0) -> None:
    repository = plain(tmp_path / "repository").resolve()
    scripts = {"busy": busy, "slow": slow}
    allowed = dict.fromkeys((RULED, SLOW), repository)

    async def run() -> None:
        async with scene(tmp_path / "home", scripts, allowed=allowed, pace=pace) as playing:
            await story(playing, repository)

    asyncio.run(run())


class Moment:
    """Lets something happen right after the n-th append that one session's loop makes."""

    def __init__(self, playing: Scene, act: Callable[[SessionId], Awaitable[object]]) -> None:
        self._append = playing.runtime.fleet.writer.append
        self._act = act
        self._left = 0
        self._session = SessionId("")
        self.acts: list[asyncio.Task[object]] = []
        playing.runtime.fleet.writer.append = self._appending

    def wait(self, session: SessionId, number: int) -> None:
        self._session, self._left = session, number

    async def _appending(self, *facts: e.KnownEvent, **how: object) -> object:
        kept = await self._append(*facts, **how)
        ours = facts[0].session == self._session and facts[0].actor != "developer"
        if ours and self._left > 0 and not isinstance(facts[0], e.TextAdded | e.OutputAdded):
            self._left -= 1
            if self._left == 0:
                act = asyncio.ensure_future(self._act(self._session))
                self.acts.append(act)
                # The order may need what this append holds, so it is not waited for to its end.
                await asyncio.wait({act}, timeout=0.02)
        return kept


@pytest.mark.parametrize(("how", "numbers"), moments())
def test_at_every_moment_an_interrupt_leaves_a_session_that_goes_on(tmp_path, how, numbers):
    async def act(playing: Scene, session: SessionId) -> None:
        if how == "interrupt":
            try:
                await playing.give(o.Interrupt, session)
            except OrderRefused:
                return
        for words in ("First.", "Second.")[: how.count("now") + how.count("twice")]:
            await playing.give(o.Say, session, text=words, delivery="now")

    async def story(playing: Scene, repository: Path) -> None:
        moment = Moment(playing, lambda session: act(playing, session))
        for number in numbers:
            session = await playing.start(repository, "busy")
            moment.wait(session, number)
            await attend(playing, session)
            moment.wait(SessionId(""), 0)
            await asyncio.gather(*moment.acts)
            await playing.give(o.Say, session, text="And now?")
            await playing.until(
                lambda session=session: (
                    any(m.text == "And now?" for m in playing.state(session).queue)
                    or playing.of(session, e.MessageDelivered)
                )
            )
            state = await attend(playing, session)
            reader = playing.runtime.fleet.reader
            check_laws(reader, state)
            assert state.last_turn == "completed", "the words said last were not answered"
            await playing.give(o.Archive, session)

    play(tmp_path, story)


def test_words_sent_now_twice_are_both_answered(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "slow")
        await playing.until(lambda: playing.of(session, e.CallStarted))
        say = [
            o.Say(id=order_id(), session=session, text=text, delivery="now")
            for text in ("This.", "No, that.")
        ]
        await asyncio.gather(*map(playing.client.give, say))
        state = await attend(playing, session)
        assert (state.last_turn, state.queue) == ("completed", ())
        check_laws(playing.runtime.fleet.reader, state)

    play(tmp_path, story)


def test_an_interrupt_that_comes_as_the_turn_ends_does_not_hit_the_next_one(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        writer = playing.runtime.fleet.writer
        append = writer.append
        late: list[asyncio.Task[object]] = []
        session = await playing.start(repository, "slow")
        await playing.until(lambda: playing.of(session, e.CallStarted))
        await playing.give(o.Say, session, text="And then this.", delivery="queue")
        deciding = playing.runtime.fleet.session(session).deciding
        acquire, waits = deciding.acquire, asyncio.Event()

        async def acquiring() -> bool:
            waits.set()
            return await acquire()

        async def appending(*facts: e.KnownEvent, **how: object) -> object:
            if isinstance(facts[-1], e.TurnEnded) and not late:
                # It has come while the turn was open, and is looked at when that has ended.
                deciding.acquire = acquiring
                late.append(asyncio.create_task(playing.give(o.Interrupt, session)))
                await waits.wait()
            return await append(*facts, **how)

        writer.append = appending
        await playing.give(o.Interrupt, session)
        state = await attend(playing, session)
        (refused,) = await asyncio.gather(*late, return_exceptions=True)
        assert isinstance(refused, OrderRefused)
        assert [turn.status for turn in playing.of(session, e.TurnEnded)] == [
            "interrupted",
            "completed",
        ]
        check_laws(playing.runtime.fleet.reader, state)

    play(tmp_path, story)


def test_an_interrupt_accepted_just_before_a_turn_would_end_is_how_it_ends(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "busy")
        await playing.status(session, "needs_you")
        ground = playing.runtime.fleet.session(session).ground
        settled = ground.settled
        given: list[wire.Given] = []

        async def slowly() -> None:
            await settled()
            if not given:
                given.append(await playing.give(o.Interrupt, session))

        ground.settled = slowly
        state = await attend(playing, session)
        assert [turn.status for turn in playing.of(session, e.TurnEnded)] == ["interrupted"]
        assert len(given) == 1
        check_laws(playing.runtime.fleet.reader, state)

    play(tmp_path, story)


def test_of_two_clients_that_decide_only_the_first_is_heard(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "busy", mode="ask")
        await playing.status(session, "needs_you")
        other, serving = await attach_in_process(playing.runtime, "0")
        (asked,) = playing.state(session).approvals
        decide = [
            o.Decide(
                id=order_id(), session=session, approval=asked.id, allow=allow, shown=asked.binding
            )
            for allow in (True, True, True)
        ]
        givers = (playing.client, other, other)
        answers = await asyncio.gather(
            *(giver.give(order) for giver, order in zip(givers, decide, strict=True)),
            return_exceptions=True,
        )
        assert [isinstance(one, OrderRefused) for one in answers].count(True) == 2
        await playing.until(lambda: playing.of(session, e.CallStarted))
        assert len(playing.of(session, e.ApprovalDecided)) == 1
        await other.close()
        await serving

    play(tmp_path, story)


def test_words_are_not_taken_back_and_delivered_at_once(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        for _ in range(4):
            session = await playing.start(repository, "busy")
            await playing.until(lambda session=session: playing.state(session).queue)
            (message,) = playing.state(session).queue
            await playing.until(lambda session=session: playing.state(session).turn)
            try:
                await playing.give(o.Withdraw, session, message=message.id)
            except OrderRefused:
                assert not playing.of(session, e.MessageWithdrawn)
            state = await attend(playing, session)
            check_laws(playing.runtime.fleet.reader, state)

    play(tmp_path, story)


def test_an_archived_session_that_is_reopened_runs_no_command_twice(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "slow")
        await playing.until(lambda: playing.of(session, e.CallStarted))
        await playing.give(o.Archive, session)
        state = playing.state(session)
        assert (state.status, state.turn, state.calls) == ("archived", None, ())
        await playing.give(o.Reopen, session)
        await playing.give(o.Say, session, text="Go on.")
        state = await attend(playing, session)
        assert len(playing.of(session, e.CallStarted)) == 1
        assert state.last_turn == "completed"
        check_laws(playing.runtime.fleet.reader, state)

    play(tmp_path, story)


def test_a_session_archived_while_its_workspace_is_made_comes_back_and_works(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "slow")
        await playing.give(o.Archive, session)
        assert playing.state(session).archived
        await playing.give(o.Reopen, session)
        await playing.until(lambda: playing.of(session, e.CallStarted))
        await playing.give(o.Interrupt, session)
        await playing.status(session, "interrupted")

    play(tmp_path, story)


def test_a_reopened_session_takes_neither_slot_nor_name_of_another(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        first = await playing.start(repository, "busy", name="shop")
        await playing.give(o.Archive, first)
        second = await playing.start(repository, "busy", name="shop")
        await playing.give(o.Reopen, first)
        states = [playing.state(first), playing.state(second)]
        assert {state.slot for state in states} == {1, 2}
        assert len({state.name for state in states}) == 2

    play(tmp_path, story)


def test_sessions_started_at_once_have_slots_and_names_of_their_own(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        started = await asyncio.gather(
            *(playing.start(repository, "slow", name="twin") for _ in range(3))
        )
        states = [playing.state(session) for session in started]
        assert {state.slot for state in states} == {1, 2, 3}
        assert len({state.name for state in states}) == 3

    play(tmp_path, story)


def test_an_order_that_comes_twice_at_once_has_one_effect_and_one_answer(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        other, serving = await attach_in_process(playing.runtime, "0")
        order = o.Start(id=order_id(), task="Do it.", folder=str(repository), model="slow")
        given = await asyncio.gather(playing.client.give(order), other.give(order))
        again = await other.give(order)
        assert {(one.session, one.seq) for one in (*given, again)} == {
            (given[0].session, given[0].seq)
        }
        assert len(await playing.client.sessions()) == 1
        await other.close()
        await serving

    play(tmp_path, story)


def test_a_full_disk_in_the_middle_of_a_turn_runs_nothing_twice(tmp_path, monkeypatch):
    monkeypatch.setattr("steerdeck_agents.loop.site.STORAGE_RETRY_S", 0.01)
    monkeypatch.setattr("steerdeck_agents.session.STORAGE_RETRY_S", 0.01)

    async def story(playing: Scene, repository: Path) -> None:
        writer = playing.runtime.fleet.writer
        append = writer.append
        full: dict[type, int] = {}

        async def appending(*facts: e.KnownEvent, **how: object) -> object:
            """The first append of each kind finds no room, twice."""
            kind = type(facts[-1])
            if facts[0].session and facts[0].actor != "developer" and full.get(kind, 0) < 2:
                full[kind] = full.get(kind, 0) + 1
                raise JournalError("There is no room.", retryable=True)
            return await append(*facts, **how)

        writer.append = appending
        session = await playing.start(repository, "busy")
        state = await attend(playing, session)
        assert state.last_turn == "completed"
        assert {e.CallStarted, e.CallEnded, e.RequestSent, e.RequestEnded} <= full.keys()
        workspace = Path(state.workspace.path)
        assert (workspace / "ruled.txt").read_text() == "ruled\n"
        assert (workspace / "asked.txt").read_text() == "asked\n"
        check_laws(playing.runtime.fleet.reader, state)

    play(tmp_path, story)


def test_a_failure_nobody_foresaw_parks_the_session_and_hurts_no_other(tmp_path, monkeypatch):
    async def story(playing: Scene, repository: Path) -> None:
        def broken(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        with monkeypatch.context() as patch:
            patch.setattr("steerdeck_agents.loop.perform.judge", broken)
            session = await playing.start(repository, "busy")
            state = await playing.status(session, "parked")
            assert "steerdeck runtime log" in state.reason
            assert state.turn is not None
        await playing.give(o.Resume, session)
        state = await attend(playing, session)
        assert state.last_turn == "completed"
        check_laws(playing.runtime.fleet.reader, state)

    play(tmp_path, story)


def test_an_undo_and_a_running_command_exclude_each_other(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "slow")
        await playing.until(lambda: playing.of(session, e.OutputAdded))
        with pytest.raises(OrderRefused, match="being changed"):
            await playing.give(o.Undo, session)
        await playing.give(o.Interrupt, session)
        await playing.status(session, *RESTING)
        await playing.give(o.Undo, session)
        assert not Path(playing.state(session).workspace.path, "slow.txt").exists()

    play(tmp_path, story)


def test_an_undo_while_an_approval_is_open_leaves_the_approval_exact(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "busy")
        await playing.status(session, "needs_you")
        await playing.give(o.Undo, session, paths=("fresh.txt",))
        state = await attend(playing, session)
        workspace = Path(state.workspace.path)
        assert not (workspace / "fresh.txt").exists()
        assert (workspace / "asked.txt").read_text() == "asked\n"
        check_laws(playing.runtime.fleet.reader, state)

    play(tmp_path, story)


def test_a_session_that_cannot_be_loaded_is_listed_with_the_reason(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "slow")
        lost = SessionId("ses_lost")
        playing.runtime.fleet.writer.set_aside = {lost: "Its state can't be rebuilt."}
        listed = {state.id: state for state in await playing.client.sessions()}
        assert listed.keys() == {session, lost}
        assert (listed[lost].status, listed[lost].reason) == (
            "unknown",
            "Its state can't be rebuilt.",
        )
        with pytest.raises(OrderRefused, match="can't be rebuilt"):
            await playing.give(o.Say, lost, text="Hello?")
        state = await playing.client.ask(wire.StateAt(lost), type(listed[lost]))
        assert state.status == "unknown"

    play(tmp_path, story)
