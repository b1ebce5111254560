import asyncio
from pathlib import Path

import msgspec
import pytest

from kit.repositories import (
    SOMEBODY,
    commit,
    contents,
    detached,
    dirty,
    fingerprint,
    linked_worktree,
    many,
    of_somebody,
    partial,
    plain,
    run,
    shallow,
    sparse,
    with_lfs,
    with_submodule,
    write,
)
from kit.workspaces import made, workspace_of
from steerdeck_agents.facts.errors import RepositoryError
from steerdeck_agents.workspace.carry import carry
from steerdeck_agents.workspace.clone import create
from steerdeck_agents.workspace.keep import base_intact, discard, make_independent, restore
from steerdeck_agents.workspace.repository import find


def test_a_workspace_holds_the_commit_on_a_branch_of_its_own(tmp_path: Path):
    top = plain(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w/one", "Fix the Shop!")
    assert ours.branch == "steerdeck/fix-the-shop"
    assert run(Path(ours.path), "rev-parse", "HEAD") == ours.base == run(top, "rev-parse", "HEAD")
    assert run(Path(ours.path), "branch", "--show-current") == ours.branch
    assert run(Path(ours.path), "status", "--porcelain") == ""
    tracked = {name: file for name, file in contents(top).items() if not name.startswith("build/")}
    assert contents(Path(ours.path)) == tracked
    assert ours.borrows == (str(top / ".git/objects"),)


def test_its_git_folder_holds_no_hook_and_no_way_to_the_developers_folder(tmp_path: Path):
    top = plain(tmp_path / "top")
    write(top, ".git/info/exclude", "*.private\n")
    run(top, "config", "remote.origin.url", "https://me:token@example.invalid/shop.git")
    run(top, "config", "core.eol", "lf")
    run(top, "config", "alias.x", "!evil")
    git_dir = Path(workspace_of(top, tmp_path / "w").path) / ".git"
    assert (git_dir / "commondir").read_text() == ".\n"
    assert list((git_dir / "hooks").iterdir()) == []
    assert "*.private" in (git_dir / "info/exclude").read_text()
    config = (git_dir / "config").read_text()
    assert "https://example.invalid/shop.git" in config
    assert "eol = lf" in config
    assert "Deck Hand" in config
    for absent in ("token", "evil", str(top)):
        assert absent not in config


def test_without_an_upstream_there_is_no_origin(tmp_path: Path):
    ours = workspace_of(plain(tmp_path / "top"), tmp_path / "w")
    assert run(Path(ours.path), "remote") == ""


def test_making_working_and_discarding_leave_the_repository_byte_identical(tmp_path: Path):
    top = dirty(tmp_path / "top")
    before = fingerprint(top)

    async def live() -> None:
        ours = await made(top, tmp_path / "w/one")
        there = Path(ours.path)
        await carry(await find(top), ours)
        run(there, "stash", "-u")
        run(there, "stash", "pop")
        commit(there)
        run(there, "tag", "mine")
        await make_independent(ours)
        run(there, "gc", "-q", "--prune=now")
        discard(ours, tmp_path / "bin")

    asyncio.run(live())
    assert fingerprint(top) == before


def test_names_differ_from_the_developers_and_from_each_other(tmp_path: Path):
    top = plain(tmp_path / "top")
    run(top, "branch", "steerdeck/task")

    async def several() -> list[str]:
        places = [made(top, tmp_path / f"w/{number}", "task") for number in range(3)]
        return [ours.branch for ours in await asyncio.gather(*places)]

    assert sorted(asyncio.run(several())) == [
        "steerdeck/task-2", "steerdeck/task-3", "steerdeck/task-4",
    ]  # fmt: skip
    assert workspace_of(top, tmp_path / "w/again", "task").branch == "steerdeck/task-5"


def test_where_a_branch_is_called_steerdeck_the_name_has_a_dash(tmp_path: Path):
    top = plain(tmp_path / "top")
    run(top, "branch", "steerdeck")
    assert workspace_of(top, tmp_path / "w", "Öl").branch == "steerdeck-l"


def test_a_base_may_be_named_and_may_be_missing(tmp_path: Path):
    top = plain(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w/old", base="HEAD~1")
    assert ours.base == run(top, "rev-parse", "HEAD~1")
    with pytest.raises(RepositoryError, match="no branch, tag or commit 'nope'"):
        workspace_of(top, tmp_path / "w/new", base="nope")
    with pytest.raises(RepositoryError, match="not the name"):
        workspace_of(top, tmp_path / "w/new", base="--help")
    assert not (tmp_path / "w/new").exists()


@pytest.mark.parametrize("maker", [detached, linked_worktree, with_submodule, with_lfs, shallow])
def test_odd_repositories_work_and_stay_untouched(tmp_path: Path, maker):
    top = maker(tmp_path / "top")
    before = fingerprint(tmp_path)
    ours = workspace_of(top, tmp_path.parent / f"{tmp_path.name}-w")
    there = Path(ours.path)
    assert (there / "readme.md").read_bytes() == (top / "readme.md").read_bytes()
    assert run(there, "status", "--porcelain") == ""
    run(there, "commit", "-q", "--allow-empty", "-m", "works")
    alone = asyncio.run(make_independent(ours))
    assert alone.borrows == ()
    assert run(there, "log", "--format=%s", "-1") == "works"
    assert fingerprint(tmp_path) == before


def test_a_sparse_checkout_is_sparse_in_a_session(tmp_path: Path):
    top = sparse(tmp_path / "top")
    there = Path(workspace_of(top, tmp_path / "w").path)
    assert (there / "src/shop.py").exists()
    assert not (there / "data").exists()
    assert run(there, "status", "--porcelain") == ""


def test_a_partial_clone_gives_what_it_holds_and_says_what_it_lacks(tmp_path: Path):
    top = partial(tmp_path / "top")
    before = fingerprint(top)
    ours = workspace_of(top, tmp_path / "w/one")
    assert (Path(ours.path) / "readme.md").read_text() == "# Plain, third\n"
    assert asyncio.run(base_intact(ours))
    assert asyncio.run(make_independent(ours)).borrows
    with pytest.raises(RepositoryError, match=r"check that commit out there first|checked out"):
        workspace_of(top, tmp_path / "w/two", base="HEAD~2")
    assert not (tmp_path / "w/two").exists()
    assert fingerprint(top) == before


def test_a_repository_of_somebody_else_needs_the_developers_trust(tmp_path: Path, home: Path):
    top = of_somebody(tmp_path / "top")
    if top.stat().st_uid != SOMEBODY:
        pytest.skip("only root can give files away")
    with pytest.raises(RepositoryError, match=r"safe\.directory"):
        asyncio.run(find(top))
    run(home, "config", "--global", "--add", "safe.directory", str(top))
    there = Path(workspace_of(top, tmp_path / "w").path)
    assert (there / "readme.md").exists()


def test_a_subfolder_of_a_monorepo_is_remembered(tmp_path: Path):
    top = plain(tmp_path / "top")
    ours = workspace_of(top / "src", tmp_path / "w")
    assert (ours.repository, ours.subfolder) == (str(top), "src")


def test_a_workspace_is_never_made_inside_the_repository_or_over_something(tmp_path: Path):
    top = plain(tmp_path / "top")
    with pytest.raises(RepositoryError, match="inside the repository"):
        workspace_of(top, top / "w")
    (tmp_path / "w").mkdir()
    with pytest.raises(RepositoryError, match="there already"):
        workspace_of(top, tmp_path / "w")
    assert (tmp_path / "w").is_dir()


def test_a_cancelled_clone_leaves_nothing_and_its_progress_was_heard(tmp_path: Path):
    top = many(tmp_path / "top", 300)
    heard: list[str] = []

    async def cancel() -> None:
        ready = asyncio.Event()

        def progress(line: str) -> None:
            heard.append(line)
            ready.set()

        task = asyncio.create_task(
            create(await find(top), tmp_path / "w/one", name="x", progress=progress)
        )
        await ready.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert heard
    assert list((tmp_path / "w").iterdir()) == []
    ours = workspace_of(top, tmp_path / "w/two", "x")
    assert ours.branch == "steerdeck/x"


def test_uncommitted_work_comes_along_and_the_index_stays(tmp_path: Path):
    top = dirty(tmp_path / "top")
    (top / "src/more").mkdir()
    (top / "src/more/away").symlink_to("/etc/passwd")
    before = fingerprint(top)
    ours = workspace_of(top, tmp_path / "w")
    carried = asyncio.run(carry(asyncio.run(find(top)), ours))
    there = contents(Path(ours.path))
    theirs = contents(top)
    for left in ("noise.log", ".env.local", "build/out.o"):
        assert left not in there
        del theirs[left]
    assert there == theirs
    assert "data/logo.bin" in carried
    assert "new folder/näw.txt" in carried
    assert fingerprint(top) == before


def test_a_folder_that_became_a_link_is_carried_as_one(tmp_path: Path):
    top = plain(tmp_path / "top")
    (top / "src/shop.py").unlink()
    (top / "src").rmdir()
    (top / "src").symlink_to("data")
    ours = workspace_of(top, tmp_path / "w")
    asyncio.run(carry(asyncio.run(find(top)), ours))
    assert (Path(ours.path) / "src").readlink() == Path("data")
    assert contents(Path(ours.path))["data/logo.bin"] == contents(top)["data/logo.bin"]


def test_work_is_not_carried_to_another_base(tmp_path: Path):
    top = dirty(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w", base="HEAD~1")
    with pytest.raises(RepositoryError, match="starts at HEAD"):
        asyncio.run(carry(asyncio.run(find(top)), ours))


def test_an_independent_workspace_outlives_reset_and_gc(tmp_path: Path):
    top = plain(tmp_path / "top")
    ours = asyncio.run(make_independent(workspace_of(top, tmp_path / "w/alone")))
    borrowing = workspace_of(top, tmp_path / "w/borrows")
    assert asyncio.run(base_intact(borrowing))
    run(top, "reset", "-q", "--hard", "HEAD~1")
    run(top, "reflog", "expire", "--expire=now", "--all")
    run(top, "gc", "-q", "--prune=now")
    assert asyncio.run(base_intact(ours))
    assert not asyncio.run(base_intact(borrowing))
    run(Path(ours.path), "fsck", "--strict")
    with pytest.raises(RepositoryError):
        asyncio.run(make_independent(borrowing))
    assert (Path(borrowing.path) / ".git/objects/info/alternates").exists()


def test_a_crash_while_becoming_independent_is_made_good(tmp_path: Path):
    ours = workspace_of(plain(tmp_path / "top"), tmp_path / "w")
    info = Path(ours.path) / ".git/objects/info"
    (info / "alternates").rename(info / "alternates.before")
    assert asyncio.run(base_intact(ours))
    (info / "alternates").rename(info / "alternates.before")
    assert asyncio.run(make_independent(ours)).borrows == ()
    assert list(info.glob("alternates*")) == []
    assert asyncio.run(base_intact(ours))


def test_a_discard_is_undone_by_a_rename(tmp_path: Path):
    top = plain(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w/one")
    before = fingerprint(Path(ours.path))
    there = discard(ours, tmp_path / "bin")
    assert not Path(ours.path).exists()
    restore(there, ours)
    assert fingerprint(Path(ours.path)) == before
    there = discard(ours, tmp_path / "bin")
    Path(ours.path).mkdir()
    with pytest.raises(RepositoryError, match="is taken"):
        restore(there, ours)


def test_what_is_borrowed_in_turn_is_named_too(tmp_path: Path):
    top = plain(tmp_path / "top")
    run(tmp_path, "clone", "-q", "--shared", str(top), "middle")
    ours = workspace_of(tmp_path / "middle", tmp_path / "w")
    assert ours.borrows == (str(tmp_path / "middle/.git/objects"), str(top / ".git/objects"))
    assert msgspec.json.decode(msgspec.json.encode(ours), type=type(ours)) == ours
