"""Merges that are only tried."""

import asyncio
from pathlib import Path

import pytest

from kit.repositories import plain, run, sparse, write
from kit.workspaces import workspace_of
from steerdeck_agents.workspace.dry_merge import scratch, seeing
from steerdeck_agents.workspace.git import text


@pytest.mark.parametrize("name", ["plain", "with:colon", 'a"quote', 'c:d"e', "back\\slash:x"])
def test_objects_are_seen_in_a_folder_of_any_name(tmp_path: Path, name: str):
    there, here = plain(tmp_path / name), plain(tmp_path / "here")
    run(there, "commit", "--quiet", "--allow-empty", "-m", "only there")
    commit = run(there, "rev-parse", "HEAD")

    async def look() -> str:
        return await text(here, "cat-file", "-t", commit, env=await seeing(there))

    assert asyncio.run(look()) == "commit"


def test_a_trial_holds_what_lies_outside_of_a_sparse_checkout(tmp_path: Path):
    ours = workspace_of(sparse(tmp_path / "top"), tmp_path / "w")
    write(Path(ours.path), "data/logo.bin", "changed\n")
    write(Path(ours.path), "data/new.txt", "new\n")

    async def held() -> str:
        async with scratch(ours.path) as seen:
            made = await seen.commit_of(ours)
            return await text(ours.path, "diff", "--name-status", "HEAD", made, env=seen.env)

    assert asyncio.run(held()).split() == ["M", "data/logo.bin", "A", "data/new.txt"]
