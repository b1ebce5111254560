"""The workspace that stands at a merged result while checks run on it."""

import asyncio
from pathlib import Path

from kit.repositories import commit, plain, run, write
from kit.workspaces import workspace_of
from steerdeck_agents.work.landing_checks import standing_at


def test_whoever_cancels_while_it_changes_over_leaves_the_workspace_as_it_was(tmp_path: Path):
    top = plain(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w", "double")
    there = Path(ours.path)
    write(there, "src/shop.py", "mine\n")
    commit(there, "its own")
    run(there, "checkout", "--quiet", "--detach")
    for number in range(400):
        write(there, f"many/{number}.txt", "x\n" * 2000)
    commit(there, "the result")
    result = run(there, "rev-parse", "HEAD")
    run(there, "checkout", "--quiet", ours.branch)

    async def stand() -> None:
        async with standing_at(ours, result):
            await asyncio.Event().wait()

    async def cancelled() -> None:
        task = asyncio.create_task(stand())
        while not (there / "many").exists():
            assert not task.done()
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    asyncio.run(cancelled())
    assert run(there, "symbolic-ref", "--short", "HEAD") == ours.branch
    assert run(there, "status", "--porcelain") == ""
    assert not (there / ".git/index.lock").exists()


def test_what_checks_write_is_gone_though_the_result_is_the_commit_it_stood_at(tmp_path: Path):
    ours = workspace_of(plain(tmp_path / "top"), tmp_path / "w", "double")
    there = Path(ours.path)

    async def stand() -> None:
        async with standing_at(ours, run(there, "rev-parse", "HEAD")):
            write(there, "src/shop.py", "formatted\n")

    asyncio.run(stand())
    assert run(there, "symbolic-ref", "--short", "HEAD") == ours.branch
    assert run(there, "status", "--porcelain") == ""
