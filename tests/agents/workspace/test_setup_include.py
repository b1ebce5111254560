"""`.worktreeinclude`: which ignored files a workspace gets, and all it never gets."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from kit.repositories import commit, contents, fingerprint, hostile, plain, run, write
from kit.workspaces import workspace_of
from steerdeck_agents.facts.errors import RepositoryError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.workspace import include as including
from steerdeck_agents.workspace.bring import LeftOut
from steerdeck_agents.workspace.changes import changed_files
from steerdeck_agents.workspace.include import Included, include
from steerdeck_agents.workspace.repository import find


def _shop(folder: Path) -> Path:
    """A checkout whose ignored files a session needs."""
    top = plain(folder)
    write(top, ".gitignore", "build/\n*.log\n.env*\n!.env.example\nlocal/\n")
    write(top, ".env.example", "TOKEN=\n")
    commit(top, "ignore more")
    write(top, ".env", "TOKEN=secret\n", 0o600)
    write(top, "web/.env.local", "PORT=1\n")
    write(top, "local/deep/settings.json", "{}\n")
    write(top, "local/run.sh", "#!/bin/sh\n", 0o755)
    return top


def _include(top: Path, ours: Workspace) -> Included:
    async def main() -> Included:
        return await include(await find(top), ours, lambda line: None)

    return asyncio.run(main())


def _reasons(done: Included) -> dict[str, str]:
    return {one.path: one.why for one in done.left_out}


def test_without_a_list_nothing_is_brought(tmp_path: Path):
    top = _shop(tmp_path / "top")
    ours = workspace_of(top, tmp_path / "w")
    assert _include(top, ours) == Included()
    assert not (Path(ours.path) / ".env").exists()


def test_ignored_files_the_list_names_arrive_with_bytes_modes_and_times(tmp_path: Path):
    top = _shop(tmp_path / "top")
    write(top, ".worktreeinclude", "# what a session needs\n.env*\n/local/\n")
    ours = workspace_of(top, tmp_path / "w")
    done = _include(top, ours)
    names = (".env", "local/deep/settings.json", "local/run.sh", "web/.env.local")
    assert done.copied == names
    assert done.left_out == ()
    there = contents(Path(ours.path))
    assert {name: there[name] for name in names} == {name: contents(top)[name] for name in names}
    for name in names:
        assert (Path(ours.path) / name).stat().st_mtime_ns == (top / name).stat().st_mtime_ns
        assert not (Path(ours.path) / name).samefile(top / name)


def test_only_what_is_both_named_and_ignored_is_brought(tmp_path: Path):
    top = _shop(tmp_path / "top")
    write(top, "new.txt", "not ignored\n")
    write(top, "noise.log", "ignored, not named\n")
    write(top, ".worktreeinclude", "new.txt\nreadme.md\n.env*\n!web/.env.local\n")
    write(top, "readme.md", "# changed, and tracked\n")
    ours = workspace_of(top, tmp_path / "w")
    assert _include(top, ours).copied == (".env",)
    assert (Path(ours.path) / "readme.md").read_text() == "# Plain\n"
    assert not (Path(ours.path) / "noise.log").exists()


def test_brought_files_are_no_work_of_the_session_whatever_its_commit_ignores(tmp_path: Path):
    top = _shop(tmp_path / "top")
    odd = "local/a [b]*c? \\d#.txt"
    write(top, odd, "odd\n")
    write(top, ".worktreeinclude", ".env\nlocal/\n")
    ours = workspace_of(top, tmp_path / "w", base="HEAD~1")
    done = _include(top, ours)
    assert odd in done.copied
    assert ".env" in done.copied
    assert run(Path(ours.path), "status", "--porcelain", "--untracked-files=all") == ""
    assert asyncio.run(changed_files(ours)) == ()
    write(Path(ours.path), "local/a b*c? \\d#.txt", "its own\n")
    assert len(asyncio.run(changed_files(ours))) == 1


def test_a_commit_that_tracks_the_file_keeps_its_own(tmp_path: Path):
    top = _shop(tmp_path / "top")
    run(top, "add", "-f", ".env")
    before = commit(top, "tracked for a while")
    run(top, "rm", "-q", "--cached", ".env")
    commit(top, "tracked no longer")
    write(top, ".env", "TOKEN=newer\n")
    write(top, ".worktreeinclude", ".env\n")
    ours = workspace_of(top, tmp_path / "w", base=before)
    (Path(ours.path) / ".env").unlink()
    done = _include(top, ours)
    assert done.copied == ()
    assert "is tracked at this session's commit" in _reasons(done)[".env"]
    assert not (Path(ours.path) / ".env").exists()


def test_a_commit_that_insists_on_the_file_does_not_get_it(tmp_path: Path):
    top = _shop(tmp_path / "top")
    write(top, ".gitignore", "*\n!.env\n!.gitignore\n")
    run(top, "add", ".gitignore")
    before = run(top, "commit-tree", "-m", "x", "-p", "HEAD", run(top, "write-tree"))
    run(top, "reset", "-q", "--hard")
    write(top, ".worktreeinclude", ".env\n")
    ours = workspace_of(top, tmp_path / "w", base=before)
    done = _include(top, ours)
    assert done.copied == ()
    assert "would become part of its work" in _reasons(done)[".env"]


def test_what_is_there_already_stays(tmp_path: Path):
    top = _shop(tmp_path / "top")
    write(top, ".worktreeinclude", ".env\n")
    ours = workspace_of(top, tmp_path / "w")
    assert _include(top, ours).copied == (".env",)
    write(Path(ours.path), ".env", "TOKEN=of the session\n")
    again = _include(top, ours)
    assert _reasons(again) == {".env": "is in the workspace already"}
    assert (Path(ours.path) / ".env").read_text() == "TOKEN=of the session\n"


def test_links_are_brought_as_links_and_only_inside(tmp_path: Path):
    top = _shop(tmp_path / "top")
    write(tmp_path, "outside.txt", "not yours\n")
    (top / "local/inside").symlink_to("deep/settings.json")
    (top / "local/up").symlink_to("../../outside.txt")
    (top / "local/absolute").symlink_to(tmp_path / "outside.txt")
    (top / "local/home").symlink_to(top / "readme.md")
    (top / "local/folder").symlink_to(tmp_path)
    os.mkfifo(top / "local/pipe")
    write(top, ".worktreeinclude", "local/\n")
    ours = workspace_of(top, tmp_path / "w")
    done = _include(top, ours)
    assert (Path(ours.path) / "local/inside").readlink() == Path("deep/settings.json")
    leads = "is a link that leads out of the repository"
    for name in ("up", "absolute", "home", "folder"):
        assert _reasons(done)[f"local/{name}"] == leads
        assert not os.path.lexists(Path(ours.path) / "local" / name)
    assert not os.path.lexists(Path(ours.path) / "local/pipe")


def test_a_link_in_the_workspace_is_never_gone_through(tmp_path: Path):
    top = _shop(tmp_path / "top")
    write(top, ".worktreeinclude", "local/\n")
    ours = workspace_of(top, tmp_path / "w")
    (tmp_path / "elsewhere").mkdir()
    (Path(ours.path) / "local").symlink_to(tmp_path / "elsewhere")
    done = _include(top, ours)
    assert done.copied == ()
    assert "goes through a link" in _reasons(done)["local/run.sh"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_repositories_inside_and_large_files_stay_behind_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    top = _shop(tmp_path / "top")
    plain(top / "local/inner")
    write(top, "local/big.db", b"x" * 3000)
    write(top, ".worktreeinclude", "local/\n")
    monkeypatch.setattr(including, "LARGEST_FILE", 2000)
    ours = workspace_of(top, tmp_path / "w")
    done = _include(top, ours)
    assert _reasons(done) == {
        "local/big.db": "holds 3,000 bytes, more than 2,000 bytes; let the set-up script fetch or "
        "make it",
        "local/inner/": "is a repository of its own",
    }
    assert not (Path(ours.path) / "local/inner").exists()


@pytest.mark.parametrize(("limit", "most"), [("LARGEST_ALL", 9), ("MOST_FILES", 2)])
def test_a_list_that_names_too_much_brings_nothing_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
):
    top = _shop(tmp_path / "top")
    write(top, ".worktreeinclude", ".env*\nlocal/\n")
    monkeypatch.setattr(including, limit, most)
    ours = workspace_of(top, tmp_path / "w")
    done = _include(top, ours)
    assert done.copied == ()
    assert "so nothing was copied" in _reasons(done)[".worktreeinclude"]
    assert not (Path(ours.path) / ".env").exists()


def test_the_notice_names_secrets_and_what_was_left_out():
    done = Included((".env", "local/a"), (LeftOut("x\udcff", "is not there"),))
    assert done.secret == (".env",)
    assert done.notes() == (
        ".worktreeinclude: copied .env, local/a.",
        ".env: copied because .worktreeinclude names it. Commands of this session can read it; "
        "the agent's own reading of it still asks.",
        ".worktreeinclude, left out: x\\xff is not there.",
    )


def test_very_many_files_are_told_by_their_folders():
    many = Included(tuple(f"cache/{number}" for number in range(500)))
    assert many.brief() == ("cache (500 files)",)
    assert many.notes()[0].endswith("cache/4 and 495 more.")


@pytest.mark.parametrize("kind", ["link", "folder", "long"])
def test_a_list_that_cannot_be_read_fails_loudly(tmp_path: Path, kind: str):
    top = _shop(tmp_path / "top")
    listed = top / ".worktreeinclude"
    if kind == "link":
        listed.symlink_to(write(tmp_path, "elsewhere", "*\n"))
    elif kind == "long":
        listed.write_bytes(b"#" * 70_000)
    else:
        os.mkfifo(listed)
    ours = workspace_of(top, tmp_path / "w")
    with pytest.raises(RepositoryError, match=r"\.worktreeinclude"):
        _include(top, ours)


def test_neither_side_runs_a_program_and_the_developers_side_is_byte_identical(tmp_path: Path):
    canary = tmp_path / "canary"
    top = hostile(tmp_path / "top", canary)
    write(top, "noise.log", "ignored\n")
    write(top, ".worktreeinclude", "*.log\n")
    ours = workspace_of(top, tmp_path / "w")
    before = fingerprint(top)
    assert _include(top, ours).copied == ("noise.log",)
    assert not canary.exists()
    assert fingerprint(top) == before
    subprocess.run(["git", "status"], cwd=top, capture_output=True, check=True)
    assert canary.exists(), "the trap works"
