"""Merges that are only tried."""

import asyncio
from pathlib import Path

import pytest

from kit.repositories import plain, run
from steerdeck_agents.workspace.dry_merge import seeing
from steerdeck_agents.workspace.git import text


@pytest.mark.parametrize("name", ["plain", "with:colon", 'a"quote', 'c:d"e', "back\\slash:x"])
def test_objects_are_seen_in_a_folder_of_any_name(tmp_path: Path, name: str):
    there, here = plain(tmp_path / name), plain(tmp_path / "here")
    run(there, "commit", "--quiet", "--allow-empty", "-m", "only there")
    commit = run(there, "rev-parse", "HEAD")

    async def look() -> str:
        return await text(here, "cat-file", "-t", commit, env=await seeing(there))

    assert asyncio.run(look()) == "commit"
