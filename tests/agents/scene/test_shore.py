"""What is done with the work: undo, landing, archive, discard and their undoing."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.repositories import fingerprint, plain, run
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import JournalError, OrderRefused
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime import wire

PATCH = "*** Begin Patch\n*** Add File: fresh.txt\n+new\n*** End Patch\n"
CHANGE = "echo changed >> fresh.txt; echo more > second.txt"


def writes(talk: Conversation) -> Reply:
    """Adds a file by a patch, then changes it and adds another with a command."""
    done = sum(call.output is not None for call in talk.calls)
    if done == 0:
        return Reply((Call("apply_patch", {"patch": PATCH}),))
    if done == 1:
        return Reply((Call("shell", {"command": CHANGE, "why": "More."}),))
    return Reply((Say("Written.", final=True),))


def play(tmp_path: Path, story: Callable[[Scene, Path, SessionId], Awaitable[None]]) -> None:
    repository = plain(tmp_path / "repository").resolve()

    async def run_it() -> None:
        async with scene(tmp_path / "home", {"m": writes}, allowed={CHANGE: repository}) as playing:
            session = await playing.start(repository, "m")
            await playing.status(session, "done")
            await story(playing, repository, session)

    asyncio.run(run_it())


def place(playing: Scene, session: SessionId) -> Path:
    return Path(playing.state(session).workspace.path)


def test_effects_of_commands_show_as_changes_like_patches_do(tmp_path):
    async def story(playing: Scene, repository: Path, session: SessionId) -> None:
        assert [f.path for f in playing.state(session).files] == ["fresh.txt", "second.txt"]
        text = await playing.client.ask(wire.Diff(session), str)
        assert "+changed" in text
        assert "+more" in text

    play(tmp_path, story)


def test_one_file_is_undone_and_the_undo_is_undone(tmp_path):
    async def story(playing: Scene, repository: Path, session: SessionId) -> None:
        fresh = place(playing, session) / "fresh.txt"
        await playing.give(o.Undo, session, paths=("fresh.txt",))
        assert fresh.read_text() == "new\n"
        assert (place(playing, session) / "second.txt").exists()
        (undone,) = playing.of(session, e.FilesRestored)
        await playing.give(o.Undo, session, checkpoint=undone.undone_by, paths=("fresh.txt",))
        assert fresh.read_text() == "new\nchanged\n"

    play(tmp_path, story)


def test_an_undo_that_put_nothing_back_is_refused_and_is_not_under_way_any_more(tmp_path):
    async def story(playing: Scene, repository: Path, session: SessionId) -> None:
        append = playing.runtime.fleet.writer.append
        fresh = place(playing, session) / "fresh.txt"

        async def appending(*facts: e.KnownEvent, **how: object) -> object:
            kept = await append(*facts, **how)
            if isinstance(facts[0], e.RestoreStarted):
                # What stands in the way comes between the look and the write.
                fresh.unlink()
                (fresh / "folder").mkdir(parents=True)
            return kept

        playing.runtime.fleet.writer.append = appending
        with pytest.raises(OrderRefused, match="is a folder"):
            await playing.give(o.Undo, session, paths=("fresh.txt",))
        await playing.until(lambda: playing.of(session, e.RestoreFailed))
        assert playing.state(session).restoring is None
        assert not playing.of(session, e.FilesRestored)

    play(tmp_path, story)


@pytest.mark.parametrize("kind", [e.FilesRestored, e.WorkLanded])
def test_on_a_full_disk_the_end_of_an_undo_or_a_landing_waits(tmp_path, monkeypatch, kind):
    monkeypatch.setattr("steerdeck_agents.loop.site.STORAGE_RETRY_S", 0.01)

    async def story(playing: Scene, repository: Path, session: SessionId) -> None:
        append, refused = playing.runtime.fleet.writer.append, []

        async def appending(*facts: e.KnownEvent, **how: object) -> object:
            if isinstance(facts[0], kind) and len(refused) < 2:
                refused.append(facts[0])
                raise JournalError("The disk is full; make room.", retryable=True)
            return await append(*facts, **how)

        playing.runtime.fleet.writer.append = appending
        if kind is e.WorkLanded:
            await playing.give(o.Land, session, how="merge")
        else:
            await playing.give(o.Undo, session)
        await playing.until(lambda: playing.of(session, kind))
        state = playing.state(session)
        assert len(refused) == 2 and state.landing is None and state.restoring is None

    play(tmp_path, story)


def test_the_model_is_told_what_was_undone(tmp_path):
    async def story(playing: Scene, repository: Path, session: SessionId) -> None:
        await playing.give(o.Undo, session, paths=("fresh.txt",))
        await playing.give(o.Say, session, text="Go on.")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        lines = await playing.client.ask(wire.Prompt(session), list[wire.PromptLine])
        (told,) = [line for line in lines if line.origin == "world.undone"]
        assert "fresh.txt" in told.text

    play(tmp_path, story)


def test_files_as_they_were_at_a_moment_of_the_past(tmp_path):
    async def story(playing: Scene, repository: Path, session: SessionId) -> None:
        patched, command = playing.of(session, e.CallEnded)
        then = await playing.client.ask(wire.FilesAt(session, patched.seq), str)
        now = await playing.client.ask(wire.FilesAt(session, command.seq), str)
        assert ("+new" in then, "+changed" in then) == (True, False)
        assert "+changed" in now

    play(tmp_path, story)


def test_landing_touches_the_repository_only_on_order(tmp_path):
    async def story(playing: Scene, repository: Path, session: SessionId) -> None:
        before = fingerprint(repository)
        patch = tmp_path / "work.patch"
        await playing.give(o.Land, session, how="patch", path=str(patch))
        assert fingerprint(repository) == before
        assert "fresh.txt" in patch.read_text()
        await playing.give(o.Land, session, how="merge")
        assert (repository / "fresh.txt").read_text() == "new\nchanged\n"
        assert run(repository, "status", "--porcelain") == ""
        assert playing.state(session).landed

    play(tmp_path, story)


def test_a_landing_that_conflicts_changes_nothing_and_says_where(tmp_path):
    async def story(playing: Scene, repository: Path, session: SessionId) -> None:
        (repository / "fresh.txt").write_text("mine\n")
        before = fingerprint(repository)
        with pytest.raises(OrderRefused, match=r"fresh\.txt"):
            await playing.give(o.Land, session, how="merge")
        assert fingerprint(repository) == before
        assert playing.of(session, e.LandingFailed)

    play(tmp_path, story)


def test_a_discarded_session_comes_back_whole(tmp_path):
    async def story(playing: Scene, repository: Path, session: SessionId) -> None:
        folder = place(playing, session)
        await playing.give(o.Archive, session, discard=True)
        assert not folder.exists()
        assert playing.state(session).status == "archived"
        with pytest.raises(OrderRefused, match="reopen"):
            await playing.give(o.Say, session, text="Hello?")
        await playing.give(o.Reopen, session)
        assert (folder / "fresh.txt").read_text() == "new\nchanged\n"
        await playing.give(o.Say, session, text="Hello again.")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)

    play(tmp_path, story)


def test_a_session_is_not_reopened_while_its_workspace_is_on_its_way_out(tmp_path):
    async def story(playing: Scene, repository: Path, session: SessionId) -> None:
        await playing.give(o.Archive, session, discard=True)
        hands = playing.runtime.fleet.session(session).ground.hands
        async with hands:
            reopening = asyncio.create_task(playing.give(o.Reopen, session))
            for _ in range(5):
                await playing.client.ask(wire.FilesAt(session, 1), str)
            assert not reopening.done()
            assert playing.state(session).archived
        await reopening
        assert place(playing, session).is_dir()

    play(tmp_path, story)
