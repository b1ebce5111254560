"""Sessions whose runtime was killed at work, as a shell finds them: nobody is said to work."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import repositories
from kit.command import home_of
from kit.console import Shell, of_home
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId, SystemClock, TurnId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.journal.writer import Writer

LEFT = SessionId("ses_left")


@pytest.fixture
def shell(home: Path, short_folder: Path) -> Iterator[Shell]:
    shell = Shell(repositories.plain(short_folder / "repo"), short_folder / "home")
    yield shell
    shell("runtime", "stop")
    assert of_home(shell.home) == []


async def _left_at_work(shell: Shell) -> None:
    """A session in the middle of its turn, of a runtime that ended without a word."""
    writer = Writer(home_of(shell.home).journal, clock=SystemClock(), on_committed=lambda _: None)
    await writer.start()
    place = Workspace(path="", repository=str(shell.folder), branch="", base="HEAD")
    made = e.SessionCreated(
        session=LEFT, name="left", task="Do it.", model="none", mode="ask", workspace=place
    )
    begun = e.TurnStarted(session=LEFT, turn=TurnId("turn_1"), trigger="message")
    started = e.RuntimeStarted(version="0", pid=1, boot="x")
    await writer.append(started, made, begun, full=True)
    await writer.stop()


def test_who_was_killed_at_work_is_not_said_to_work_and_can_be_resumed(shell: Shell):
    asyncio.run(_left_at_work(shell))

    assert "No runtime is running, so nobody is at work here." in shell("sessions").stdout
    told = shell("show", "left").stdout
    assert "status      parked" in told and "`steerdeck resume left`" in told
    # The runtime is brought back first, and only it knows what became of the session.
    assert "left goes on." in shell("resume", "left").stdout
