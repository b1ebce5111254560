import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.repositories import commit, contents, plain, run, sparse, write
from kit.workspaces import workspace_of
from steerdeck_agents.facts.places import FileChange, Workspace
from steerdeck_agents.workspace.base_files import BaseFiles
from steerdeck_agents.workspace.changes import changed_files, diff, patch
from steerdeck_agents.workspace.git import LARGE
from steerdeck_agents.workspace.unified import unified


def worked(tmp_path: Path) -> tuple[Workspace, Path]:
    """A workspace with committed, staged, written, new, removed and binary changes."""
    ours = workspace_of(plain(tmp_path / "top"), tmp_path / "w")
    there = Path(ours.path)
    write(there, "committed.txt", "a\nb\n")
    commit(there)
    write(there, "src/shop.py", "def total(items):\n    return 2\n")
    run(there, "add", "src")
    write(there, "readme.md", "")
    write(there, "sub/new file.txt", "no newline at the end")
    (there / "run.sh").unlink()
    write(there, "data/logo.bin", b"\0\1\2")
    write(there, "build/out.o", "ignored\n")
    return ours, there


def test_everything_changed_is_listed_whoever_did_it(tmp_path: Path):
    ours, there = worked(tmp_path)
    write(there, "large.txt", b"x\n" * LARGE)
    index = (there / ".git/index").read_bytes()
    assert asyncio.run(changed_files(ours)) == (
        FileChange("committed.txt", "added", 2, 0),
        FileChange("data/logo.bin", "binary"),
        FileChange("large.txt", "large"),
        FileChange("readme.md", "changed", 0, 1),
        FileChange("run.sh", "removed", 0, 2),
        FileChange("src/shop.py", "changed", 1, 1),
        FileChange("sub/new file.txt", "added", 1, 0),
    )
    assert (there / ".git/index").read_bytes() == index


def test_files_outside_of_a_sparse_checkout_are_listed_as_well(tmp_path: Path):
    ours = workspace_of(sparse(tmp_path / "top"), tmp_path / "w")
    write(Path(ours.path), "data/logo.bin", "changed\n")
    write(Path(ours.path), "data/new.txt", "new\n")
    found = asyncio.run(changed_files(ours))
    assert [(file.path, file.kind) for file in found] == [
        ("data/logo.bin", "binary"),
        ("data/new.txt", "added"),
    ]


def test_the_diff_names_every_change_and_can_be_narrowed(tmp_path: Path):
    ours, there = worked(tmp_path)
    text = asyncio.run(diff(ours))
    assert text.count("diff --git") == 6
    assert "+no newline at the end\n\\ No newline at end of file" in text
    assert "Binary files a/data/logo.bin and b/data/logo.bin differ" in text
    assert "build" not in text
    narrowed = {
        ("readme.md",): 1, ("sub",): 1, ("sub/new file.txt", "src"): 2, ("build/out.o",): 0,
        ("*",): 0,
    }  # fmt: skip
    (there / "src/shop.py").unlink()
    os.mkfifo(there / "src/shop.py")
    for paths, count in narrowed.items():
        told = asyncio.run(diff(ours, paths))
        assert told.count("diff --git") == count
    assert "-def total" in asyncio.run(diff(ours, ("src/shop.py",)))


def test_a_patch_makes_the_same_files_elsewhere(tmp_path: Path):
    ours, there = worked(tmp_path)
    (there / "link").unlink()
    (there / "link").symlink_to("elsewhere")
    (there / "src/shop.py").chmod(0o755)
    write(there, "latin.txt", "\xe9\n".encode("latin-1"))
    other = plain(tmp_path / "other")
    run(other, "apply", "--binary", "-", data=asyncio.run(patch(ours, ours.base)))
    ignored = {"build/out.o"}
    mine, theirs = contents(there), contents(other)
    assert {k: v for k, v in mine.items() if k not in ignored} == {
        k: v for k, v in theirs.items() if k not in ignored
    }


def test_nothing_changed_is_nothing(tmp_path: Path):
    ours = workspace_of(plain(tmp_path / "top"), tmp_path / "w")
    assert asyncio.run(changed_files(ours)) == ()
    assert asyncio.run(diff(ours)) == ""


def test_the_base_of_a_file_is_read_once_and_says_when_there_was_none(tmp_path: Path):
    ours, there = worked(tmp_path)

    async def read() -> None:
        bases = BaseFiles(ours)
        before = await bases.of("src/shop.py")
        assert before is not None and b"return sum(items)" in before.data
        shutil.rmtree(there / ".git")
        assert await bases.of("src/shop.py") is before
        write(there, "src/shop.py", b"changed")
        assert await bases.of("src/shop.py") is before

    asyncio.run(read())


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from("abc"), max_size=30),
    st.lists(st.sampled_from("abcd"), max_size=30),
    st.booleans(),
)
def test_a_unified_diff_turns_the_old_text_into_the_new(old: list[str], new: list[str], end: bool):
    before = "".join(f"{line}\n" for line in old)
    after = "".join(f"{line}\n" for line in new) + ("end" if end else "")
    added, removed, text = unified("f", before.encode(), after.encode())
    assert _applied(before, text) == after
    body = text.splitlines()[2:]
    assert added == sum(line.startswith("+") for line in body)
    assert removed == sum(line.startswith("-") for line in body)


def _applied(before: str, text: str) -> str:
    """What a strict reader makes of a unified diff."""
    old = before.splitlines(keepends=True)
    out: list[str] = []
    at = 0
    lines = text.splitlines(keepends=True)[2:]
    for number, line in enumerate(lines):
        if line.startswith("@@"):
            start, _, length = line.split()[1][1:].partition(",")
            first = int(start) - (0 if length == "0" else 1)
            out += old[at:first]
            at = first
        elif line.startswith(" "):
            assert old[at] == line[1:]
            out.append(old[at])
            at += 1
        elif line.startswith("-"):
            assert old[at] == line[1:]
            at += 1
        elif line.startswith("+"):
            bare = number + 1 < len(lines) and lines[number + 1].startswith("\\")
            out.append(line[1:].removesuffix("\n") if bare else line[1:])
    return "".join(out + old[at:])


@pytest.mark.parametrize("name", [b"\xff.txt", b"tab\tname", b'qu"ote'])
def test_odd_names_are_listed(tmp_path: Path, name: bytes):
    ours = workspace_of(plain(tmp_path / "top"), tmp_path / "w")
    write(Path(ours.path), os.fsdecode(name), "x\n")
    shown = name.decode("utf-8", "backslashreplace")
    assert asyncio.run(changed_files(ours)) == (FileChange(shown, "added", 1, 0),)


_gone: list[Path] = []
"""Files that vanish when git is told of them; audit hooks can't be removed, so this is emptied."""


def _vanish(event: str, arguments: tuple[object, ...]) -> None:
    if _gone and event == "subprocess.Popen" and "--intent-to-add" in str(arguments[1]):
        _gone.pop().unlink()


sys.addaudithook(_vanish)


def test_a_file_that_vanishes_while_it_is_looked_at_is_no_failure(tmp_path: Path):
    ours = workspace_of(plain(tmp_path / "top"), tmp_path / "w")
    there = Path(ours.path)
    write(there, "stays", "x\n")
    _gone[:] = [write(there, f"fleeting{number}", "x\n") for number in range(3)]
    assert asyncio.run(changed_files(ours)) == (FileChange("stays", "added", 1, 0),)
    assert not _gone
