"""Sessions that wait with a reason: a key is missing, a budget is spent, a workspace is gone."""

import asyncio
import shutil
from pathlib import Path

import pytest

from kit.repositories import plain, without_commits
from kit.scene import SURROUNDINGS, order_id, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import JournalAway, OrderRefused
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.models.scripted import Conversation, Reply, Say
from steerdeck_agents.models.scripted_server import serve
from steerdeck_agents.runtime import wire


def echo(talk: Conversation) -> Reply:
    return Reply((Say(f"You said: {talk.said[-1]}", final=True),))


def test_a_session_whose_key_is_gone_waits_and_goes_on_when_it_is_brought(tmp_path: Path):
    async def story() -> None:
        server = await serve({"m": echo}, pace=0, key="sk-real")
        repository = plain(tmp_path / "repository")
        keys = {"OPENAI_API_KEY": "sk-real", "OPENAI_BASE_URL": server.url}
        async with scene(tmp_path / "home", {}) as playing:
            given = await playing.client.give(
                o.Start(
                    id=order_id(),
                    task="Hello.",
                    folder=str(repository),
                    surroundings=SURROUNDINGS,
                    keys=keys,
                )
            )
            session = given.session
            state = await playing.status(session, "idle")
            assert state.model == "m"
            assert state.limits.dollars == 2.0, (
                "the first session on a new key has a default budget"
            )
            alive = playing.runtime.fleet.session(session)
            alive.place.keys.clear()
            alive.forget_model()
            await playing.give(o.Say, session, text="Still there?")
            state = await playing.status(session, "parked")
            assert "OPENAI" in state.reason
            await playing.give(o.Resume, session, keys=keys)
            await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
            alive.place.keys.clear()
            alive.forget_model()
            await playing.give(o.Say, session, text="Words that bring it.", keys=keys)
            await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 3)
            assert not playing.state(session).parked
            facts = playing.paths.journal.read_bytes()
            wal = playing.paths.journal.with_name("journal.db-wal")
            assert b"sk-real" not in facts + (wal.read_bytes() if wal.exists() else b"")
        await server.close()

    asyncio.run(story())


def test_a_spent_budget_parks_the_session_until_it_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def priced(model: str, usage: Usage, base_url: str, own: object) -> Usage:
        return Usage(input=usage.input, output=usage.output, dollars=0.6, priced=True)

    monkeypatch.setattr("steerdeck_agents.place.price", priced)

    async def story() -> None:
        repository = plain(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": echo}) as playing:
            session = await playing.start(repository, "m", limits=Limits(dollars=0.5))
            await playing.status(session, "idle")
            await playing.give(o.Say, session, text="More.")
            state = await playing.status(session, "parked")
            assert "$0.50" in state.reason
            assert len(playing.of(session, e.RequestSent)) == 1
            await playing.give(o.Configure, session, limits=Limits(dollars=5.0))
            await playing.give(o.Resume, session)
            await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)

    asyncio.run(story())


def test_a_lost_workspace_parks_the_session_and_hurts_no_other(tmp_path: Path):
    async def story() -> None:
        repository = plain(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": echo}) as playing:
            lost = await playing.start(repository, "m")
            other = await playing.start(repository, "m")
            for session in (lost, other):
                await playing.status(session, "idle")
            shutil.rmtree(playing.state(lost).workspace.path)
            playing.runtime.fleet.session(lost).forget_model()
            await playing.give(o.Say, lost, text="Hello?")
            await playing.give(o.Say, other, text="Hello?")
            state = await playing.status(lost, "parked")
            assert "is gone" in state.reason
            await playing.until(lambda: len(playing.of(other, e.TurnEnded)) == 2)

    asyncio.run(story())


def test_a_start_that_comes_to_nothing_uses_up_no_default_budget(tmp_path: Path):
    async def story() -> None:
        repository = plain(tmp_path / "repository")
        keys = {"OPENAI_API_KEY": "sk-new", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
        async with scene(tmp_path / "home", {}) as playing:

            async def started() -> tuple[SessionId, int]:
                order = o.Start(
                    id=order_id(),
                    task="Hello.",
                    folder=str(repository),
                    model="any",
                    surroundings=SURROUNDINGS,
                    keys=keys,
                )
                return await playing.runtime.fleet.start_session(order)

            away = playing.paths.data.rename(tmp_path / "away")
            with pytest.raises(JournalAway):
                await started()
            away.rename(playing.paths.data)
            for budget in (2.0, None):
                session, _ = await started()
                assert playing.state(session).limits.dollars == budget

    asyncio.run(story())


def test_what_cannot_start_is_a_sentence_and_makes_no_session(tmp_path: Path):
    async def story() -> None:
        repository = plain(tmp_path / "repository")
        empty = without_commits(tmp_path / "empty")
        async with scene(tmp_path / "home", {"m": echo}) as playing:
            for folder, model, task, reason in (
                (tmp_path, "m", "Do it.", "not in a git repository"),
                (empty, "m", "Do it.", "no commit"),
                (repository, "m", "  ", "needs a task"),
            ):
                with pytest.raises(OrderRefused, match=reason):
                    await playing.start(folder, model, task=task)
            with pytest.raises(OrderRefused, match="nowhere"):
                await playing.start(repository, "m", base="nowhere")
            assert await playing.client.sessions() == []

    asyncio.run(story())


def test_without_key_or_server_one_sentence_offers_the_demo(tmp_path: Path):
    async def story() -> None:
        repository = plain(tmp_path / "repository")
        async with scene(tmp_path / "home", {}) as playing:
            with pytest.raises(OrderRefused, match="steerdeck demo"):
                await playing.start(repository, "")
            outlook = await playing.client.ask(wire.Look(str(repository)), wire.Outlook)
            assert "steerdeck demo" in outlook.model_problem
            assert outlook.branch == "main"

    asyncio.run(story())


def test_what_stands_in_the_way_of_a_workspace_or_in_the_spool_is_said_or_left_alone(
    tmp_path: Path,
):
    odd = tmp_path / "home" / "data" / "spool" / "a folder of somebody"
    odd.mkdir(parents=True)

    async def story() -> None:
        repository = plain(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": echo}) as playing:
            playing.paths.workspaces.rmdir()
            playing.paths.workspaces.write_text("in the way")
            session = await playing.start(repository, "m", "One.")
            state = await playing.status(session, "parked")
            assert state.reason.startswith("Its workspace can't be made ready:")
            assert str(playing.paths.workspaces) in state.reason
            playing.paths.workspaces.unlink()
            await playing.give(o.Resume, session)
            await playing.status(session, "idle")

    asyncio.run(story())
    assert odd.is_dir()
