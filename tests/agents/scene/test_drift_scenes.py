"""Detectors at work in a session: said with evidence, paused where it is bad, never said twice."""

import asyncio
from pathlib import Path

from kit.repositories import plain
from kit.scene import scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say


def test_an_agent_that_repeats_itself_is_warned_of_and_then_paused(tmp_path: Path):
    def script(talk: Conversation) -> Reply:
        if len(talk.calls) >= 7:
            return Reply((Say("I give up.", final=True),))
        number = len(talk.calls)
        return Reply((Call("read_file", {"path": "readme.md"}, f"call_{talk.salt}_{number}"),))

    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": script}) as playing:
            session = await playing.start(repository, "m")
            state = await playing.status(session, "parked")
            found = [x for x in playing.of(session, e.DriftFound) if isinstance(x, e.DriftFound)]
            assert [x.drift.pauses for x in found] == [False, True]
            assert state.reason == found[-1].drift.text
            assert len(state.drifts) == 2 and found[-1].drift.events
            await playing.give(o.Resume, session)
            state = await playing.status(session, "idle")
            assert len(playing.of(session, e.SessionParked)) == 1

    asyncio.run(run())


def test_three_calls_in_a_row_that_can_not_be_read_pause_the_agent(tmp_path: Path):
    def script(talk: Conversation) -> Reply:
        number = len(talk.calls)
        if number >= 4:
            return Reply((Say("I give up.", final=True),))
        return Reply((Call("read_file", {"pth": f"{number}"}, f"call_{talk.salt}_{number}"),))

    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": script}) as playing:
            session = await playing.start(repository, "m")
            state = await playing.status(session, "parked")
            assert "3 calls in a row" in state.reason and len(state.drifts[0].events) == 3
            await playing.give(o.Resume, session)
            await playing.status(session, "idle")

    asyncio.run(run())
