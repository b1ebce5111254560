"""Journals as every released schema wrote them, kept as files; and dying while one is migrated."""

import asyncio
import gzip
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

from kit.filled import Ticks
from steerdeck_agents.journal.writer import Writer

SCHEMAS = Path(__file__).with_name("schemas")
STEP = 25
"""Instructions of SQLite between two points at which a migration may be killed."""


def released() -> list[int]:
    return sorted(int(file.name.split("-")[1].split(".")[0]) for file in SCHEMAS.iterdir())


def journal_of(schema: int, folder: Path) -> Path:
    """A journal of that schema in a folder of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path = folder / "journal.db"
    path.write_bytes(gzip.decompress((SCHEMAS / f"schema-{schema}.db.gz").read_bytes()))
    return path


async def begin(path: Path) -> None:
    """What a runtime does first: take the journal, and with it migrate it."""
    writer = Writer(path, clock=Ticks(), on_committed=lambda batch: None)
    await writer.start()
    await writer.stop()


def start(path: Path) -> None:
    asyncio.run(begin(path))


def points(path: Path, act: Callable[[Path], object] = start) -> int:
    """How many points a start on this journal has, or something else that is done to it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        _counting(lambda number: os.write(write, b"."))
        act(path)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as told:
        count = len(told.read())
    os.waitpid(child, 0)
    return count


def killed_at(path: Path, point: int, act: Callable[[Path], object] = start) -> bool:
    """Start on the journal, or do something else to it, and die there; whether it came so far."""
    child = os.fork()
    if child == 0:

        def die(number: int) -> None:
            if number == point:
                os.kill(os.getpid(), signal.SIGKILL)

        _counting(die)
        act(path)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _counting(reached: Callable[[int], object]) -> None:
    """From here on every connection of this process counts the points it passes."""
    passed = 0

    class Counted(sqlite3.Connection):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)
            self.set_progress_handler(self._pass, STEP)

        def _pass(self) -> int:
            nonlocal passed
            passed += 1
            reached(passed)
            return 0

    sqlite3.connect = partial(sqlite3.connect, factory=Counted)
