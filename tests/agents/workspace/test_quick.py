"""What is said of one saved file without git is what git says; what is git's to judge is left."""

import asyncio
import random
from pathlib import Path

import pytest

from kit.repositories import commit, plain, write
from kit.scene import scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.places import FileChange, Workspace
from steerdeck_agents.models.scripted import Conversation, Reply, Say
from steerdeck_agents.runtime import wire
from steerdeck_agents.sandbox.guarded import Hold
from steerdeck_agents.work.ground import SessionGround
from steerdeck_agents.workspace.base_files import BaseFiles
from steerdeck_agents.workspace.changes import changed_files, diff
from steerdeck_agents.workspace.git import text
from steerdeck_agents.workspace.quick import LARGEST, Looked, look, told_nothing

LINES = "".join(f"line {number}\n" for number in range(60))


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """A repository with one commit, which is the base."""
    top = plain(tmp_path / "repository").resolve()
    write(top, "long.txt", LINES)
    write(top, "crlf.txt", "a\r\nb\r\n")
    write(top, "pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    commit(top, "lines")
    base = asyncio.run(text(top, "rev-parse", "HEAD"))
    return Workspace(path=str(top), repository=str(top), branch="main", base=base)


def looked(place: Workspace, path: str, *, known: bool = False) -> Looked | None:
    return asyncio.run(look(place, path, BaseFiles(place), known=known))


def row_of(place: Workspace, path: str) -> FileChange | None:
    return next((f for f in asyncio.run(changed_files(place)) if f.path == path), None)


def test_rows_and_diffs_are_those_of_git_for_edits_of_every_kind(place: Workspace):
    dice = random.Random(4)
    file = Path(place.path, "long.txt")
    for _ in range(12):
        lines = LINES.splitlines(keepends=True)
        at = dice.randrange(len(lines))
        match dice.choice(("in", "out", "other", "end", "both")):
            case "in":
                lines.insert(at, "fresh\n")
            case "out":
                del lines[at : at + 3]
            case "other":
                lines[at] = "another\n"
            case "end":
                lines[-1] = "no end"
            case "both":
                lines[at] = "another\n"
                lines.append("last\n")
        file.write_text("".join(lines))
        found = looked(place, "long.txt")
        assert found is not None
        assert found.change == row_of(place, "long.txt")
        told = asyncio.run(diff(place, ("long.txt",)))
        assert hunks(found.diff) == hunks(told)
    file.write_text(LINES)
    assert looked(place, "long.txt") == Looked(None, "")


def hunks(told: str) -> list[str]:
    """A diff without what git says of blobs, and of the function a hunk lies in."""
    lines = [line for line in told.splitlines() if not line.startswith("index ")]
    return [line.rpartition(" @@")[0] if line.startswith("@@") else line for line in lines]


def test_a_new_file_and_a_removed_one_are_told_as_by_git(place: Workspace):
    write(Path(place.path), "new.txt", "a\nb\n")
    Path(place.path, "long.txt").unlink()
    for path in ("new.txt", "long.txt"):
        found = looked(place, path, known=True)
        assert found is not None
        assert found.change == row_of(place, path)
        assert hunks(found.diff) == hunks(asyncio.run(diff(place, (path,))))
    Path(place.path, "new.txt").unlink()
    assert looked(place, "new.txt", known=True) == Looked(None, "")


def test_what_git_has_to_judge_is_left_to_it(place: Workspace):
    top = Path(place.path)
    write(top, "unheard-of.log", "x")
    write(top, ".gitignore", "*.log\n")
    write(top, 'odd"name', "x")
    (top / "crlf.txt").write_bytes(b"a\nb\n")
    write(top, "pointer", "the thing itself")
    assert [looked(place, path) for path in ("unheard-of.log", "crlf.txt", "pointer")] == [None] * 3
    assert [looked(place, path, known=True) for path in (".gitignore", 'odd"name')] == [None] * 2
    for data in (b"a\0b", b"x" * (LARGEST + 1)):
        (top / "long.txt").write_bytes(data)
        assert looked(place, "long.txt") is None
    (top / "long.txt").write_text(f"{LINES}more\n")
    (top / "long.txt").chmod(0o755)
    assert looked(place, "long.txt") is None
    (top / "long.txt").unlink()
    (top / "long.txt").symlink_to("crlf.txt")
    assert looked(place, "long.txt") is None
    (top / "long.txt").unlink()
    (top / "long.txt").mkdir()
    assert looked(place, "long.txt") is None


def test_folders_and_what_came_and_went_change_nothing(place: Workspace):
    top = Path(place.path)
    write(top, "deep/kept.txt", "x")
    commit(top, "deeper")
    base = asyncio.run(text(top, "rev-parse", "HEAD"))
    bases = BaseFiles(Workspace(path=str(top), repository=str(top), branch="main", base=base))
    for folder in (".vscode", "fresh"):
        (top / folder).mkdir()
    for gone in ("long.txt", "deep/kept.txt"):
        (top / gone).unlink()
    (top / "deep").rmdir()
    (top / "deep").symlink_to("fresh")
    write(top, "new.txt", "x")
    nothing = {".vscode", "fresh", "never", "fresh/never", "deep/kept/never"}
    something = {"new.txt", "long.txt", "deep", "deep/kept.txt", "gone.txt", "folder", ".gitignore"}
    table = {"gone.txt", "folder/of/some"}
    for _ in range(2):
        asked = told_nothing(place, nothing | something, bases, table)
        assert asyncio.run(asked) == nothing


def idle(talk: Conversation) -> Reply:
    return Reply((Say("Ready.", final=True),))


def test_a_saved_file_is_told_at_once_and_looked_at_by_git_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("steerdeck_agents.work.ground.AGAIN_S", 0.05)
    asked: list[str] = []

    async def counting(place: Workspace) -> tuple[FileChange, ...]:
        asked.append(place.path)
        return await changed_files(place)

    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": idle}) as playing:
            session = await playing.start(repository, "m")
            state = await playing.status(session, "idle", "done")
            monkeypatch.setattr("steerdeck_agents.work.ground.changed_files", counting)
            top = Path(state.workspace.path)
            (top / "readme.md").write_text("# Plain\nmore\n")
            await playing.until(lambda: playing.of(session, e.FilesChanged))
            told = playing.of(session, e.FilesChanged)[0]
            assert [(f.path, f.added, f.removed) for f in told.files] == [("readme.md", 1, 0)]
            assert told.newest == "readme.md"
            page = await playing.client.ask(wire.Diff(session, "readme.md"), str)
            assert "+more" in page and page.startswith("diff --git a/readme.md b/readme.md")
            async with asyncio.timeout(20):
                while not asked:
                    await asyncio.sleep(0.01)
            assert len(playing.of(session, e.FilesChanged)) == 1, "git says the same"

    asyncio.run(story())


def test_the_folders_a_command_lies_on_are_not_looked_at_by_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("steerdeck_agents.work.ground.AGAIN_S", 600.0)
    asked: list[str] = []

    async def counting(place: Workspace) -> tuple[FileChange, ...]:
        asked.append(place.path)
        return await changed_files(place)

    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": idle}) as playing:
            session = await playing.start(repository, "m")
            state = await playing.status(session, "idle", "done")
            top = Path(state.workspace.path)
            known = playing.runtime.fleet._listeners._watcher._known
            async with asyncio.timeout(20):
                while top not in known:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0)
            await playing.runtime.fleet.session(session).ground.settled()
            monkeypatch.setattr("steerdeck_agents.work.ground.changed_files", counting)
            for words in ("# Plain\none\n", "# Plain\none\ntwo\n"):
                told = playing.of(session, e.FilesChanged)
                hold = Hold(top)
                saved = write(tmp_path, "saved", words)
                saved.rename(top / "readme.md")
                await playing.until(lambda old=told: playing.of(session, e.FilesChanged) != old)
                hold.release()
            assert asked == []

    asyncio.run(story())


@pytest.mark.parametrize("by_git", [False, True])
def test_a_line_that_takes_the_place_of_another_is_told_though_no_count_differs(
    tmp_path: Path, by_git: bool, monkeypatch: pytest.MonkeyPatch
):
    async def nothing(ground: SessionGround, paths: set[str]) -> None:
        """Leave it to git."""

    if by_git:
        monkeypatch.setattr(SessionGround, "_touched_only", nothing)

    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": idle}) as playing:
            session = await playing.start(repository, "m")
            state = await playing.status(session, "idle", "done")
            readme = Path(state.workspace.path) / "readme.md"
            for number, word in enumerate(("one", "two"), start=1):
                # In one step, as editors do: a half-written file would be told by its counts.
                saved = readme.with_name(".saved")
                saved.write_text(f"# Plain\n{word}\n")
                saved.rename(readme)

                def told(least: int = number) -> bool:
                    facts = playing.of(session, e.FilesChanged)
                    counts = [[(f.path, f.added) for f in fact.files] for fact in facts]
                    return counts.count([("readme.md", 1)]) >= least

                await playing.until(told)
            page = await playing.client.ask(wire.Diff(session, "readme.md"), str)
            assert "+two" in page and "+one" not in page

    asyncio.run(story())
