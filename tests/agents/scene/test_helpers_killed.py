"""Helpers and their parents after a kill: found again, never started twice, never left behind."""

import asyncio
import os
import random
import shutil
from collections import Counter
from pathlib import Path

from kit.cutting import cut_off, put_back
from kit.lawful import attend, check_laws, facts_of
from kit.repositories import plain
from kit.scene import Scene, home_at, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import RandomIds, SessionId
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

KILLS = int(os.environ.get("STEERDECK_KILLS", "4"))


def leads(talk: Conversation) -> Reply:
    """Two helpers that read a file each; theirs are all other tasks."""
    done = sum(call.output is not None for call in talk.calls)
    if talk.task == "Hang.":
        return Reply((Say("Well"),), broken="stall", after=3)
    if talk.task.startswith("Lead") and not done:
        work = "Hang." if talk.task == "Lead to nothing." else "Read."
        asked = (Call("delegate", {"brief": work}, f"call_{name}") for name in ("one", "two"))
        return Reply(tuple(asked))
    if not done:
        return Reply((Call("read_file", {"path": "readme.md"}),))
    return Reply((Say("Done.", final=True),))


async def recorded(home: Path, repository: Path) -> list[int]:
    """A family that came to its end, and where its journal can be cut."""
    cuts: list[int] = []
    async with scene(home, {"m": leads}) as playing:
        append = playing.runtime.fleet.writer.append

        async def appending(*facts: e.KnownEvent, **how: object) -> object:
            kept = await append(*facts, **how)
            if facts[0].session:
                cuts.append(kept[-1].seq)
            return kept

        playing.runtime.fleet.writer.append = appending
        parent = await playing.start(repository, "m", task="Lead.")
        await attend(playing, parent)
        await playing.until(lambda: playing.of(parent, e.TurnEnded))
        (ended,) = playing.of(parent, e.TurnEnded)
        asked = min(fact.seq for fact in playing.of(parent, e.CallRequested))
    return sorted(cut for cut in cuts if asked < cut <= ended.seq)


async def gone_on(home: Path, kept: Path, seq: int) -> None:
    put_back(kept, home)
    where = home_at(home, {}, {})
    cut_off(where.journal, seq)
    async with scene(home, {"m": leads}, ids=RandomIds()) as playing:
        parent = SessionId("ses_0001")
        state = await attend(playing, parent)
        assert state.last_turn == "completed"
        reader = JournalReader(where.journal)
        facts = facts_of(reader, parent)
        begun = Counter(fact.call for fact in facts if isinstance(fact, e.HelperStarted))
        assert begun == {"call_one": 1, "call_two": 1}, f"after a cut at {seq}"
        assert not any(isinstance(fact, e.CallLost) for fact in facts)
        ends = [fact for fact in facts if isinstance(fact, e.CallEnded)]
        assert [fact.status for fact in ends] == ["done", "done"]
        states = playing.runtime.fleet.states()
        assert len(states) == 3
        for one in states:
            check_laws(reader, one, chain=False)


def test_killed_anywhere_a_family_goes_on_and_no_helper_is_started_twice(tmp_path):
    repository = plain(tmp_path / "repository").resolve()
    cuts = asyncio.run(recorded(tmp_path / "home", repository))
    assert len(cuts) > 20
    kept = shutil.copytree(tmp_path / "home", tmp_path / "kept", symlinks=True)
    for seq in random.Random(7).sample(cuts, min(KILLS, len(cuts))):
        asyncio.run(gone_on(tmp_path / "home", kept, seq))


async def waiting(playing: Scene, repository: Path) -> tuple[SessionId, list[SessionId]]:
    """A parent whose two helpers never come to an end."""
    parent = await playing.start(repository, "m", task="Lead to nothing.")
    await playing.until(lambda: len(playing.runtime.fleet.states()) == 3)
    both = [state.id for state in playing.runtime.fleet.states() if state.parent]
    await playing.until(lambda: all(playing.of(one, e.RequestSent) for one in both))
    return parent, both


def test_an_interrupt_accepted_before_a_kill_reaches_the_helpers_after_it(tmp_path):
    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": leads}) as playing:
            parent, both = await waiting(playing, repository)
            # The loop is gone, as after a kill; the order still arrives.
            await playing.runtime.fleet.session(parent).close()
            await playing.give(o.Interrupt, parent)
            assert playing.state(both[0]).status == "working"
        async with scene(tmp_path / "home", {"m": leads}, ids=RandomIds()) as playing:
            for one in (parent, *both):
                await playing.status(one, "interrupted")

    asyncio.run(story())


def test_helpers_left_behind_by_a_kill_follow_their_archived_parent_once(tmp_path, monkeypatch):
    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        with monkeypatch.context() as killed:
            killed.setattr("steerdeck_agents.fleet.Fleet._follow", lambda *_: None)
            async with scene(tmp_path / "home", {"m": leads}) as playing:
                parent, both = await waiting(playing, repository)
                await playing.give(o.Archive, parent)
                assert not any(playing.state(one).archived for one in both)
        async with scene(tmp_path / "home", {"m": leads}, ids=RandomIds()) as playing:
            for one in both:
                await playing.status(one, "archived")
            await playing.give(o.Reopen, both[0])
        async with scene(tmp_path / "home", {"m": leads}, ids=RandomIds()) as playing:
            assert not playing.state(both[0]).archived, "the developer wants it"
            assert playing.state(both[1]).archived == "stopped"

    asyncio.run(story())
