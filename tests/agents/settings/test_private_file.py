"""Files of the developer's: replaced whole, theirs only, and never half."""

import stat
from pathlib import Path

import pytest

from steerdeck_agents.settings.private_file import replace_file


def test_a_file_is_replaced_whole_and_only_its_owner_may_read_it(tmp_path: Path):
    place = tmp_path / "kept.json"
    place.write_text("a long text that was there before")
    replace_file(place, b"new")
    assert place.read_bytes() == b"new"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [place]


def test_a_file_that_cannot_be_replaced_leaves_no_draft(tmp_path: Path):
    place = tmp_path / "kept.json"
    place.mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(place, b"new")
    assert list(tmp_path.iterdir()) == [place]
