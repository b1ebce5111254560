"""A journal of one's own, and short ways to write, read and damage it."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from kit.filled import Ticks
from steerdeck_agents.facts.events import KnownEvent, Noticed, SessionCreated
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Committed, Writer

T = TypeVar("T")


class Desk:
    """One journal and everything it told us."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "home" / "journal.db"
        self.clock = Ticks()
        self.told: list[Committed] = []
        self.reader = JournalReader(self.path)

    def writer(self, **options) -> Writer:
        def on_committed(batch: Sequence[Committed]) -> None:
            self.told.extend(batch)

        return Writer(self.path, clock=self.clock, on_committed=on_committed, **options)

    def run(self, act: Callable[[Writer], Awaitable[T]], **options) -> T:
        """Start a writer, let `act` use it, stop it."""

        async def whole() -> T:
            writer = self.writer(**options)
            await writer.start()
            try:
                return await act(writer)
            finally:
                await writer.stop()

        return asyncio.run(whole())

    def keep(self, *events: KnownEvent, **how) -> tuple[KnownEvent, ...]:
        """Append at once."""
        return self.run(lambda writer: writer.append(*events, full=True, **how))

    def sql(self, statement: str, *values: object) -> list[tuple]:
        """What somebody else does to the file; rows come back."""
        connection = sqlite3.connect(self.path)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()


def created(session: str, **more) -> SessionCreated:
    return SessionCreated(
        session=SessionId(session),
        name=more.pop("name", session),
        task=more.pop("task", "a task"),
        workspace=Workspace(path="/w", repository="/r", branch="b", base="c"),
        model="m",
        **more,
    )


def noticed(text: str, session: str = "") -> Noticed:
    return Noticed(text=text, session=SessionId(session))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def make_created():
    return created


@pytest.fixture
def make_noticed():
    return noticed
