"""Workspaces and repositories that somebody took away: told as such, and made once more."""

import asyncio
import shutil
from pathlib import Path

import pytest

from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

WRITE = "echo kept > kept.txt && rm src/shop.py"
READ = "cat kept.txt > read.txt"


def at_it(talk: Conversation) -> Reply:
    """Writes, asks, and works on what was written."""
    steps = (
        Call("shell", {"command": WRITE, "why": "Begin."}),
        Call("ask", {"question": "Go on?"}),
        Call("shell", {"command": READ, "why": "End."}),
    )
    done = sum(call.output is not None for call in talk.calls)
    return Reply((steps[done],) if done < len(steps) else (Say("Done.", final=True),))


async def _asked(playing: Scene, repository: Path) -> tuple[SessionId, Path]:
    """A session that has written and asks; where it works."""
    session = await playing.start(repository, "m")
    await playing.status(session, "asks")
    await playing.runtime.fleet.session(session).ground.settled()
    return session, Path(playing.state(session).workspace.path)


def _holds(place: Path) -> bool:
    return (place / "kept.txt").read_text() == "kept\n" and not (place / "src/shop.py").exists()


def test_a_workspace_taken_away_in_a_turn_is_made_again_from_the_journal(tmp_path: Path):
    async def story() -> None:
        repository = plain(tmp_path / "repository")
        allowed = {WRITE: repository, READ: repository}
        async with scene(tmp_path / "home", {"m": at_it}, allowed=allowed) as playing:
            session, place = await _asked(playing, repository)
            shutil.rmtree(place)
            (asked,) = playing.state(session).questions
            await playing.give(o.Answer, session, question=asked.id, text="Yes.")
            state = await playing.status(session, "parked")
            assert state.reason == f"Its workspace {place} is gone."
            assert not place.exists(), "nobody has said yet that it is to be made again"
            await playing.give(o.Resume, session)
            await playing.status(session, "done")
            assert _holds(place) and (place / "read.txt").read_text() == "kept\n"
            said = [fact.text for fact in playing.of(session, e.Noticed)]
            assert any("as its last checkpoint has it (2 files)" in text for text in said), said
            assert len(playing.of(session, e.CallStarted)) == 2, "no call ran twice"

            # One that was put away and cleaned up can be reopened, too.
            await playing.give(o.Archive, session)
            shutil.rmtree(place)
            await playing.give(o.Reopen, session)
            await playing.until(lambda: len(playing.of(session, e.WorkspaceFurnished)) == 3)
            assert _holds(place)

    asyncio.run(story())


def test_a_repository_that_was_moved_is_not_called_detached(tmp_path: Path):
    async def story() -> None:
        repository = plain(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": at_it}, allowed={WRITE: repository}) as playing:
            session, _ = await _asked(playing, repository)
            await playing.give(o.Interrupt, session)
            await playing.status(session, "interrupted")
            repository.rename(tmp_path / "elsewhere")
            with pytest.raises(OrderRefused, match="repository is not there any more; put it"):
                await playing.give(o.Land, session, how="merge")
            repository.symlink_to(tmp_path / "elsewhere")
            await playing.give(o.Land, session, how="merge")
            assert (tmp_path / "elsewhere/kept.txt").exists()

    asyncio.run(story())
