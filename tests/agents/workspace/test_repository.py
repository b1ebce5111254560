import asyncio
import os
from pathlib import Path

import pytest

from kit.repositories import (
    bare,
    commit,
    detached,
    dirty,
    fingerprint,
    linked_worktree,
    partial,
    plain,
    run,
    shallow,
    sparse,
    with_lfs,
    with_submodule,
    without_commits,
    write,
)
from steerdeck_agents.facts.errors import RepositoryError
from steerdeck_agents.workspace.repository import Repository, Seen, find, find_again


def found(folder: Path | str) -> Repository:
    return asyncio.run(find(folder))


def test_a_plain_repository_is_described_without_touching_it(tmp_path: Path):
    top = plain(tmp_path / "top")
    before = fingerprint(top)
    seen = found(top / "src")
    assert (seen.top, seen.subfolder, seen.branch) == (str(top), "src", "main")
    assert seen.git_dir == seen.common_dir == str(top / ".git")
    assert seen.head == run(top, "rev-parse", "HEAD")
    assert not seen.dirty
    assert seen.notes() == ()
    assert found(top / "readme.md").top == str(top)
    assert fingerprint(top) == before


def test_uncommitted_work_is_counted_and_the_index_not_refreshed(tmp_path: Path):
    top = dirty(tmp_path / "top")
    before = fingerprint(top)
    seen = found(top)
    assert (seen.changed, seen.untracked, seen.dirty) == (5, 2, True)
    assert fingerprint(top) == before


def test_ahead_and_behind_and_the_upstream_are_told(tmp_path: Path):
    plain(tmp_path / "up")
    run(tmp_path, "clone", "-q", str(tmp_path / "up"), "top")
    top = tmp_path / "top"
    run(top, "reset", "-q", "--hard", "HEAD~1")
    commit(top)
    commit(top)
    seen = found(top)
    assert (seen.ahead, seen.behind, seen.upstream) == (2, 1, str(tmp_path / "up"))


@pytest.mark.parametrize(
    "url", ["ext::sh -c evil", "--upload-pack=evil", "foo::bar", "https://a.invalid/\x1b[2J"]
)
def test_a_remote_that_could_run_something_is_not_taken_along(tmp_path: Path, url: str):
    top = plain(tmp_path / "top")
    run(top, "config", "remote.origin.url", url)
    assert found(top).upstream == ""


@pytest.mark.parametrize(
    ("maker", "words"),
    [
        (detached, "HEAD is detached"),
        (shallow, "history is shallow"),
        (partial, "partial clone"),
        (sparse, "checkout is sparse"),
        (with_submodule, "Submodules stay empty"),
        (with_lfs, "pointers"),
    ],
)
def test_what_is_odd_is_said(tmp_path: Path, maker, words: str):
    assert [words in note for note in found(maker(tmp_path / "top")).notes()] == [True]


def test_a_linked_worktree_knows_where_its_objects_are(tmp_path: Path):
    seen = found(linked_worktree(tmp_path / "side"))
    assert (seen.branch, seen.top) == ("side", str(tmp_path / "side"))
    assert seen.common_dir == str(tmp_path / "side-main/.git")


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("nothing", "There is no folder"),
        ("folder", "not in a git repository.*git init"),
        ("bare", "bare repository.*git clone"),
        ("top/.git", "bare repository"),
        ("empty", "no commit yet.*git commit"),
        ("C:\\Users\\me\\shop", "Windows path.*/mnt/c"),
        ("\\\\wsl$\\Debian\\home", "Windows path"),
    ],
)
def test_what_can_not_be_worked_on_is_one_sentence_with_the_way_out(
    tmp_path: Path, where: str, words: str
):
    (tmp_path / "folder").mkdir()
    plain(tmp_path / "top")
    bare(tmp_path / "bare")
    without_commits(tmp_path / "empty")
    with pytest.raises(RepositoryError, match=words) as error:
        found(where if "\\" in where else tmp_path / where)
    assert "\n" not in str(error.value)


def test_files_that_config_puts_elsewhere_are_refused(tmp_path: Path):
    top = plain(tmp_path / "top")
    (tmp_path / "secret").mkdir()
    run(top, "config", "core.worktree", str(tmp_path / "secret"))
    with pytest.raises(RepositoryError):
        found(top)


def test_without_git_there_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "relative:.")
    write(tmp_path, "git", "#!/bin/sh\n", 0o755)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RepositoryError, match="git isn't installed"):
        found(tmp_path)


def test_git_variables_of_the_caller_do_not_lead_it_astray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    top = plain(tmp_path / "top")
    other = plain(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.bare")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    assert found(top).top == str(top)
    assert "GIT_DIR" not in os.environ


def test_what_was_seen_a_moment_ago_holds_and_what_was_seen_before_is_looked_for(tmp_path: Path):
    top = plain(tmp_path / "top")
    seen = Seen(asyncio.run(find(top)), 100.0)
    commit(top, "third")

    def now(seen: Seen | None, now_s: float) -> Repository:
        return asyncio.run(find_again(top, seen, now_s))

    assert now(seen, 100.5) is seen.repository
    assert now(seen, 102.0).head == now(None, 100.0).head != seen.repository.head
