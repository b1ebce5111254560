import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.repositories import write
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.workspace.within import (
    LINK,
    FileState,
    parts_of,
    read_file,
    remove_file,
    write_file,
)

FILE = FileState(mode=0o640, data=b"new\n")


@pytest.mark.parametrize(
    "path",
    [
        "", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/", "a\0b", ".git/config",
        ".GIT/x",
        "sub/.git/hooks/pre-commit", "git~1/config", ".g\u200cit/x", ".git./x", ".git ::$DATA/x",
    ],
)  # fmt: skip
def test_a_path_that_leaves_or_reaches_git_is_refused(tmp_path: Path, path: str):
    for act in (
        lambda: read_file(tmp_path, path, 10),
        lambda: write_file(tmp_path, path, FILE),
        lambda: remove_file(tmp_path, path),
    ):
        with pytest.raises(OrderRefused):
            act()


@given(st.text(max_size=20))
def test_what_is_accepted_stays_inside(path: str):
    try:
        parts = parts_of(path)
    except OrderRefused:
        return
    assert "/".join(parts) == path
    assert os.path.normpath(f"/top/{path}") == f"/top/{path}"


def test_writing_makes_folders_and_replaces_whole_files(tmp_path: Path):
    write_file(tmp_path, "a/b/c", FILE)
    write_file(tmp_path, "a/b/c", FileState(mode=0o755, data=b"again\n"))
    assert (tmp_path / "a/b/c").read_bytes() == b"again\n"
    assert (tmp_path / "a/b/c").stat().st_mode & 0o777 == 0o755
    assert [path.name for path in (tmp_path / "a/b").iterdir()] == ["c"]
    assert read_file(tmp_path, "a/b/c", 10) == FileState(mode=0o755, data=b"again\n")
    with pytest.raises(OrderRefused, match="more than 3 bytes"):
        read_file(tmp_path, "a/b/c", 3)


def test_links_are_never_followed(tmp_path: Path):
    outside = tmp_path / "outside"
    write(outside, "file", "precious\n")
    root = tmp_path / "root"
    root.mkdir()
    (root / "folder").symlink_to(outside)
    (root / "file").symlink_to(outside / "file")
    assert read_file(root, "folder/file", 99) is None
    assert read_file(root, "file", 99) == FileState(mode=LINK, link=str(outside / "file"))
    remove_file(root, "folder/file")
    with pytest.raises(OrderRefused, match="link or a file"):
        write_file(root, "folder/file", FILE)
    write_file(root, "file", FILE)
    assert not (root / "file").is_symlink()
    write_file(root, "file", FileState(mode=LINK, link="/etc/passwd"))
    assert (root / "file").readlink() == Path("/etc/passwd")
    remove_file(root, "file")
    assert (outside / "file").read_text() == "precious\n"


def test_a_hard_link_to_the_outside_is_replaced_not_written_through(tmp_path: Path):
    write(tmp_path, "outside", "precious\n")
    (tmp_path / "root").mkdir()
    (tmp_path / "root/file").hardlink_to(tmp_path / "outside")
    write_file(tmp_path / "root", "file", FILE)
    assert (tmp_path / "outside").read_text() == "precious\n"


def test_removing_takes_the_folders_it_empties_and_no_others(tmp_path: Path):
    write(tmp_path, "a/b/c", "x")
    write(tmp_path, "a/d", "x")
    remove_file(tmp_path, "a/b/c")
    remove_file(tmp_path, "a/b/c")
    remove_file(tmp_path, "a/d/e")
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["a", "a/d"]
    with pytest.raises(OrderRefused, match="folder"):
        remove_file(tmp_path, "a")


def test_a_file_takes_the_place_of_an_empty_folder_only(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    write_file(tmp_path, "empty", FILE)
    write(tmp_path, "full/file", "x")
    with pytest.raises(OrderRefused, match="holds other files"):
        write_file(tmp_path, "full", FILE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "full"]


def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OrderRefused, match="not a file"):
        read_file(tmp_path, "pipe", 10)
