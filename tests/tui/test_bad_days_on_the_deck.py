"""Bad days of a model's server as the deck shows them: it goes on, or says by name how it ended.

A real runtime in this process, a real deck attached to it. A few days stand for all; with
STEERDECK_CHAOS each is played.
"""

import asyncio
import re
from pathlib import Path

import pytest

from kit.bad_days import DAYS, RUN, course, days, shell_once, times
from kit.desk import told, until
from kit.faulty import faulty
from kit.lawful import check_laws
from kit.repositories import plain
from kit.scene import scene
from steerdeck.app import DeckApp
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.local import attach_in_process


@pytest.mark.parametrize("name", days())
def test_the_deck_shows_that_a_turn_survived_or_how_it_ended(name: str, tmp_path: Path):
    asyncio.run(visit(name, tmp_path))


async def visit(name: str, tmp_path: Path) -> None:
    day = DAYS[name]
    repository = plain(tmp_path / "repository").resolve()
    patience, silence_s = times(name)
    serving: list[asyncio.Task[None]] = []
    async with (
        faulty(shell_once, course(name)) as server,
        scene(
            tmp_path / "home", {}, allowed={RUN: repository}, urls={"m": server.url},
            patience=patience, silence_s=silence_s,
        ) as playing,
    ):  # fmt: skip

        async def connect() -> Client:
            client, task = await attach_in_process(playing.runtime, "0")
            serving.append(task)
            return client

        app = DeckApp(connect, str(repository))
        async with app.run_test(size=(140, 40)) as pilot:
            await until(pilot, lambda: app.model.attached)
            session = await playing.start(repository, "m", name="one")
            await playing.status(session, "done", "idle", "failed", "parked")
            await until(pilot, lambda: session in app.model.states)
            await until(pilot, lambda: app.model.states[session].status == day.ends)
            await pilot.press("f2", "enter")
            seen = "Whole." if day.ends == "done" else day.says
            await until(pilot, lambda: seen in rows(app))
            assert len(serving) == 1, "the deck lost its runtime"
        state = playing.state(session)
        check_laws(playing.runtime.fleet.reader, state)
    await asyncio.gather(*serving, return_exceptions=True)


def rows(app: DeckApp) -> str:
    """What is on the screen, wrapped lines joined."""
    return re.sub(r"\s+", " ", told(app))
