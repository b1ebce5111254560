"""A workspace of plain files: tools need no git below them."""

from pathlib import Path

import pytest

from steerdeck_agents.facts.places import Workspace


@pytest.fixture
def top(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def workspace(top: Path) -> Workspace:
    return Workspace(path=str(top), repository=str(top), branch="steerdeck/x", base="0" * 40)
