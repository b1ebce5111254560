"""Repositories that want to run something: nothing of theirs ever runs."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from kit.hostile_grounds import TRAPS, Trap, biting
from kit.hostile_life import SIDES, Life, Side
from kit.repositories import commit, fingerprint, hostile, plain, run, write
from kit.workspaces import made
from steerdeck_agents.facts.errors import RepositoryError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.work import shore_look
from steerdeck_agents.work.landing import onto, to_branch, to_patch
from steerdeck_agents.work.landing_checks import standing_at
from steerdeck_agents.work.landing_result import result_of, stands
from steerdeck_agents.workspace.base_files import BaseFiles
from steerdeck_agents.workspace.carry import carry
from steerdeck_agents.workspace.changes import changed_files, diff
from steerdeck_agents.workspace.checkpoint import base_file, capture
from steerdeck_agents.workspace.git import GitError, git
from steerdeck_agents.workspace.keep import base_intact, make_independent
from steerdeck_agents.workspace.repository import find


async def use(ours: Workspace) -> None:
    """Everything that is done in a workspace."""
    await capture(ours, None, lambda sha: False)
    await changed_files(ours)
    await diff(ours)
    await BaseFiles(ours).of("readme.md")
    await base_file(ours, "readme.md")
    await base_intact(ours)
    await make_independent(ours)


def test_the_trap_works(tmp_path: Path):
    canary = tmp_path / "canary"
    top = hostile(tmp_path / "top", canary)
    run(top, "status")
    assert "fsmonitor" in canary.read_text()


def test_nothing_of_a_hostile_repository_runs_and_nothing_of_it_changes(tmp_path: Path):
    canary = tmp_path / "canary"
    top = hostile(tmp_path / "top", canary)
    canary.unlink(missing_ok=True)
    before = fingerprint(top)

    async def live() -> None:
        found = await find(top)
        ours = await made(top, tmp_path / "w")
        assert "readme.md" in await carry(found, ours)
        write(Path(ours.path), "src/shop.py", "changed\n")
        write(Path(ours.path), "new.md", "new\n")
        await use(ours)

    asyncio.run(live())
    assert not canary.exists()
    assert fingerprint(top) == before


async def looked_over(ours: Workspace) -> None:
    """What the deck and the landing line do before anything lands."""
    state = SessionState(id=SessionId("one"), workspace=ours)
    page = await shore_look.page(state)
    assert page.tried
    assert not page.line.problem
    assert await shore_look.lines([state]) == [page.line]
    at = await stands(ours, "work")
    async with standing_at(ours, await result_of(ours, "merge", "work", at)):
        pass
    assert await result_of(ours, "squash", "work", at)


def test_landing_in_a_hostile_repository_runs_nothing(tmp_path: Path):
    canary = tmp_path / "canary"
    top = hostile(tmp_path / "top", canary)
    write(top, "readme.md", "# Plain\n")

    async def live() -> None:
        ours = await made(top, tmp_path / "w")
        write(Path(ours.path), "src/shop.py", "changed\n")
        await to_patch(ours, tmp_path / "patch")
        await to_branch(ours, "work")
        write(top, "theirs.md", "more\n")
        await git(top, "add", "theirs.md", profile="user")
        await git(top, "commit", "-q", "-m", "theirs", profile="user")
        await looked_over(ours)
        await onto(ours, "rebase", "work")

    canary.unlink(missing_ok=True)
    asyncio.run(live())
    assert not canary.exists()
    assert (top / "src/shop.py").read_text() == "changed\n"


def test_config_and_repositories_an_agent_plants_in_its_workspace_run_nothing(tmp_path: Path):
    canary = tmp_path / "canary"
    top = plain(tmp_path / "top")

    async def live() -> None:
        ours = await made(top, tmp_path / "w")
        there = Path(ours.path)
        hostile(there / "planted", canary)
        bite = there / "bite.sh"
        write(there, "bite.sh", f"#!/bin/sh\necho bitten >> {canary}\ncat\n", 0o755)
        write(there, ".gitattributes", "* filter=evil diff=evil merge=evil\n")
        for key in (
            "core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
            "diff.evil.textconv", "diff.external", "merge.evil.driver", "core.pager",
        ):  # fmt: skip
            run(there, "config", key, str(bite))
        write(there, ".git/hooks/post-index-change", f"#!/bin/sh\necho hook >> {canary}\n", 0o755)
        write(there, ".git/hooks/pre-commit", f"#!/bin/sh\necho hook >> {canary}\n", 0o755)
        write(there, "readme.md", "changed\n")
        canary.unlink(missing_ok=True)
        kept = await capture(ours, None, lambda sha: False)
        assert "planted/" in kept.not_covered
        await use(ours)
        write(top, "theirs.md", "more\n")
        commit(top, "theirs")
        await looked_over(ours)
        await to_branch(ours, "work")
        assert "planted" not in run(top, "ls-tree", "--name-only", ours.branch)

    asyncio.run(live())
    assert not canary.exists()


LAID_TOGETHER = tuple(
    trap for trap in TRAPS if not trap.alone and trap.name != "rewritten addresses"
)


@pytest.mark.parametrize("side", SIDES)
def test_a_whole_life_among_all_traps_at_once_runs_none_of_them(tmp_path: Path, side: Side):
    life = Life(tmp_path / "life", LAID_TOGETHER, side, marks=False)
    asyncio.run(life.live())
    assert life.bites == ""
    assert (tmp_path / "life/work.patch").exists(), life.refused


@pytest.mark.parametrize(
    "trap", [trap for trap in TRAPS if trap.springs][::4], ids=lambda t: t.name
)
def test_traps_spring_where_nobody_is_careful(tmp_path: Path, trap: Trap):
    top, bitten = plain(tmp_path / "top"), tmp_path / "bitten"
    trap.lay(top, biting(tmp_path, bitten))
    bitten.unlink(missing_ok=True)
    subprocess.run(["git", *trap.springs], cwd=top, capture_output=True, check=False)
    assert bitten.exists()


def test_a_filter_that_can_not_be_switched_off_by_name_is_refused(tmp_path: Path):
    top = plain(tmp_path / "top")
    run(top, "config", "filter.a=b.clean", "evil")
    with pytest.raises(RepositoryError, match="switched off"):
        asyncio.run(find(top))


def test_no_protocol_is_open_to_reads_and_only_files_to_clones(tmp_path: Path):
    top = plain(tmp_path / "top")
    commit(top)
    for profile, url in (("read", str(top)), ("user", "https://127.0.0.1:9/x"), ("user", "ext::x")):
        with pytest.raises(GitError, match="not allowed"):
            asyncio.run(git(top, "ls-remote", url, profile=profile))


def test_a_path_is_never_an_option_or_a_pattern(tmp_path: Path):
    top = plain(tmp_path / "top")
    write(top, "--output=evil", "x\n")
    write(top, ":(glob)*", "x\n")
    commit(top)

    async def live() -> None:
        ours = await made(top, tmp_path / "w")
        there = Path(ours.path)
        write(there, "--output=evil", "y\n")
        write(there, ":(glob)*", "y\n")
        write(there, "readme.md", "y\n")
        text = await diff(ours, ("--output=evil", ":(glob)*"))
        assert text.count("diff --git") == 2
        assert not (there / "evil").exists()
        assert (await base_file(ours, ":(glob)*")) is not None

    asyncio.run(live())
