"""A stage for one server, and a way to play a scene on it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.server_stage import Play, Stage
from steerdeck_agents.settings.paths import paths


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    folder = tmp_path / "workspace"
    folder.mkdir()
    made = Stage(folder, paths({"STEERDECK_HOME": str(tmp_path / "home")}))
    yield made
    made.clear()


@pytest.fixture
def play(stage: Stage) -> Play:
    """Play a scene with a server of one kind; whatever it started has to be gone afterwards."""

    def run(scene: Callable[[Stage], Awaitable[Any]], how: str = "good", **settings: object) -> Any:
        async def main() -> Any:
            stage.stop = asyncio.Event()
            stage.open(stage.settings(how, **settings))
            try:
                return await asyncio.wait_for(scene(stage), 30)
            finally:
                await stage.servers.close()
                await asyncio.sleep(0)
                left = asyncio.all_tasks() - {asyncio.current_task()}
                assert not left, left

        return asyncio.run(main())

    return run
