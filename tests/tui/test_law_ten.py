"""The deck's loop does no work (law 10), watched by an audit hook through a whole visit."""

import asyncio
import sqlite3
import subprocess
from pathlib import Path

import pytest

from kit.desk import deck, until
from kit.guard import no_work_on_this_loop
from kit.shop import shop


async def visit() -> list[str]:
    feed = shop()
    app = deck(feed, face="deck")
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, lambda: app.model.attached)
        with no_work_on_this_loop() as found:
            for keys in (
                ("l", "h", "enter"),
                ("l", "l", "l", "l", "escape"),
                ("i",),
                ("escape",),
                ("n",),
                ("escape",),
                ("r",),
                ("right", "escape"),
                ("ctrl+p",),
                ("escape",),
                ("question_mark",),
                ("escape",),
                ("space", "h", "e", "y", "enter"),
            ):
                await pilot.press(*keys)
                await pilot.pause()
            await until(pilot, lambda: feed.orders)
            return list(found)


def test_a_visit_to_every_screen_opens_no_file_no_database_and_no_process():
    assert asyncio.run(visit()) == []


@pytest.mark.parametrize(
    "work",
    [
        lambda: sqlite3.connect(":memory:").close(),
        lambda: subprocess.run(["true"], check=True),
        lambda: Path("/etc/hostname").read_text(),
    ],
)
def test_the_guard_sees_work_when_there_is_some(work):
    async def run() -> list[str]:
        with no_work_on_this_loop() as found:
            work()
            return list(found)

    assert len(asyncio.run(run())) >= 1
