"""What comes while a workspace is being made."""

import asyncio
from pathlib import Path

from kit.repositories import plain
from kit.scene import scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.models.scripted import Conversation, Reply, Say
from steerdeck_agents.place import Place


def echo(talk: Conversation) -> Reply:
    return Reply((Say("Done.", final=True),))


def test_one_that_was_stopped_and_resumed_while_its_workspace_is_made_has_one_before_it_works(
    tmp_path: Path, monkeypatch
):
    making = Place._make_workspace

    async def run() -> None:
        begun, let_go = asyncio.Event(), asyncio.Event()

        async def broken_off_slowly(place: Place) -> None:
            if begun.is_set():
                await making(place)
                return
            begun.set()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                await let_go.wait()

        monkeypatch.setattr(Place, "_make_workspace", broken_off_slowly)
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": echo}) as playing:
            session = await playing.start(repository, "m")
            await begun.wait()
            await playing.give(o.Interrupt, session)
            await playing.give(o.Resume, session)
            let_go.set()
            await playing.until(lambda: playing.of(session, e.TurnEnded))
            facts = [type(fact) for fact in playing.of(session)]
            assert facts.index(e.WorkspaceMade) < facts.index(e.CheckpointTaken)
            assert facts.index(e.CheckpointTaken) < facts.index(e.TurnStarted)
            assert playing.state(session).last_turn == "completed"

    asyncio.run(run())
