"""A short home for every test here, and no runtime left behind by any."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.command import end_runtimes


@pytest.fixture
def base(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The STEERDECK_HOME of this test; whatever it started is ended.

    Its developer has met the first page before: here the deck itself is what is tried.
    """
    monkeypatch.setenv("STEERDECK_HOME", str(short_folder))
    state = short_folder / "state"
    state.mkdir(mode=0o700)
    (state / "welcomed").touch()
    yield short_folder
    end_runtimes(short_folder)
