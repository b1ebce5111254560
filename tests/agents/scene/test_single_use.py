"""An approval is for one call, once."""

import asyncio
from pathlib import Path

import pytest

from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import JournalError, OrderRefused
from steerdeck_agents.facts.ids import RandomIds
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

COMMAND = "echo ran >> ran.txt"


def twice(talk: Conversation) -> Reply:
    """The very same command, two times in one reply."""
    if any(call.output is not None for call in talk.calls):
        return Reply((Say("Done.", final=True),))
    call = Call("shell", {"command": COMMAND, "why": "So."})
    return Reply((call, call))


def test_the_same_command_twice_is_asked_for_twice(tmp_path: Path):
    repository = plain(tmp_path / "repository")

    async def live() -> None:
        async with scene(tmp_path / "home", {"m": twice}, ids=RandomIds()) as playing:
            session = await playing.start(repository, "m", mode="ask")
            state = await playing.status(session, "needs_you")
            (first,) = state.approvals
            await playing.decide(session, allow=True)
            await playing.until(
                lambda: any(a.id != first.id for a in playing.state(session).approvals)
            )
            with pytest.raises(OrderRefused):
                await playing.give(
                    o.Decide, session, approval=first.id, allow=True, shown=first.binding
                )
            await playing.decide(session, allow=False)
            await playing.status(session, "done", "idle")
            ran = Path(playing.state(session).workspace.path) / "ran.txt"
            assert ran.read_text() == "ran\n"

    asyncio.run(live())


def hang_up(playing: Scene) -> None:
    """Let the runtime break off right after a call's intent was kept."""
    append = playing.runtime.fleet.writer.append

    async def appending(*facts: e.KnownEvent, **how: object) -> object:
        kept = await append(*facts, **how)
        if any(isinstance(fact, e.CallStarted) for fact in facts):
            raise JournalError("cut off")
        return kept

    playing.runtime.fleet.writer.append = appending


def test_an_approval_is_used_up_by_a_crash(tmp_path: Path):
    repository = plain(tmp_path / "repository")

    async def first() -> tuple[object, e.Event]:
        async with scene(tmp_path / "home", {"m": twice}, ids=RandomIds()) as playing:
            session = await playing.start(repository, "m", mode="ask")
            state = await playing.status(session, "needs_you")
            hang_up(playing)
            await playing.decide(session, allow=True)
            await playing.until(lambda: playing.of(session, e.CallStarted))
            return session, state.approvals[0]

    async def second(session, used) -> None:
        async with scene(tmp_path / "home", {"m": twice}, ids=RandomIds()) as playing:
            state = playing.state(session)
            assert used.call in [call.id for call in state.calls if call.unknown]
            with pytest.raises(OrderRefused):
                await playing.give(
                    o.Decide, session, approval=used.id, allow=True, shown=used.binding
                )
            await playing.give(o.Resolve, session, call=used.call, verdict="failed")
            await playing.give(o.Resume, session)
            await playing.status(session, "needs_you")
            assert used.id not in [a.id for a in playing.state(session).approvals]
            assert not (Path(state.workspace.path) / "ran.txt").exists()

    asyncio.run(second(*asyncio.run(first())))
