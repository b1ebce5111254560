"""A home that was copied, restored or moved: it never works in the clones of another one."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import RandomIds, SessionId
from steerdeck_agents.journal.backup import back_up
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

CHANGE = "echo one >> count.txt; echo three >> readme.md"
WRITTEN = ".steerdeck-0123456789abcdef"
"""As a file is called while it is being written."""


def stalls(talk: Conversation) -> Reply:
    """Changes files, then falls silent in the middle of an answer."""
    if any(call.output is not None for call in talk.calls):
        return Reply((Say("I think"),), broken="stall", after=3)
    return Reply((Call("shell", {"command": CHANGE, "why": "So."}),))


class Copy:
    """What the model of another home is asked, and its answers: once more the same, then words."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, talk: Conversation) -> Reply:
        self.asked += 1
        if self.asked == 1:
            return Reply((Call("shell", {"command": CHANGE, "why": "So."}),))
        return Reply((Say("Done.", final=True),))


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file outside git's own folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


@asynccontextmanager
async def at_work(tmp_path: Path) -> AsyncIterator[tuple[Scene, SessionId, Path, Path]]:
    """A runtime with a turn open in a request, words that wait, and a file half written."""
    repository = plain(tmp_path / "repository").resolve()
    rules = {CHANGE: repository}
    async with scene(tmp_path / "home", {"m": stalls}, allowed=rules, ids=RandomIds()) as playing:
        session = await playing.start(repository, "m")
        await playing.until(lambda: len(playing.of(session, e.RequestSent)) == 2)
        await playing.give(o.Say, session, text="And this.", delivery="queue")
        place = Path(playing.state(session).workspace.path)
        await playing.until(lambda: not playing.state(session).workspace.borrows)
        (place / WRITTEN).write_text("half")
        yield playing, session, place, repository


def still_at_work(playing: Scene, session: SessionId, place: Path) -> None:
    state = playing.state(session)
    assert (state.status, state.workspace.path) == ("working", str(place))
    assert [words.text for words in state.queue] == ["And this."]
    assert len(playing.of(session, e.RequestSent, e.CallStarted, e.RequestEnded)) == 4


async def goes_on(copy: Scene, session: SessionId) -> None:
    """Resume by hand: its turn and the one of the words that waited come to their ends."""
    await copy.give(o.Resume, session)
    await copy.until(lambda: len(copy.of(session, e.TurnEnded)) == 2)
    place = Path(copy.state(session).workspace.path)
    assert (place / "count.txt").read_text() == "one\none\n"
    assert not (place / WRITTEN).exists()


def test_a_copy_works_in_its_own_clones_and_only_when_told_to(tmp_path: Path):
    async def story() -> None:
        async with at_work(tmp_path) as (original, session, place, repository):
            before = files_of(place)
            shutil.copytree(original.paths.data, tmp_path / "other" / "data", symlinks=True)
            model, rules = Copy(), {CHANGE: repository}
            other = scene(tmp_path / "other", {"m": model}, allowed=rules, ids=RandomIds())
            async with other as copy:
                state = copy.state(session)
                here = copy.paths.workspaces / place.name
                assert (state.status, Path(state.workspace.path)) == ("parked", here)
                assert "seems to be a copy" in state.reason
                assert [words.text for words in state.queue] == ["And this."]
                assert state.cut_off is not None
                assert state.cut_off.how == "copied"
                assert model.asked == 0

                await goes_on(copy, session)
                assert model.asked == 3
                await copy.give(o.Undo, session)
                assert (here / "count.txt").read_text() == "one\n"
                await copy.give(o.Archive, session, discard=True)
                assert (copy.paths.bin / place.name).is_dir()
            assert files_of(place) == before
            still_at_work(original, session, place)

    asyncio.run(story())


def test_a_copy_without_the_clones_says_where_the_work_lies(tmp_path: Path):
    async def story() -> None:
        async with at_work(tmp_path) as (original, session, place, repository):
            before = files_of(place)
            # The journal alone, with no lock file to tell it from its original.
            other = tmp_path / "other" / "data"
            other.mkdir(parents=True, mode=0o700)
            for file in original.paths.data.glob("journal.db*"):
                shutil.copy(file, other)
            (other / "journal.db-shm").unlink()
            model, rules = Copy(), {CHANGE: repository}
            async with scene(
                tmp_path / "other", {"m": model}, allowed=rules, ids=RandomIds()
            ) as copy:
                state = copy.state(session)
                assert state.status == "parked"
                assert f"lies with the original at {place}." in state.reason
                here = copy.paths.workspaces / place.name
                assert f"copy that folder to {here}" in state.way_out
                for order in (o.Undo, o.Resume):
                    try:
                        await copy.give(order, session)
                    except SteerdeckError:
                        continue
                await copy.until(lambda: "is gone" in copy.state(session).reason)
                assert (model.asked, here.exists()) == (0, False)
                shutil.copytree(place, here, symlinks=True)
                (here / WRITTEN).unlink()
                await goes_on(copy, session)
            assert files_of(place) == before
            still_at_work(original, session, place)

    asyncio.run(story())


def test_a_home_that_was_brought_back_from_a_copy_asks_before_it_goes_on(tmp_path: Path):
    async def story() -> None:
        async with at_work(tmp_path) as (original, session, place, repository):
            shutil.copytree(original.paths.data, tmp_path / "kept", symlinks=True)
        shutil.rmtree(original.paths.data)
        shutil.copytree(tmp_path / "kept", original.paths.data, symlinks=True)
        for _ in range(2):
            model, rules = Copy(), {CHANGE: repository}
            async with scene(
                tmp_path / "home", {"m": model}, allowed=rules, ids=RandomIds()
            ) as back:
                state = back.state(session)
                assert (state.status, state.workspace.path) == ("parked", str(place))
                assert model.asked == 0
                assert "seems to be a copy" in state.reason
        async with scene(tmp_path / "home", {"m": model}, allowed=rules, ids=RandomIds()) as back:
            await goes_on(back, session)

    asyncio.run(story())


def test_where_the_journal_went_back_nothing_goes_on_by_itself(tmp_path: Path):
    async def story() -> None:
        async with at_work(tmp_path) as (original, session, _, repository):
            kept = tmp_path / "friday.db"
            await asyncio.to_thread(back_up, original.paths.journal, kept, lambda *_: None)
        for beside in original.paths.data.glob("journal.[dm]*"):
            beside.unlink()
        kept.replace(original.paths.journal)
        model, rules = Copy(), {CHANGE: repository}
        for _ in range(2):
            async with scene(
                tmp_path / "home", {"m": model}, allowed=rules, ids=RandomIds()
            ) as back:
                state = back.state(session)
                assert state.status == "parked" and "The journal went back" in state.reason
                assert model.asked == 0
        async with scene(tmp_path / "home", {"m": model}, allowed=rules, ids=RandomIds()) as back:
            await goes_on(back, session)

    asyncio.run(story())


def test_a_home_that_was_moved_finds_its_clones_and_its_bin(tmp_path: Path):
    def writes(talk: Conversation) -> Reply:
        return Reply((Say(f"You said: {talk.said[-1]}", final=True),))

    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": writes}, ids=RandomIds()) as playing:
            session = await playing.start(repository, "m")
            thrown = await playing.start(repository, "m")
            for one in (session, thrown):
                await playing.status(one, "idle")
            await playing.give(o.Archive, thrown, discard=True)
        (tmp_path / "home").rename(tmp_path / "moved")
        async with scene(tmp_path / "moved", {"m": writes}, ids=RandomIds()) as moved:
            assert moved.state(session).status == "idle"
            await moved.give(o.Reopen, thrown)
            for one in (session, thrown):
                assert Path(moved.state(one).workspace.path).parent == moved.paths.workspaces
                await moved.give(o.Say, one, text="Still there?")
                await moved.until(lambda one=one: len(moved.of(one, e.TurnEnded)) == 1)
        assert not (tmp_path / "home").exists()

    asyncio.run(story())
