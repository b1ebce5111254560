"""`runtime stop` at any moment of a runtime's life."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from steerdeck.verbs.group import group
from steerdeck_agents.runtime import lifecycle
from steerdeck_agents.settings.paths import paths


def stopped() -> dict[str, object]:
    done = CliRunner().invoke(group, ("runtime", "stop", "--json"), standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    told: dict[str, object] = json.loads(done.stdout)
    return told


def test_a_runtime_that_is_just_starting_is_ended_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEERDECK_HOME", str(tmp_path / "s"))
    where = paths(os.environ)
    child = lifecycle.spawn(where, os.environ)
    try:
        assert not where.socket.exists()
        assert lifecycle.processes(where) == [child.pid]
        assert stopped() == {"stopped": True, "pid": child.pid}
        assert lifecycle.processes(where) == []
        assert asyncio.run(lifecycle.attach(where, "0")) is None
    finally:
        child.kill()
        child.wait()


def test_a_runtime_of_another_home_is_none_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEERDECK_HOME", str(tmp_path / "s"))
    assert stopped() == {"stopped": False, "pid": None}
