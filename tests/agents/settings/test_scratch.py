"""Scratch folders: private, gone when left, and swept when their maker was killed."""

import os
import stat
import subprocess
import sys
from pathlib import Path

from steerdeck_agents.settings.scratch import ScratchFolder, left, place, sweep

_MAKER = """
import sys
from pathlib import Path
from steerdeck_agents.settings.scratch import ScratchFolder
folder = ScratchFolder(Path(sys.argv[1]))
(folder.path / "index").write_text("of a commit")
print(folder.path, flush=True)
sys.stdin.read()
"""


def _maker(top: Path) -> "tuple[subprocess.Popen[str], Path]":
    maker = subprocess.Popen(
        [sys.executable, "-c", _MAKER, str(top)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert maker.stdout is not None
    return maker, Path(maker.stdout.readline().strip())


def _kill(maker: "subprocess.Popen[str]") -> None:
    maker.kill()
    maker.communicate()


def test_a_scratch_folder_is_private_and_gone_when_it_is_left(tmp_path: Path) -> None:
    with ScratchFolder(tmp_path / "scratch") as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
        assert folder.name.startswith(f"{os.getpid()}-")
        (folder / "below").mkdir()
    assert not folder.exists()


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_has_is_not(
    tmp_path: Path,
) -> None:
    top = tmp_path / "scratch"
    maker, folder = _maker(top)
    try:
        with ScratchFolder(top) as own:
            assert left(top) == []
            assert sweep(top) == 0
            assert (folder / "index").exists()
            _kill(maker)
            assert left(top) == [folder]
            assert sweep(top) == 1
            assert not folder.exists()
            assert own.is_dir()
    finally:
        _kill(maker)


def test_a_sweep_follows_no_link_and_minds_no_missing_place(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine").write_text("stays")
    top = tmp_path / "scratch"
    assert sweep(top) == 0
    top.mkdir()
    (top / "1-link").symlink_to(other)
    assert sweep(top) == 0
    (tmp_path / "elsewhere").symlink_to(other)
    assert left(tmp_path / "elsewhere") == []
    assert (other / "mine").exists()


def test_the_place_is_where_the_readme_removes() -> None:
    assert place(7) == Path("/tmp/steerdeck-7/scratch")
