"""Named pipes where git looks for a file: no command of ours waits at one for ever."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kit.repositories import plain, write
from kit.workspaces import workspace_of
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.gate.binding import head_of
from steerdeck_agents.workspace import git as runner
from steerdeck_agents.workspace.changes import changed_files
from steerdeck_agents.workspace.checkpoint import capture
from steerdeck_agents.workspace.git import GitError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_LOOK_S", 0.02)


@pytest.fixture
def ours(tmp_path: Path) -> Workspace:
    return workspace_of(plain(tmp_path / "top"), tmp_path / "w")


@contextmanager
def pipe(ours: Workspace, name: str) -> Iterator[Path]:
    """A pipe in a workspace; whatever still waits at it afterwards is let go."""
    place = Path(ours.path, name)
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    try:
        yield place
    finally:
        os.close(os.open(place, os.O_RDWR | os.O_NONBLOCK))


@pytest.mark.parametrize("name", [".gitignore", ".gitattributes", "src/.gitignore"])
def test_a_pipe_instead_of_a_file_git_reads_counts_as_an_empty_one(ours: Workspace, name: str):
    write(Path(ours.path), "src/shop.py", "another\n")
    told = {"src/shop.py": "changed"}
    if Path(ours.path, name).exists():
        told[name] = "removed"

    async def look() -> None:
        async with asyncio.timeout(60):
            assert {f.path: f.kind for f in await changed_files(ours)} == told

    with pipe(ours, name):
        asyncio.run(look())


def test_a_checkpoint_says_that_a_pipe_is_not_covered(ours: Workspace):
    async def look() -> None:
        async with asyncio.timeout(60):
            assert (await capture(ours, None, lambda sha: False)).not_covered == (".gitignore",)

    with pipe(ours, ".gitignore"):
        asyncio.run(look())


def test_a_pipe_that_somebody_holds_open_is_named(ours: Workspace):
    async def look() -> None:
        async with asyncio.timeout(60):
            await changed_files(ours)

    with pipe(ours, ".gitattributes") as place:
        writer = os.open(place, os.O_RDWR | os.O_NONBLOCK)
        try:
            with pytest.raises(GitError, match=r"'\.gitattributes' in .* is a pipe .* remove it"):
                asyncio.run(look())
        finally:
            os.close(writer)


def test_a_pipe_in_place_of_head_is_no_commit(ours: Workspace):
    with pipe(ours, ".git/HEAD") as place:
        before = head_of(Path(ours.path))
        writer = os.open(place, os.O_RDWR | os.O_NONBLOCK)
        assert before == head_of(Path(ours.path)) and before.startswith("HEAD: ")
        os.close(writer)
