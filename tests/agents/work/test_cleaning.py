"""What may be removed: only clones all of whose work stands in the developer's repository."""

import asyncio
import os
import shutil
import socket
from pathlib import Path

import pytest

from kit.repositories import commit, plain, run, write
from kit.workspaces import workspace_of
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.settings.paths import paths
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


def test_a_repository_made_inside_is_work_too(clone):
    inner = Path(clone.path) / "inner"
    inner.mkdir()
    run(inner, "init", "-q")
    write(inner, "a.txt", "a\n")
    assert "repository of its own" in why(clone)


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
    for name in ("deck.json", "drafts.json", "memory.json", "theme", "models.json"):
        (home.cache / name).write_text("{}")
    names = [Path(found.path).name for found in cleaning.caches(home)]
    assert names == ["deck.json", "models.json"]
