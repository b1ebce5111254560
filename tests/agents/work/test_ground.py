"""Checkpoints around calls: as few looks as will do, and none too few."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.repositories import plain, write
from kit.workspaces import workspace_of
from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import CheckpointTaken, FilesChanged, KnownEvent, SessionCreated
from steerdeck_agents.facts.ids import CallId, RandomIds, SessionId, SystemClock
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.work.ground import AFTER_S, FRESH_S, SessionGround
from steerdeck_agents.workspace.git import FolderGone

ME = SessionId("s")
ONE, TWO = CallId("one"), CallId("two")


Story = Callable[[SessionGround, Path], Awaitable[None]]


def _taken(tmp_path: Path, story: Story) -> list[tuple[str, CallId | None, tuple[str, ...]]]:
    """Reason, call and paths of the checkpoints of a story, without the first one."""
    facts = [one for one in _facts(tmp_path, story) if isinstance(one, CheckpointTaken)]
    return [(one.reason, one.call, one.paths) for one in facts[1:]]


def _told(tmp_path: Path, story: Story) -> list[tuple[str, ...]]:
    """The paths in each table of changed files."""
    facts = [one for one in _facts(tmp_path, story) if isinstance(one, FilesChanged)]
    return [tuple(file.path for file in one.files) for one in facts]


def _facts(tmp_path: Path, story: Story) -> list[KnownEvent]:
    ours = workspace_of(plain(tmp_path / "top"), tmp_path / "w")

    async def scene() -> list[KnownEvent]:
        told: list[KnownEvent] = []
        journal = tmp_path / "journal.db"
        writer = Writer(
            journal,
            clock=SystemClock(),
            on_committed=lambda some: told.extend(one.event for one in some),
        )
        await writer.start()
        await writer.append(
            SessionCreated(session=ME, name="n", task="t", workspace=ours, model="m"), full=True
        )
        ground = SessionGround(ME, writer, JournalReader(journal), RandomIds())
        await ground.checkpoint("start")
        try:
            await story(ground, Path(ours.path))
        finally:
            await ground.close()
            await writer.stop()
        return told

    return asyncio.run(scene())


def test_what_a_call_changed_is_its_own_also_when_the_next_one_comes_at_once(tmp_path):
    async def story(ground: SessionGround, there: Path) -> None:
        write(there, "readme.md", "by one\n")
        ground.follow(ONE)
        await ground.checkpoint("before call", TWO)

    assert _taken(tmp_path, story) == [("after call", ONE, ("readme.md",))]


def test_what_changes_while_a_call_waits_for_the_developer_is_kept_before_it(tmp_path):
    async def story(ground: SessionGround, there: Path) -> None:
        ground.ahead(ONE)
        await ground.settled()
        write(there, "readme.md", "by the developer\n")
        await asyncio.sleep(2 * FRESH_S)
        await ground.checkpoint("before call", ONE)

    assert _taken(tmp_path, story) == [("before call", ONE, ("readme.md",))]


def test_the_look_ahead_of_a_call_is_its_checkpoint(tmp_path):
    async def story(ground: SessionGround, there: Path) -> None:
        write(there, "readme.md", "by the developer\n")
        ground.ahead(ONE)
        await ground.checkpoint("before call", ONE)

    assert _taken(tmp_path, story) == [("before call", ONE, ("readme.md",))]


def test_also_after_a_call_whose_changes_were_recorded_long_before_the_response(tmp_path):
    async def story(ground: SessionGround, there: Path) -> None:
        write(there, "readme.md", "by one\n")
        ground.follow(ONE)
        await asyncio.sleep(AFTER_S + 10 * FRESH_S)
        write(there, "readme.md", "by the developer\n")
        ground.ahead(TWO)
        await ground.settled()

    paths = ("readme.md",)
    assert _taken(tmp_path, story) == [("after call", ONE, paths), ("before call", TWO, paths)]


def test_a_look_that_failed_is_told_to_whoever_starts_the_next_call(tmp_path):
    async def story(ground: SessionGround, there: Path) -> None:
        there.rename(tmp_path / "away")
        ground.follow(ONE)
        await asyncio.sleep(AFTER_S + 10 * FRESH_S)
        (tmp_path / "away").rename(there)
        ground.ahead(TWO)
        with pytest.raises(FolderGone):
            await ground.checkpoint("before call", TWO)

    assert _taken(tmp_path, story) == []


def test_a_look_that_was_called_off_while_it_waited_keeps_no_later_one_from_telling(tmp_path):
    async def story(ground: SessionGround, there: Path) -> None:
        async with ground.unpublished():
            waits = asyncio.create_task(ground.publish_changes())
            await asyncio.sleep(0)
            waits.cancel()
            await asyncio.wait({waits})
        write(there, "readme.md", "by one\n")
        await ground.publish_changes()

    assert _told(tmp_path, story) == [("readme.md",)]


def test_who_waits_for_what_a_call_changed_waits_also_when_another_one_does(tmp_path):
    async def story(ground: SessionGround, there: Path) -> None:
        write(there, "readme.md", "by one\n")
        ground.follow(ONE)
        first = asyncio.create_task(ground.settled())
        await asyncio.sleep(0)
        await ground.settled()
        first.cancel()

    assert _taken(tmp_path, story) == [("after call", ONE, ("readme.md",))]


def test_what_a_call_changed_is_not_looked_at_any_more_once_its_ground_was_left(tmp_path):
    async def story(ground: SessionGround, there: Path) -> None:
        write(there, "readme.md", "by one\n")
        ground.follow(ONE)
        waits = asyncio.create_task(ground.settled())
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.wait({waits})
        await ground.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not [task for task in left if "_follow" in repr(task)]

    assert _taken(tmp_path, story) == []


def test_changes_there_was_no_room_to_tell_are_told_to_whoever_waits_for_them(tmp_path):
    async def story(ground: SessionGround, there: Path) -> None:
        append = ground._writer.append
        refused: list[str] = []

        async def full(*facts: KnownEvent, **how: object) -> object:
            if isinstance(facts[0], FilesChanged) and not refused:
                refused.append("once")
                raise JournalError("Full.", retryable=True)
            return await append(*facts, **how)

        ground._writer.append = full
        write(there, "readme.md", "by one\n")
        with pytest.raises(JournalError):
            await ground.publish_changes()
        await ground.settled()
        await ground.settled()

    assert _told(tmp_path, story) == [("readme.md",)]
