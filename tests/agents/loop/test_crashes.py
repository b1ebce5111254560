"""A kill between any two appends of a session leaves something that goes on by the laws.

One session is recorded, its journal is cut off after each append its runtime made, and each cut is
loaded as the next runtime would load it. Some are then run to their end.
"""

import asyncio
import shutil
from pathlib import Path

from kit.cutting import cut_off, put_back
from kit.lawful import attend, check_laws, check_messages, facts_of
from kit.repositories import plain
from kit.scene import Scene, home_at, order_id, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import RandomIds, SessionId
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.loop import recover
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.settings.paths import Paths

RULED = "echo ruled >> ruled.txt"
ASKED = "echo asked >> asked.txt"
PATCH = "*** Begin Patch\n*** Add File: fresh.txt\n+new\n*** End Patch\n"


def busy(talk: Conversation) -> Reply:
    """Reads side by side with a patch, then commands and a question, then words."""
    done = sum(call.output is not None for call in talk.calls)
    if done == 0:
        reads = [Call("read_file", {"path": "readme.md"}), Call("list_files", {})]
        return Reply((Say("I look."), *reads, Call("apply_patch", {"patch": PATCH})))
    if done < 6:
        commands = [Call("shell", {"command": c, "why": "So."}) for c in (RULED, ASKED)]
        return Reply((*commands, Call("ask", {"question": "Really?"})))
    return Reply((Say("Done.", final=True),))


class Recorded:
    """A session that worked, the places where it can be cut, and its home."""

    def __init__(self, where: Paths, repository: Path) -> None:
        self.where = where
        self.repository = repository
        self.session = SessionId("")
        self.cuts: list[int] = []

    async def record(self) -> None:
        allowed = {RULED: self.repository}
        home = self.where.data.parent
        async with scene(home, {"m": busy}, allowed=allowed) as playing:
            self._listen(playing)
            self.session = await playing.start(self.repository, "m")
            await playing.status(self.session, "needs_you")
            await playing.give(o.Say, self.session, text="And this.", delivery="queue")
            await attend(playing, self.session)
        facts = facts_of(JournalReader(self.where.journal), self.session)
        last = max(fact.seq for fact in facts if isinstance(fact, e.TurnEnded))
        self.cuts = sorted({cut for cut in self.cuts if cut <= last})

    def _listen(self, playing: Scene) -> None:
        append = playing.runtime.fleet.writer.append

        async def appending(*facts: e.KnownEvent, **how: object) -> object:
            kept = await append(*facts, **how)
            if facts[0].session:
                self.cuts.append(kept[-1].seq)
            return kept

        playing.runtime.fleet.writer.append = appending

    def cut(self, seq: int, journal: Path) -> SessionState:
        """A copy of the journal as a kill right after that append leaves it."""
        shutil.copy(self.where.journal, journal)
        cut_off(journal, seq)
        return fold(facts_of(JournalReader(journal), self.session))


def test_every_cut_of_a_session_loads_into_a_next_step_that_keeps_the_laws(tmp_path):
    where = home_at(tmp_path / "home", {}, {})
    recorded = Recorded(where, plain(tmp_path / "repository").resolve())
    asyncio.run(recorded.record())
    assert len(recorded.cuts) > 20
    for seq in recorded.cuts:
        journal = tmp_path / f"cut-{seq}.db"
        state = recorded.cut(seq, journal)
        check_cut(JournalReader(journal), state)


def check_cut(reader: JournalReader, before: SessionState) -> None:
    facts = facts_of(reader, before.id)
    closing = recover.after_crash(before)
    state = fold(closing, before)
    prompt = recover.load_prompt(reader, state)
    results = recover.load_results(reader, state, prompt)
    assert len(prompt) == state.prompt_items
    check_messages(reader, state, facts)
    open_calls = {call.id for call in state.calls}
    owed = [call.id for call in prompt.unanswered()]
    assert set(owed) == open_calls | results.keys(), "a call with neither a result nor a future"
    assert not open_calls & results.keys()
    began = {fact.call for fact in facts if isinstance(fact, e.CallStarted)}
    for call in state.calls:
        assert call.unknown == (call.id in began), "what had begun must not begin again"
    assert [a.id for a in state.approvals] == [a.id for a in before.approvals]
    assert [q.id for q in state.questions] == [q.id for q in before.questions]
    if state.turn is not None:
        assert state.turn.request is None
    assert not [item for item in state.items if item.kind != "arguments"]
    assert recover.left_open(state, "again") == [], "a second crash has nothing more to close"


def test_a_call_the_journal_knows_only_from_the_prompt_still_gets_its_one_result(tmp_path):
    where = home_at(tmp_path / "home", {}, {})
    recorded = Recorded(where, plain(tmp_path / "repository").resolve())
    asyncio.run(recorded.record())
    facts = facts_of(JournalReader(where.journal), recorded.session)
    asked = [fact for fact in facts if isinstance(fact, e.CallRequested)]
    # No append ends here: a fork may, or a journal that was repaired.
    seq = asked[0].seq - 1
    state = recorded.cut(seq, tmp_path / "cut.db")
    reader = JournalReader(tmp_path / "cut.db")
    prompt = recover.load_prompt(reader, state)
    results = recover.load_results(reader, state, prompt)
    assert len(prompt.outputs_owed(results)) == 3
    assert all("never ran" in text for text in results.values())


def test_sessions_cut_off_anywhere_go_on_to_their_end(tmp_path):
    where = home_at(tmp_path / "home", {}, {})
    recorded = Recorded(where, plain(tmp_path / "repository").resolve())
    asyncio.run(recorded.record())
    kept = shutil.copytree(tmp_path / "home", tmp_path / "kept", symlinks=True)
    for seq in recorded.cuts[::4]:
        put_back(kept, tmp_path / "home")
        cut_off(where.journal, seq)
        asyncio.run(go_on(recorded))


async def go_on(recorded: Recorded) -> None:
    """Bring a cut journal back, and let its session come to rest."""
    where = recorded.where
    home = where.data.parent
    allowed = {RULED: recorded.repository}
    async with scene(home, {"m": busy}, allowed=allowed, ids=RandomIds()) as playing:
        state = await attend(playing, recorded.session)
        assert state.last_turn == "completed"
        await playing.give(o.Say, recorded.session, text="Once more.")
        state = await attend(playing, recorded.session)
        assert state.last_turn == "completed"
        reader = JournalReader(where.journal)
        facts = facts_of(reader, recorded.session)
        check_laws(reader, state, chain=False)
        lost = {fact.call for fact in facts if isinstance(fact, e.CallLost)}
        started = [fact.call for fact in facts if isinstance(fact, e.CallStarted)]
        assert lost <= set(started)


def test_an_interrupt_accepted_before_a_kill_holds_after_it(tmp_path):
    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        home = tmp_path / "home"
        async with scene(home, {"m": busy}) as playing:
            session = await playing.start(repository, "m", mode="ask")
            await playing.status(session, "needs_you")
            alive = playing.runtime.fleet.session(session)
            await alive.close()  # the loop is gone, as after a kill; the order still arrives
            await playing.give(o.Interrupt, session)
        async with scene(home, {"m": busy}, ids=RandomIds()) as playing:
            state = await playing.status(session, "interrupted")
            assert not state.approvals
            check_laws(playing.runtime.fleet.reader, state)

    asyncio.run(story())


def test_a_workspace_half_made_by_a_killed_runtime_is_made_anew(tmp_path):
    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": busy}) as playing:
            session = SessionId("ses_0001")
            left = playing.paths.workspaces / session
            (left / ".git").mkdir(parents=True)
            (left / "half").write_text("made")
            assert await playing.start(repository, "m") == session
            await playing.status(session, "needs_you")
            assert not (left / "half").exists()

    asyncio.run(story())


def test_a_parked_session_stays_parked_after_a_restart():
    turn = e.TurnStarted(session=SessionId("s"))
    parked = e.SessionParked(session=SessionId("s"), reason="Its budget is spent.")
    state = fold([turn, parked])
    assert fold(recover.after_crash(state), state).parked


def test_an_order_repeated_after_a_restart_gets_the_same_answer(tmp_path):
    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        order = o.Start(id=order_id(), task="Do it.", folder=str(repository), model="m")
        async with scene(tmp_path / "home", {"m": busy}) as playing:
            first = await playing.client.give(order)
        async with scene(tmp_path / "home", {"m": busy}) as playing:
            again = await playing.client.give(order)
            assert (again.session, again.seq) == (first.session, first.seq)
            assert len(await playing.client.sessions()) == 1

    asyncio.run(story())


def test_large_outputs_leave_nothing_in_the_spool(tmp_path):
    big = "head -c 400000 /dev/zero | tr '\\0' x"

    def script(talk: Conversation) -> Reply:
        if talk.calls:
            return Reply((Say("Done.", final=True),))
        return Reply((Call("shell", {"command": big, "why": "So."}),))

    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        where = home_at(tmp_path / "home", {}, {})
        where.spool.mkdir(parents=True)
        (where.spool / "left").write_text("of a killed runtime")
        async with scene(tmp_path / "home", {"m": script}, allowed={big: repository}) as playing:
            session = await playing.start(repository, "m")
            await attend(playing, session)
            (ended,) = playing.of(session, e.CallEnded)
            kept = playing.runtime.fleet.reader.blob(ended.output)
            assert len(kept) == 400_000
            assert list(playing.paths.spool.iterdir()) == []

    asyncio.run(story())
