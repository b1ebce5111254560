import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path

import pytest

from kit.repositories import (
    commit,
    contents,
    detached,
    fingerprint,
    plain,
    run,
    sparse,
    write,
)
from kit.workspaces import made, workspace_of
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.shore import WorkLanded, way_back
from steerdeck_agents.settings import umask
from steerdeck_agents.work.landing import Landed, onto, to_branch, to_patch
from steerdeck_agents.workspace.keep import make_independent

SHOP = "def total(items):\n    return sum(items) * 2\n"


def worked(tmp_path: Path) -> tuple[Path, Workspace]:
    """A repository, and a session that committed, wrote, added and removed."""
    top = plain(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w", "double")
    there = Path(ours.path)
    write(there, "src/shop.py", SHOP)
    commit(there, "its own commit")
    write(there, "new.bin", bytes(range(256)), 0o755)
    write(there, "build/x.o", "ignored\n")
    (there / "run.sh").unlink()
    return top, ours


def merge(ours: Workspace, message: str) -> Coroutine[None, None, Landed]:
    return onto(ours, "merge", message)


def refused(landing, words: str) -> None:
    with pytest.raises(OrderRefused, match=words):
        asyncio.run(landing)


def test_a_merge_moves_the_branch_forward_to_all_the_work(tmp_path: Path):
    top, ours = worked(tmp_path)
    before = run(top, "rev-parse", "HEAD")
    landed = asyncio.run(merge(ours, "double the totals"))
    assert landed == Landed("merge", "main", run(top, "rev-parse", "HEAD"), before)
    assert run(top, "log", "--format=%s %an", "-2").splitlines() == [
        "double the totals Deck Hand", "its own commit Deck Hand",
    ]  # fmt: skip
    there = contents(Path(ours.path))
    del there["build/x.o"]
    here = contents(top)
    del here["build/out.o"]
    assert here == there
    assert run(top, "status", "--porcelain") == ""
    assert run(top, "branch", "--list", "steerdeck*") == ""
    assert not (top / ".git/FETCH_HEAD").exists()


def test_work_outside_of_a_sparse_checkout_lands_too(tmp_path: Path):
    top = sparse(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w", "all of it")
    write(Path(ours.path), "data/logo.bin", "changed\n")
    write(Path(ours.path), "data/new.txt", "new\n")
    asyncio.run(merge(ours, "outside"))
    changed = run(top, "diff", "--name-status", "HEAD~1", "HEAD")
    assert changed.split() == ["M", "data/logo.bin", "A", "data/new.txt"]


def test_work_beside_the_developers_becomes_a_merge_commit(tmp_path: Path):
    top, ours = worked(tmp_path)
    write(top, "readme.md", "# theirs\n")
    theirs = commit(top, "theirs")
    # An independent workspace has to be given the developer's commit.
    asyncio.run(make_independent(ours))
    landed = asyncio.run(merge(ours, "work"))
    parents = run(top, "log", "--format=%P", "-1").split()
    assert parents == [theirs, run(Path(ours.path), "rev-parse", "HEAD")]
    assert run(top, "log", "--format=%s", "-1") == "Merge steerdeck/double into main"
    assert run(top, "rev-parse", "HEAD") == landed.commit
    assert (top / "readme.md").read_text() == "# theirs\n"
    assert (top / "src/shop.py").read_text() == SHOP
    run(top, "fsck", "--strict")


def test_a_rebase_lands_each_commit_with_its_author_date_and_words(tmp_path: Path):
    top, ours = worked(tmp_path)
    there = Path(ours.path)
    run(there, "commit", "-q", "--amend", "--no-edit", "--author", "Ada <ada@x.org>")
    write(top, "readme.md", "# theirs\n")
    theirs = commit(top, "theirs")
    landed = asyncio.run(onto(ours, "rebase", "double the totals"))
    assert run(top, "log", "--format=%s %an", "-3").splitlines() == [
        "double the totals Deck Hand", "its own commit Ada", "theirs Deck Hand",
    ]  # fmt: skip
    assert (landed.before, run(top, "rev-parse", "HEAD~2")) == (theirs, theirs)
    assert (top / "src/shop.py").read_text() == SHOP
    assert run(top, "status", "--porcelain") == ""
    refused(onto(ours, "rebase", ""), "holds this work already")


def test_a_squash_is_one_commit_and_is_undone_by_the_command_that_is_named(tmp_path: Path):
    top, ours = worked(tmp_path)
    write(top, "readme.md", "# theirs\n")
    theirs = commit(top, "theirs")
    landed = asyncio.run(onto(ours, "squash", "double the totals\n\nAs asked."))
    assert run(top, "log", "--format=%s", "-2").splitlines() == ["double the totals", "theirs"]
    assert run(top, "log", "--format=%P", "-1") == theirs
    assert (top / "src/shop.py").read_text() == SHOP
    refused(onto(ours, "squash", "again"), "holds this work already")
    told = WorkLanded(how="squash", where="main", commit=landed.commit, before=landed.before)
    run(top, *way_back(told, str(top)).split()[3:])
    assert run(top, "rev-parse", "HEAD") == theirs
    assert run(top, "status", "--porcelain") == ""


def test_work_with_a_merge_in_it_is_not_rebased(tmp_path: Path):
    top, ours = worked(tmp_path)
    there = Path(ours.path)
    write(top, "readme.md", "# theirs\n")
    commit(top, "theirs")
    commit(there, "rest")
    run(there, "pull", "-q", "--no-rebase", "--no-edit", str(top), "main")
    write(top, "other.md", "more\n")
    commit(top, "theirs, later")
    refused(onto(ours, "rebase", ""), "hold a merge")
    asyncio.run(onto(ours, "merge", ""))


def test_a_branch_the_developer_left_meanwhile_is_not_moved(tmp_path: Path):
    top, ours = worked(tmp_path)

    async def leaves(branch: str, commit: str) -> None:
        run(top, "checkout", "-q", "-b", "elsewhere")

    before = run(top, "rev-parse", "main")
    refused(onto(ours, "merge", "work", proof=leaves), "You left main")
    assert {run(top, "rev-parse", name) for name in ("main", "elsewhere")} == {before}
    assert run(top, "status", "--porcelain") == ""


def test_a_conflict_names_its_files_and_changes_nothing(tmp_path: Path):
    top, ours = worked(tmp_path)
    write(top, "src/shop.py", "def total():\n    return 0\n")
    commit(top, "theirs")
    before = fingerprint(top)
    refused(merge(ours, "work"), r"conflicts with the branch in src/shop\.py")
    assert fingerprint(top) == before
    assert asyncio.run(to_branch(ours, "work")).where == "steerdeck/double"


@pytest.mark.parametrize(
    ("path", "content"),
    [("src/shop.py", "mine\n"), ("new.bin", "mine\n"), ("new.bin/deeper", "mine\n")],
)
def test_uncommitted_work_in_the_way_is_never_lost(tmp_path: Path, path: str, content: str):
    top, ours = worked(tmp_path)
    write(top, path, content)
    before = fingerprint(top)
    refused(merge(ours, "work"), "Uncommitted work of yours is in the way: ")
    assert fingerprint(top) == before


def test_an_ignored_file_in_the_way_is_never_lost_either(tmp_path: Path):
    top, ours = worked(tmp_path)
    write(Path(ours.path), "notes.log", "agent's\n")
    run(Path(ours.path), "add", "--force", "notes.log")
    write(top, "notes.log", "precious\n")
    refused(merge(ours, "work"), r"notes\.log")
    assert (top / "notes.log").read_text() == "precious\n"


def test_uncommitted_work_elsewhere_stays_as_it_is(tmp_path: Path):
    top, ours = worked(tmp_path)
    write(top, "readme.md", "mine, not staged\n")
    write(top, "data/more.txt", "mine, staged\n")
    run(top, "add", "data/more.txt")
    write(top, "untracked.txt", "mine\n")
    asyncio.run(merge(ours, "work"))
    assert set(run(top, "status", "--porcelain").splitlines()) == {
        " M readme.md", "A  data/more.txt", "?? untracked.txt",
    }  # fmt: skip
    assert (top / "src/shop.py").read_text() == SHOP


def test_landed_files_are_as_open_as_if_the_developer_had_written_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    top, ours = worked(tmp_path)
    before = os.umask(0o077)
    try:
        environ = {umask.VARIABLE: "027"}
        monkeypatch.setattr(umask, "_theirs", [])
        umask.close_to_others(environ)
        asyncio.run(merge(ours, "work"))
        asyncio.run(to_patch(ours, tmp_path / "work.patch"))
    finally:
        os.umask(before)
    for file in (top / "src/shop.py", tmp_path / "work.patch"):
        assert file.stat().st_mode & 0o777 == 0o640
    assert environ == {}


def test_a_branch_lands_without_touching_checkout_or_head(tmp_path: Path):
    top, ours = worked(tmp_path)
    files, head = contents(top), run(top, "rev-parse", "HEAD")
    landed = asyncio.run(to_branch(ours, "work"))
    assert landed == Landed("branch", "steerdeck/double", run(top, "rev-parse", ours.branch))
    assert (contents(top), run(top, "rev-parse", "HEAD")) == (files, head)
    assert run(top, "branch", "--show-current") == "main"
    assert run(top, "tag") == ""
    write(Path(ours.path), "more.txt", "more\n")
    again = asyncio.run(to_branch(ours, "more"))
    assert run(top, "rev-parse", ours.branch) == again.commit != landed.commit
    run(top, "branch", "-f", ours.branch, "main")
    run(top, "checkout", "-q", ours.branch)
    commit(top, "theirs on that branch")
    refused(to_branch(ours, "work"), "was not changed")


def test_a_patch_file_applies_and_is_never_written_over_something(tmp_path: Path):
    top, ours = worked(tmp_path)
    before = fingerprint(top)
    file = tmp_path / "work.patch"
    assert asyncio.run(to_patch(ours, file)) == Landed("patch", str(file))
    assert fingerprint(top) == before
    assert not list(tmp_path.glob(".steerdeck-*"))
    run(top, "apply", str(file))
    assert (top / "new.bin").read_bytes() == bytes(range(256))
    assert not (top / "run.sh").exists()
    refused(to_patch(ours, file), "there already")
    refused(to_patch(ours, tmp_path / "no/folder"), "can't be written")


def test_a_patch_file_is_written_without_a_moment_in_which_others_write_for_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _, ours = worked(tmp_path)
    before = os.umask(0o027)
    try:
        monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("all threads have one umask"))
        asyncio.run(to_patch(ours, tmp_path / "work.patch"))
    finally:
        monkeypatch.undo()
        os.umask(before)
    assert (tmp_path / "work.patch").stat().st_mode & 0o777 == 0o640


def test_nothing_to_land_and_landing_twice_are_said(tmp_path: Path):
    top = plain(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w")
    before = fingerprint(top)
    for landing in (merge(ours, ""), to_branch(ours, ""), to_patch(ours, tmp_path / "p")):
        refused(landing, "nothing to land")
    assert fingerprint(top) == before
    write(Path(ours.path), "new", "x\n")
    asyncio.run(merge(ours, ""))
    refused(merge(ours, ""), "holds this work already")


def test_a_repository_that_is_not_ready_says_so(tmp_path: Path):
    top = detached(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w")
    write(Path(ours.path), "new", "x\n")
    refused(merge(ours, "work"), "HEAD is detached")
    run(top, "checkout", "-q", "main")
    write(top, ".git/MERGE_HEAD", run(top, "rev-parse", "HEAD") + "\n")
    refused(merge(ours, "work"), "A merge is under way")
    (top / ".git/MERGE_HEAD").unlink()
    assert asyncio.run(merge(ours, "work")).where == "main"


def test_without_an_identity_nothing_is_committed(tmp_path: Path, home: Path):
    top, ours = worked(tmp_path)
    (home / ".gitconfig").write_text("")
    refused(merge(ours, "work"), r"git config --global user\.name")
    assert asyncio.run(to_patch(ours, tmp_path / "patch")).how == "patch"
    assert run(top, "log", "--format=%s", "-1") == "second"


def test_unresolved_conflicts_of_the_session_are_not_landed(tmp_path: Path):
    async def live() -> None:
        top = plain(tmp_path / "top")
        ours = await made(top, tmp_path / "w")
        there = Path(ours.path)
        run(there, "checkout", "-q", "-b", "other")
        write(there, "readme.md", "one\n")
        commit(there)
        run(there, "checkout", "-q", ours.branch)
        write(there, "readme.md", "two\n")
        commit(there)
        with pytest.raises(AssertionError):
            run(there, "merge", "-q", "other")
        with pytest.raises(OrderRefused, match=r"unresolved conflicts in readme\.md"):
            await merge(ours, "work")

    asyncio.run(live())
