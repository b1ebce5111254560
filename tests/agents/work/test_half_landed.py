"""A landing that breaks off in the middle leaves the developer's files as they were."""

import asyncio
from pathlib import Path

import pytest

from kit.full_disks import full, may_mount, small_disk
from kit.repositories import commit, contents, plain, run, write
from kit.workspaces import workspace_of
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.work.half_landed import taken_back
from steerdeck_agents.work.landing import onto


@pytest.fixture
def begun(tmp_path: Path) -> tuple[Path, str, str]:
    """A repository on main, and the commits before a landing and after it."""
    top = plain(tmp_path / "top")
    before = run(top, "rev-parse", "HEAD")
    run(top, "checkout", "-q", "-b", "work")
    write(top, "src/shop.py", "all new\n")
    write(top, "new/big.txt", "line\n" * 1000)
    (top / "run.sh").unlink()
    result = commit(top, "work")
    run(top, "checkout", "-q", "main")
    return top, before, result or run(top, "rev-parse", "work")


def test_what_was_written_of_a_landing_is_taken_back(begun: tuple[Path, str, str]):
    top, before, result = begun
    files = contents(top)
    write(top, "src/shop.py", "all n")
    write(top, "new/big.txt", "line\n" * 3)
    (top / "run.sh").unlink()
    assert asyncio.run(taken_back(top, before, result)) == []
    assert contents(top) == files and not (top / "new").exists()
    assert run(top, "status", "--porcelain") == ""


def test_what_the_developer_did_meanwhile_stays_and_is_named(begun: tuple[Path, str, str]):
    top, before, result = begun
    (top / "run.sh").unlink()
    write(top, "src/shop.py", "")
    files = contents(top)
    assert asyncio.run(taken_back(top, before, result)) == ["run.sh", "src/shop.py"]
    write(top, "src/shop.py", "mine\n")
    write(top, "new/big.txt", "line\n" * 3)
    assert asyncio.run(taken_back(top, before, result)) == ["src/shop.py"]
    assert (top / "src/shop.py").read_text() == "mine\n" and contents(top) != files


def test_a_landing_without_room_leaves_all_as_it_was_and_can_be_done_again(tmp_path: Path):
    if why := may_mount(tmp_path):
        pytest.skip(why)
    with small_disk(tmp_path / "disk", 4) as disk:
        top = plain(disk / "top")
        ours = workspace_of(top, tmp_path / "w", "large")
        write(Path(ours.path), "src/shop.py", "all new\n")
        write(Path(ours.path), "z.txt", "line\n" * 200_000)
        before = contents(top)
        landing = onto(ours, "merge", "work")
        with full(disk, leave=200_000), pytest.raises(OrderRefused, match="files are as they were"):
            asyncio.run(landing)
        assert contents(top) == before and run(top, "status", "--porcelain") == ""
        asyncio.run(onto(ours, "merge", "work"))
        assert (top / "z.txt").stat().st_size == 1_000_000
