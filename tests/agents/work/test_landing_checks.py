"""The workspace that stands at a merged result while checks run on it."""

import asyncio
from pathlib import Path

from kit.repositories import commit, plain, run, write
from kit.workspaces import workspace_of
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.work.landing_checks import standing_at, taken_back


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


def _two(tmp_path: Path) -> tuple[Workspace, Path, str]:
    """A workspace with work of its own, and a result with another file that it holds."""
    ours = workspace_of(plain(tmp_path / "top"), tmp_path / "w", "double")
    there = Path(ours.path)
    write(there, "src/shop.py", "mine\n")
    commit(there, "its own")
    run(there, "checkout", "--quiet", "--detach")
    write(there, "src/shop.py", "merged\n")
    write(there, "theirs/new.txt", "theirs\n")
    commit(there, "the result")
    result = run(there, "rev-parse", "HEAD")
    run(there, "checkout", "--quiet", ours.branch)
    return ours, there, result


def _as_before(ours: Workspace, there: Path) -> bool:
    on = run(there, "symbolic-ref", "--short", "HEAD") == ours.branch
    return on and (there / "src/shop.py").read_text() == "mine\n"


def test_after_a_crash_the_workspace_leaves_the_result_that_checks_ran_on(tmp_path: Path):
    ours, there, result = _two(tmp_path)
    run(there, "checkout", "--quiet", "--detach", result)
    write(there, "src/shop.py", "formatted\n")
    asyncio.run(taken_back(ours, result))
    assert _as_before(ours, there) and run(there, "status", "--porcelain") == ""


def test_after_a_crash_what_checks_wrote_on_its_own_commit_is_gone(tmp_path: Path):
    ours, there, _ = _two(tmp_path)
    write(there, "src/shop.py", "formatted\n")
    write(there, "notes.txt", "untracked stays\n")
    asyncio.run(taken_back(ours, run(there, "rev-parse", "HEAD")))
    assert _as_before(ours, there)
    assert run(there, "status", "--porcelain") == "?? notes.txt"


def test_after_a_crash_in_the_change_over_nothing_of_the_result_is_left(
    tmp_path: Path, monkeypatch
):
    monkeypatch.setattr("steerdeck_agents.work.landing_checks._LOCKED_S", 0.1)
    ours, there, result = _two(tmp_path)
    write(there, "src/shop.py", "merged\n")
    write(there, "theirs/new.txt", "theirs\n")
    write(there, "mine.txt", "untracked stays\n")
    (there / ".git/index.lock").touch()
    asyncio.run(taken_back(ours, result))
    assert _as_before(ours, there)
    assert run(there, "status", "--porcelain") == "?? mine.txt"
    write(there, "theirs/new.txt", "the agent's own\n")
    asyncio.run(taken_back(ours, result))
    assert (there / "theirs/new.txt").read_text() == "the agent's own\n"


def test_a_workspace_that_stands_elsewhere_is_left_as_it_is(tmp_path: Path):
    ours, there, result = _two(tmp_path)
    run(there, "checkout", "--quiet", "--detach", f"{ours.branch}~1")
    write(there, "src/shop.py", "by hand\n")
    asyncio.run(taken_back(ours, result))
    assert (there / "src/shop.py").read_text() == "by hand\n"
