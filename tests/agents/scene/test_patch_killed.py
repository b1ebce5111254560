"""kill -9 while a patch of twenty files is written (a sample; see prove)."""

import subprocess
import sys
from pathlib import Path

import msgspec

from kit.dying_patches import Died


def test_a_half_written_patch_is_named_and_undone_byte_for_byte(tmp_path: Path):
    # In a process of its own, since it forks and must have no threads then.
    done = subprocess.run(
        [sys.executable, "-m", "kit.dying_patches", str(tmp_path / "k"), "1", "0.3", "0.65"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    ends = [msgspec.json.decode(line, type=Died) for line in done.stdout.splitlines()]
    assert [died.killed for died in ends] == [True, True], done.stderr
    assert all(died.named and died.restored for died in ends), ends
    assert [died.left for died in ends] == ["old", "half"]
