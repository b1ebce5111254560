"""What git lists is remembered, and asked for again as soon as it could be something else."""

import asyncio
import os
import random
import shutil
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from kit.repositories import plain, run, write
from kit.workspaces import workspace_of
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.sandbox.guarded import Hold
from steerdeck_agents.workspace.checkpoint import Capture, Snapshot, capture
from steerdeck_agents.workspace.listing import MOST_FOLDERS, TICK_NS, Listing, Vain


def scan(ours: Workspace, previous: Snapshot | None = None) -> Capture:
    return asyncio.run(capture(ours, previous, lambda sha: False))


def settled(tmp_path: Path) -> tuple[Workspace, Path, Capture]:
    """A workspace whose last change is older than the times of files are exact."""
    ours = workspace_of(plain(tmp_path / "top"), tmp_path / "w")
    Hold(Path(ours.path)).release()
    time.sleep(TICK_NS * 1.2e-9)
    return ours, Path(ours.path), scan(ours)


@pytest.fixture
def no_git(monkeypatch, tmp_path):
    """Call it, and git can't be started any more."""
    return lambda: monkeypatch.setenv("PATH", str(tmp_path))


def test_git_is_not_asked_when_nothing_but_the_bytes_of_files_has_changed(tmp_path, no_git):
    ours, there, first = settled(tmp_path)
    write(there, "new/one.txt", "one\n")
    second = scan(ours, first.snapshot)
    no_git()
    write(there, "new/one.txt", "two\n")
    third = scan(ours, second.snapshot)
    assert third.paths == ("new/one.txt",)
    hold = Hold(there)
    assert scan(ours, third.snapshot).paths == ()
    hold.release()
    assert scan(ours, third.snapshot).paths == ()


def test_a_file_put_into_a_folder_that_is_held_for_a_command_is_found(tmp_path):
    ours, there, first = settled(tmp_path)
    hold = Hold(there)
    second = scan(ours, first.snapshot)
    write(there, ".vscode/settings.json", "{}\n")
    third = scan(ours, second.snapshot)
    assert third.paths == (".vscode/settings.json",)
    hold.release()
    shutil.rmtree(there / ".vscode")
    assert scan(ours, third.snapshot).paths == (".vscode/settings.json",)


def test_a_file_that_takes_the_place_of_a_pipe_is_found_and_so_is_a_link(tmp_path):
    ours, there, first = settled(tmp_path)
    os.mkfifo(there / "src/one")
    os.mkfifo(there / "two")
    second = scan(ours, first.snapshot)
    (there / "src/one").unlink()
    write(there, "src/one", "work\n")
    (there / "two").unlink()
    (there / "two").symlink_to("readme.md")
    third = scan(ours, second.snapshot)
    assert third.paths == ("src/one", "two")
    (there / "src/one").unlink()
    os.mkfifo(there / "src/one")
    assert scan(ours, third.snapshot).not_covered == ("src/one",)


def test_git_is_not_asked_again_because_of_a_pipe_that_is_still_there(tmp_path, no_git):
    ours, there, first = settled(tmp_path)
    os.mkfifo(there / "pipe")
    second = scan(ours, first.snapshot)
    no_git()
    assert scan(ours, second.snapshot).snapshot.listing.grounds is not None


@pytest.fixture(params=["many folders", "a repository"])
def vain(request, tmp_path) -> tuple[Workspace, Path, Capture]:
    """A workspace with what a look at its folders ends at; only git can say what is in there."""
    ours, there, _ = settled(tmp_path)
    if request.param == "a repository":
        run(there, "init", "-q", "planted")
    else:
        for number in range(MOST_FOLDERS):
            (there / f"planted/{number}").mkdir(parents=True)
    return ours, there, scan(ours)


def test_a_look_that_was_in_vain_is_not_taken_again_for_a_while(vain):
    ours, there, first = vain
    assert isinstance(first.snapshot.listing.grounds, Vain)
    write(there, "new/one.txt", "one\n")
    second = scan(ours, first.snapshot)
    assert second.paths == ("new/one.txt",)
    assert second.snapshot.listing.grounds == first.snapshot.listing.grounds


def test_but_then_it_is(vain, no_git):
    ours, there, first = vain
    shutil.rmtree(there / "planted")
    over = Listing(first.snapshot.listing.paths, Vain(until_ns=0))
    time.sleep(TICK_NS * 1.2e-9)
    second = scan(ours, replace(first.snapshot, listing=over))
    no_git()
    third = scan(ours, second.snapshot)
    assert third.snapshot.listing.paths == second.snapshot.listing.paths
    assert third.snapshot.listing.grounds is not None


def _ignore_otherwise(there: Path) -> None:
    """Of the same length and in place: only the times of the file tell."""
    file = there / ".gitignore"
    text = file.read_bytes()
    file.write_bytes(b"*.two" if text.startswith(b"*.one") else b"*.one")


DEEDS = {
    "a file": lambda there, n: write(there, f"f{n}.one", "x"),
    "another file": lambda there, n: write(there, f"a/b{n}/f.two", "x"),
    "an empty folder": lambda there, n: (there / "empty/deep").mkdir(parents=True, exist_ok=True),
    "a file in it": lambda there, n: write(there, "empty/deep/f", "x"),
    "no folder": lambda there, n: shutil.rmtree(there / "a", ignore_errors=True),
    "ignored": lambda there, n: _ignore_otherwise(there),
    "excluded": lambda there, n: write(there, ".git/info/exclude", f"f{n}*\n"),
    "ignored by itself": lambda there, n: write(there, "a/.gitignore", "*\n"),
    "added": lambda there, n: run(there, "add", "-f", str(write(there, f"f{n}.one", "x"))),
    "forgotten": lambda there, n: run(there, "rm", "-q", "--cached", "-r", "--ignore-unmatch", "a"),
    "a repository": lambda there, n: run(there, "init", "-q", "planted"),
    "a file of that": lambda there, n: write(there, "planted/f", "x"),
    "none": lambda there, n: shutil.rmtree(there / "planted", ignore_errors=True),
    "renamed": lambda there, n: (there / "readme.md").replace(there / "f0.one"),
    "a link for a folder": lambda there, n: _link(there),
}


def _link(there: Path) -> None:
    shutil.rmtree(there / "empty", ignore_errors=True)
    if not os.path.lexists(there / "empty"):
        (there / "empty").symlink_to("src")


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_a_remembered_listing_is_the_one_git_gives(tmp_path, seed):
    ours, there, found = settled(tmp_path)
    chance = random.Random(seed)
    for number in range(12):
        name = chance.choice(list(DEEDS))
        if name == "an empty folder" and (there / "empty").is_symlink():
            (there / "empty").unlink()
        if name != "renamed" or (there / "readme.md").exists():
            DEEDS[name](there, number % 3)
        found = scan(ours, found.snapshot)
        asked = set(run(there, "ls-files", "-z", "-c", "-o", "--exclude-standard").split("\0"))
        assert found.snapshot.listing.paths == asked - {""}, name
