import asyncio
import os
from pathlib import Path

from kit.repositories import contents, plain, run, write
from kit.workspaces import made, workspace_of
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.workspace.checkpoint import (
    Capture,
    Snapshot,
    base_file,
    capture,
    restore,
    snapshot_of,
)
from steerdeck_agents.workspace.git import LARGE


def scan(ours: Workspace, previous: Snapshot | None = None) -> Capture:
    return asyncio.run(capture(ours, previous, lambda sha: False))


def ready(tmp_path: Path) -> tuple[Workspace, Path, Capture]:
    ours = workspace_of(plain(tmp_path / "top"), tmp_path / "w")
    return ours, Path(ours.path), scan(ours)


def test_a_fresh_workspace_stores_nothing_because_git_has_it(tmp_path: Path):
    ours, _, first = ready(tmp_path)
    assert first.changed == first.contents == first.not_covered == ()
    assert set(first.snapshot.files) == {
        ".gitignore", "data/logo.bin", "link", "readme.md", "run.sh", "src/shop.py",
    }  # fmt: skip
    assert scan(ours, first.snapshot).changed == ()


def test_only_what_changed_since_the_last_checkpoint_is_stored(tmp_path: Path):
    ours, there, first = ready(tmp_path)
    write(there, "readme.md", "one\n")
    write(there, "run.sh", (there / "run.sh").read_bytes(), 0o644)
    write(there, "new/näw.txt", "new\n", 0o600)
    (there / "data/logo.bin").unlink()
    (there / "link").unlink()
    (there / "link").symlink_to("/etc")
    second = scan(ours, first.snapshot)
    assert {(f.path, oct(f.mode), f.sha, f.link) for f in second.changed} == {
        ("readme.md", "0o644", sha_of(b"one\n"), None),
        ("run.sh", "0o644", sha_of((there / "run.sh").read_bytes()), None),
        ("new/näw.txt", "0o600", sha_of(b"new\n"), None),
        ("data/logo.bin", "0o0", None, None),
        ("link", "0o120000", None, "/etc"),
    }
    assert {kept.data for kept in second.contents} == {
        b"one\n", b"new\n", (there / "run.sh").read_bytes(),
    }  # fmt: skip
    assert scan(ours, second.snapshot).changed == ()
    (there / "new/näw.txt").unlink()
    write(there, "data/logo.bin", "back\n")
    assert scan(ours, second.snapshot).paths == ("data/logo.bin", "new/näw.txt")


def test_a_touched_or_rewritten_file_with_the_same_bytes_is_no_change(tmp_path: Path):
    ours, there, first = ready(tmp_path)
    os.utime(there / "readme.md", ns=(1, 1))
    write(there, "src/shop.py", (there / "src/shop.py").read_bytes())
    second = scan(ours, first.snapshot)
    assert second.changed == ()
    write(there, "readme.md", "one\n")
    third = scan(ours, second.snapshot)
    os.utime(there / "readme.md", ns=(2, 2))
    assert scan(ours, third.snapshot).changed == ()


def test_a_second_change_in_the_same_tick_with_the_same_size_is_seen(tmp_path: Path):
    ours, there, first = ready(tmp_path)
    write(there, "readme.md", "one\n")
    second = scan(ours, first.snapshot)
    seen = (there / "readme.md").stat()
    (there / "readme.md").write_text("two\n")
    os.utime(there / "readme.md", ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert scan(ours, second.snapshot).paths == ("readme.md",)


def test_bytes_known_already_are_not_given_again(tmp_path: Path):
    ours, there, first = ready(tmp_path)
    write(there, "a", "same\n")
    write(there, "b", "same\n")
    write(there, "c", "known\n")
    known = sha_of(b"known\n")
    found = asyncio.run(capture(ours, first.snapshot, known.__eq__))
    assert len(found.changed) == 3
    assert [kept.data for kept in found.contents] == [b"same\n"]


def test_ignored_files_are_left_out_and_tracked_ones_never(tmp_path: Path):
    ours, there, first = ready(tmp_path)
    write(there, "build/out.o", "ignored\n")
    write(there, "x.log", "ignored\n")
    write(there, ".gitignore", "*.md\nbuild/\n*.log\n")
    write(there, "readme.md", "tracked\n")
    run(there, "rm", "-q", "--cached", "readme.md")
    assert scan(ours, first.snapshot).paths == (".gitignore", "readme.md")


def test_what_can_not_be_kept_is_named(tmp_path: Path):
    ours, there, first = ready(tmp_path)
    write(there, ".env", "KEY=1\n")
    write(there, "id_rsa", "key\n")
    write(there, "large.bin", b"x" * (LARGE + 1))
    run(tmp_path, "init", "-q", str(there / "planted"))
    write(there, "planted/file", "x\n")
    os.mkfifo(there / "pipe")
    second = scan(ours, first.snapshot)
    assert second.changed == ()
    # A pipe is no file to git, which doesn't list it.
    assert second.not_covered == (".env", "id_rsa", "large.bin", "planted/")
    (there / "large.bin").unlink()
    third = scan(ours, second.snapshot)
    assert [(file.path, file.sha) for file in third.changed] == [("large.bin", None)]
    assert scan(ours, third.snapshot).changed == ()


def test_names_that_are_not_utf8_are_kept_exactly_and_shown_with_marks(tmp_path: Path):
    ours, there, first = ready(tmp_path)
    write(there, os.fsdecode(b"b\xff"), "x\n")
    second = scan(ours, first.snapshot)
    assert second.paths == ("b\\xff",)
    assert os.fsencode(second.changed[0].path) == b"b\xff"


def test_after_a_restart_only_what_differs_from_the_stored_is_stored(tmp_path: Path):
    ours, there, first = ready(tmp_path)
    for name in ("readme.md", "new", "gone", "was"):
        write(there, name, f"{name}\n")
    second = scan(ours, first.snapshot)
    (there / "gone").unlink()
    write(there, "readme.md", "# Plain\n")
    write(there, "later", "later\n")
    third = scan(ours, snapshot_of(second.changed))
    assert third.paths == ("gone", "later", "readme.md")
    assert scan(ours, third.snapshot).changed == ()


def test_a_broken_index_still_leaves_a_checkpoint(tmp_path: Path):
    ours, there, first = ready(tmp_path)
    write(there, ".git/index", "broken")
    write(there, "readme.md", "one\n")
    assert scan(ours, first.snapshot).paths == ("readme.md",)
    assert "readme.md" in scan(ours, None).paths


def test_every_path_of_the_base_can_be_read_back(tmp_path: Path):
    async def live() -> None:
        top = plain(tmp_path / "top")
        write(top, "crlf.txt", "a\nb\n")
        write(top, ".gitattributes", "crlf.txt text eol=crlf\n")
        run(top, "add", "-A")
        run(top, "commit", "-q", "-m", "line ends")
        ours = await made(top, tmp_path / "w")
        for path, (mode, data) in contents(Path(ours.path)).items():
            state = await base_file(ours, path)
            assert state is not None
            if path == "link":
                assert state.link == "src/shop.py"
            else:
                assert (state.mode, state.data) == (mode, data)
        assert (tmp_path / "w/crlf.txt").read_bytes() == b"a\r\nb\r\n"
        assert await base_file(ours, "src") is None
        assert await base_file(ours, "nothing") is None

    asyncio.run(live())


def test_restoring_what_was_stored_gives_the_same_bytes_modes_and_links(tmp_path: Path):
    ours, there, first = ready(tmp_path)
    write(there, "run.sh", "#!/bin/sh\nother\n", 0o700)
    write(there, "deep/er/file", bytes(range(256)))
    (there / "link").unlink()
    (there / "link").symlink_to("nowhere")
    (there / "readme.md").unlink()
    before = contents(there)
    second = scan(ours, first.snapshot)
    data = {kept.sha: kept.data for kept in second.contents}
    run(there, "checkout", "-q", "--", ".")
    run(there, "clean", "-qfd")
    assert contents(there) != before
    for file in second.changed:
        restore(ours, file, None if file.sha is None else data[file.sha])
    assert contents(there) == before
