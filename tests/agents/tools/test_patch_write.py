"""All of a patch or nothing: real files, real races, real deaths in the middle."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from steerdeck_agents.facts.action import ApplyPatch, PatchedFile
from steerdeck_agents.facts.errors import BadArguments, PatchError
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools import patch, patch_write

PATCH = """\
*** Begin Patch
*** Update File: a.txt
-old a
+new a
*** Add File: made/here/b.txt
+new b
*** Delete File: sub/c.txt
*** Update File: sub/d.txt
*** Move to: e.txt
-old d
+new d
*** End Patch
"""
OLD = {"a.txt": b"old a\n", "sub/c.txt": b"old c\n", "sub/d.txt": b"old d\n"}
NEW = {"a.txt": b"new a\n", "made/here/b.txt": b"new b\n", "e.txt": b"new d\n"}
WATCHED = ("os.rename", "os.link", "os.remove", "os.mkdir")

_on_call: list[Callable[[], None]] = []
"""What happens at each watched call; Python's audit hooks can't be removed, so this is emptied."""


class Broken(OSError):
    """A file system call that failed on purpose."""


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _on_call and event in WATCHED:
        _on_call[0]()


sys.addaudithook(_hook)


@contextmanager
def at_call(number: int, act: Callable[[], None], onwards: bool = False) -> Iterator[list[int]]:
    """Does something right before the watched call of this number; yields how many there were."""
    seen = [0]

    def count() -> None:
        seen[0] += 1
        if seen[0] == number or (onwards and seen[0] > number):
            act()

    _on_call.append(count)
    try:
        yield seen
    finally:
        _on_call.clear()


def fail() -> None:
    raise Broken(28, "No space left on device")


def fill(top: Path) -> None:
    for name, data in OLD.items():
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).write_bytes(data)


def empty(top: Path) -> None:
    for path in sorted(top.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()


def files(top: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()
    }


def folders(top: Path) -> list[str]:
    return sorted(str(path.relative_to(top)) for path in top.rglob("*") if path.is_dir())


def calls_of_a_write(top: Path, workspace: Workspace) -> int:
    action = patch.compute(PATCH, workspace)
    with at_call(0, fail) as seen:
        patch_write.write(workspace, action)
    assert files(top) == NEW and folders(top) == ["made", "made/here", "sub"]
    return seen[0]


def test_a_patch_is_written_whole_or_taken_back_whole(top: Path, workspace: Workspace) -> None:
    fill(top)
    calls = calls_of_a_write(top, workspace)
    assert calls > 10
    outcomes = set()
    for number in range(1, calls + 1):
        empty(top)
        fill(top)
        inode = (top / "a.txt").stat().st_ino
        action = patch.compute(PATCH, workspace)
        try:
            with at_call(number, fail):
                patch_write.write(workspace, action)
        except Broken:
            outcomes.add("taken back")
            assert (top / "a.txt").stat().st_ino == inode
            assert folders(top) == ["sub"]
            assert files(top) == OLD
        else:
            outcomes.add("written")
            left = {n: d for n, d in files(top).items() if not Path(n).name.startswith(".steerd")}
            assert left == NEW
    assert outcomes == {"taken back", "written"}


def test_what_could_not_be_put_back_is_named(top: Path, workspace: Workspace) -> None:
    fill(top)
    calls = calls_of_a_write(top, workspace)
    said: set[int] = set()
    for number in range(1, calls + 1):
        empty(top)
        fill(top)
        action = patch.compute(PATCH, workspace)
        try:
            with at_call(number, fail, onwards=True):
                patch_write.write(workspace, action)
        except Broken:
            assert (top / "a.txt").read_bytes() == OLD["a.txt"]
        except PatchError as problem:
            now = files(top)
            left = {name for name in {*OLD, *NEW} if now.get(name) != OLD.get(name)}
            assert left == {name for name in {*OLD, *NEW} if f"`{name}`" in str(problem)}
            said.add(len(left))
    assert said == {1, 2, 3, 4}


def test_a_death_in_the_middle_leaves_every_file_old_or_new(
    top: Path, workspace: Workspace
) -> None:
    fill(top)
    calls = calls_of_a_write(top, workspace)
    for number in range(1, calls + 1):
        empty(top)
        fill(top)
        action = patch.compute(PATCH, workspace)
        child = os.fork()
        if child == 0:
            with at_call(number, lambda: os._exit(9)):
                patch_write.write(workspace, action)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        left = {n: d for n, d in files(top).items() if not Path(n).name.startswith(".steerdeck-")}
        for name, data in left.items():
            assert data in (OLD.get(name), NEW.get(name))
        assert "a.txt" in left
        assert "sub/d.txt" in left or "e.txt" in left


def test_a_file_that_changed_after_the_approval_is_not_overwritten(
    top: Path, workspace: Workspace, tmp_path: Path
) -> None:
    def swap_parent() -> None:
        (top / "sub").rename(top / "was")
        (top / "sub").symlink_to(tmp_path)

    def make_link() -> None:
        (top / "a.txt").unlink()
        (top / "a.txt").symlink_to(tmp_path / "outside")

    changes: list[Callable[[], object]] = [
        lambda: (top / "a.txt").write_text("changed"),
        lambda: (top / "sub/d.txt").unlink(),
        lambda: (top / "e.txt").write_text("appeared"),
        lambda: (top / "e.txt").symlink_to(tmp_path / "outside"),
        lambda: (top / "made").write_text("a file, not a folder"),
        lambda: (top / "made").symlink_to(tmp_path),
        make_link,
        swap_parent,
    ]
    for change in changes:
        empty(top)
        fill(top)
        (tmp_path / "outside").write_text("old a\n")
        action = patch.compute(PATCH, workspace)
        change()
        before = files(top)
        with pytest.raises(PatchError, match=r"Nothing was changed\.$"):
            patch_write.write(workspace, action)
        assert files(top) == before
        assert (tmp_path / "outside").read_text() == "old a\n"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "workspace"]


def test_folders_swapped_for_links_while_writing_lead_nowhere(
    top: Path, workspace: Workspace, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f").write_text("0")
    (top / "sub").mkdir()
    (top / "sub" / "f").write_text("0")
    over = threading.Event()

    def swap() -> None:
        while not over.is_set():
            (top / "sub").rename(top / "aside")
            (top / "sub").symlink_to(outside)
            (top / "sub").unlink()
            (top / "aside").rename(top / "sub")

    swapping = threading.Thread(target=swap)
    swapping.start()
    written = 0
    try:
        for number in range(1, 300):
            data = b"0" if written == 0 else str(written).encode()
            file = PatchedFile("sub/f", sha_of(data), str(number).encode())
            try:
                patch_write.write(workspace, ApplyPatch("", (file,)))
                written = number
            except (PatchError, OSError):
                continue
    finally:
        over.set()
        swapping.join()
    assert files(outside) == {"f": b"0"}
    assert (top / "sub" / "f").read_text() == str(written)
    assert sorted(files(top)) == ["sub/f"]


def test_names_are_judged_again_when_written(workspace: Workspace, tmp_path: Path) -> None:
    for name in ("../x", "/tmp/x", ".git/hooks/x", ".GIT/x", "a/../b", "a//b", ""):
        with pytest.raises((BadArguments, PatchError)):
            patch_write.write(workspace, ApplyPatch("", (PatchedFile(name, None, b"x"),)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["workspace"]


def test_a_new_file_takes_the_mode_the_umask_leaves(top: Path, workspace: Workspace) -> None:
    before = os.umask(0o027)
    try:
        made = (PatchedFile("f", None, b"x"), PatchedFile("run", None, b"x", executable=True))
        patch_write.write(workspace, ApplyPatch("", made))
    finally:
        os.umask(before)
    modes = [(top / name).stat().st_mode & 0o777 for name in ("f", "run")]
    assert modes == [0o640, 0o750]
