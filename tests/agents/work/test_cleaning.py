"""What may be removed: only clones all of whose work stands in the developer's repository."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from kit.repositories import commit, plain, run, write
from kit.workspaces import workspace_of
from steerdeck_agents.facts.errors import RepositoryError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.settings.paths import paths
from steerdeck_agents.settings.scratch import ScratchFolder
from steerdeck_agents.work import cleaning
from steerdeck_agents.workspace.keep import make_independent


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return plain(tmp_path / "repository").resolve()


@pytest.fixture
def clone(tmp_path: Path, repository: Path):
    return workspace_of(repository, tmp_path / "s" / "data" / "workspaces" / "ses_1")


def why(workspace) -> str:
    return asyncio.run(cleaning.unlanded(workspace))


def work(workspace) -> Path:
    place = Path(workspace.path)
    write(place, "new.txt", "made by the agent\n")
    return place


def test_a_clone_without_changes_can_go_even_when_the_repository_is_gone(clone, repository):
    assert why(clone) == ""
    asyncio.run(make_independent(clone))
    shutil.move(repository, repository.with_name("elsewhere"))
    assert why(clone) == ""
    work(clone)
    assert "not landed" in why(clone)


def test_work_that_is_nowhere_else_is_kept(clone):
    place = work(clone)
    assert "not landed" in why(clone)
    commit(place, "done")
    assert "not landed" in why(clone)


def test_work_that_was_merged_squashed_or_taken_as_a_branch_can_go(clone, repository):
    place = work(clone)
    write(repository, "new.txt", "made by the agent\n")
    commit(repository, "squashed")
    assert why(clone) == ""
    run(repository, "reset", "--hard", "-q", "HEAD~1")
    commit(place, "done")
    assert "not landed" in why(clone)
    run(repository, "fetch", "-q", str(place), "HEAD:refs/heads/theirs")
    assert why(clone) == ""


def test_commits_beside_the_branch_are_work_too(clone):
    place = work(clone)
    run(place, "stash", "-q", "-u")
    assert "stash" in why(clone)


@pytest.mark.parametrize("place", ["inner", "work/deep/:(top)*", "src"])
@pytest.mark.parametrize("commits", [False, True])
def test_a_repository_made_inside_is_work_too(clone, place, commits):
    inner = Path(clone.path) / place
    inner.mkdir(parents=True, exist_ok=True)
    run(inner, "init", "-q")
    if commits:
        run(inner, "commit", "-q", "--allow-empty", "-m", "only here")
    assert why(clone) == f"there is a repository of its own in it, {place}"


def test_a_repository_among_ignored_files_is_none_of_ours(clone):
    run(Path(clone.path), "init", "-q", "build/fetched")
    assert why(clone) == ""


def test_a_submodule_keeps_its_clone_though_the_commit_naming_it_was_landed(clone, repository):
    place, inner = Path(clone.path), Path(clone.path) / "sub"
    run(place, "init", "-q", "sub")
    commit(inner, "only here")
    commit(place, "names it")
    run(repository, "pull", "-q", "--ff-only", str(place), "HEAD")
    assert why(clone) == "there are files in the submodule sub"
    shutil.move(inner / ".git", repository.with_name("moved"))
    assert why(clone) == ""
    write(inner, "a.txt", "a\n")
    assert why(clone) == "there are files in the submodule sub"
    shutil.rmtree(inner)
    shutil.move(repository.with_name("moved"), place / ".git/modules/sub")
    assert why(clone) == "there are repositories of submodules in it"


@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
def test_a_file_git_was_told_to_leave_alone_keeps_its_clone(clone, mark):
    place = Path(clone.path)
    run(place, "update-index", mark, "src/shop.py")
    write(place, "src/shop.py", "changed by the agent\n")
    assert why(clone) == "git was told not to look at src/shop.py"


def test_a_file_changed_outside_of_a_sparse_checkout_keeps_its_clone(clone):
    place = Path(clone.path)
    run(place, "sparse-checkout", "set", "src")
    assert why(clone) == ""
    write(place, "data/logo.bin", "changed by the agent\n")
    assert "not to look at data/logo.bin" in why(clone)
    run(place, "update-index", "--no-skip-worktree", "data/logo.bin")
    assert why(clone) == "there is work not landed"


def test_a_clone_that_is_no_repository_any_more_is_no_folder_of_the_one_around(clone, repository):
    write(repository, ".git/info/exclude", "/homes\n")
    shutil.move(clone.path, repository / "homes" / "ses_1")
    inside = msgspec.structs.replace(clone, path=str(repository / "homes" / "ses_1"))
    work(inside)
    (Path(inside.path) / ".git/HEAD").unlink()
    with pytest.raises(RepositoryError):
        why(inside)


def test_a_removal_that_was_broken_off_is_finished(tmp_path):
    home = paths({"STEERDECK_HOME": str(tmp_path / "s"), "HOME": str(tmp_path)})
    (home.workspaces / ".removing-ses_1" / "src").mkdir(parents=True)

    async def listed():
        return [found async for found in cleaning.clones(home, [])]

    (found,) = asyncio.run(listed())
    assert found.why == ""
    cleaning.remove(found)
    assert list(home.workspaces.iterdir()) == []


def test_opening_folders_for_their_removal_changes_nothing_outside(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    secret = write(outside, "secret", "words", 0o400)
    outside.chmod(0o500)
    closed = inside / "a" / "closed"
    closed.mkdir(parents=True)
    (closed / "file").symlink_to(secret)
    (closed / "folder").symlink_to(outside)
    (closed / "same").hardlink_to(secret)
    for folder in (closed, closed.parent, inside):
        folder.chmod(0o500)
    cleaning.open_up(inside)
    modes = [path.lstat().st_mode & 0o777 for path in (secret, outside, closed, inside)]
    assert modes == [0o400, 0o500, 0o700, 0o700]
    cleaning.remove(cleaning.Found("clone", str(inside), 0))
    assert secret.read_text() == "words" and not inside.exists()
    outside.chmod(0o700)


def test_living_and_unknown_sessions_keep_their_clones(tmp_path, clone):
    home = paths({"STEERDECK_HOME": str(tmp_path / "s"), "HOME": str(tmp_path)})
    (home.workspaces / "ses_unknown").mkdir()
    known = SessionState(id=SessionId("ses_1"), name="fix", workspace=clone)

    async def listed(state):
        return [found async for found in cleaning.clones(home, [state])]

    first, second = asyncio.run(listed(known))
    assert (first.session, first.why) == ("fix", "its session is not archived")
    assert "no session" in second.why
    archived = SessionState(id=SessionId("ses_1"), name="fix", workspace=clone, archived="landed")
    first, second = asyncio.run(listed(archived))
    assert first.why == "" and second.why
    cleaning.remove(first)
    assert [entry.name for entry in home.workspaces.iterdir()] == ["ses_unknown"]


def test_a_discarded_clone_with_work_is_kept(tmp_path, clone):
    home = paths({"STEERDECK_HOME": str(tmp_path / "s"), "HOME": str(tmp_path)})
    work(clone)
    home.bin.mkdir()
    Path(clone.path).rename(home.bin / "ses_1")
    gone = SessionState(id=SessionId("ses_1"), name="fix", workspace=clone, archived="discarded")

    async def listed():
        return [found async for found in cleaning.clones(home, [gone])]

    (found,) = asyncio.run(listed())
    assert (found.session, found.why) == ("fix", "there is work not landed")


def test_a_socket_somebody_listens_at_stays(tmp_path, short_folder, monkeypatch):
    place = short_folder / "sockets"
    for name in ("0" * 16, "1" * 16, "2" * 16, "home-0123456789abcdef"):
        (place / name).mkdir(parents=True)
        os.utime(place / name, (0, 0))
    home = paths({"STEERDECK_HOME": str(tmp_path / "s"), "HOME": str(tmp_path)})
    monkeypatch.setattr(
        type(home), "socket", property(lambda self: place / ("0" * 16) / "runtime.sock")
    )
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as ended:
        monkeypatch.chdir(place)
        listening.bind(f"{'1' * 16}/runtime.sock")
        listening.listen()
        ended.bind(f"{'2' * 16}/runtime.sock")
        for name in ("1", "2"):
            os.utime(place / (name * 16), (0, 0))
        found = cleaning.sockets(home, 1000.0)
        assert [Path(one.path).name for one in found] == ["0" * 16, "2" * 16]
        assert cleaning.sockets(home, 30.0) == []


def test_what_the_developer_wrote_is_no_cache(tmp_path):
    home = paths({"STEERDECK_HOME": str(tmp_path / "s"), "HOME": str(tmp_path)})
    home.cache.mkdir(parents=True)
    other = home.cache / "hosts" / "0123456789abcdef"
    for place in (home.cache, other):
        place.mkdir(parents=True, exist_ok=True)
        for name in ("deck.json", "frame", *sorted(cleaning.KEPT_OF_CACHE)):
            (place / name).write_text("{}")
    (home.cache / "models.json").write_text("{}")
    found = cleaning.caches(home)
    names = [str(Path(one.path).relative_to(home.cache)) for one in found]
    theirs = ["hosts/0123456789abcdef/deck.json", "hosts/0123456789abcdef/frame"]
    assert names == ["deck.json", "frame", "models.json", *theirs]
    for one in found:
        cleaning.remove(one)
    assert {entry.name for entry in other.iterdir()} == cleaning.KEPT_OF_CACHE


def test_scratch_folders_of_a_killed_process_can_go_and_those_of_a_living_one_stay(tmp_path: Path):
    home = paths({"STEERDECK_HOME": str(tmp_path)})
    maker = (
        "import os, signal\n"
        "from steerdeck_agents.settings.scratch import ScratchFolder\n"
        "folder = ScratchFolder().path\n"
        "(folder / 'index').write_text('of git')\n"
        "print(folder, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", maker], capture_output=True, text=True)
    folder = Path(done.stdout.strip())
    with ScratchFolder() as own:
        found = {one.path: one for one in cleaning.left_behind(home)}
        assert str(own) not in found
        assert (found[str(folder)].kind, found[str(folder)].bytes) == ("scratch", 6)
        cleaning.remove(found[str(folder)])
        assert not folder.exists()
