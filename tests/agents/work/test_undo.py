import asyncio
from pathlib import Path

import pytest

from kit.repositories import contents, plain, write
from kit.workspaces import workspace_of
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import CheckpointTaken, SessionCreated
from steerdeck_agents.facts.ids import CheckpointId, SessionId, Sha, SystemClock
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.journal.enclosures import CheckpointFile, CheckpointStored
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.work.undo import Kept, UndoPlan, carry_out, kept_of, plan
from steerdeck_agents.workspace.checkpoint import Snapshot, capture


class Told:
    """A workspace with its checkpoints, as a session keeps them."""

    def __init__(self, tmp_path: Path) -> None:
        self.ours: Workspace = workspace_of(plain(tmp_path / "top"), tmp_path / "w")
        self.there = Path(self.ours.path)
        self.kept: list[Kept] = []
        self.data: dict[Sha, bytes] = {}
        self._snapshot: Snapshot | None = None
        self.checkpoint()

    def checkpoint(self) -> CheckpointId:
        found = asyncio.run(capture(self.ours, self._snapshot, self.data.__contains__))
        self._snapshot = found.snapshot
        self.data |= {kept.sha: kept.data for kept in found.contents}
        name = CheckpointId(f"cp{len(self.kept)}")
        files = {file.path: file for file in found.changed}
        self.kept.append(Kept(name, files, frozenset(found.not_covered)))
        return name

    def plan(self, checkpoint: CheckpointId | None = None, *paths: str) -> UndoPlan:
        return asyncio.run(plan(self.ours, self.kept, self.data.__getitem__, checkpoint, paths))

    def undo(self, checkpoint: CheckpointId | None = None, *paths: str) -> tuple[str, ...]:
        planned = self.plan(checkpoint, *paths)
        assert planned.conflicts == ()
        self.checkpoint()
        restored, failed = asyncio.run(carry_out(self.ours, planned))
        assert failed == ()
        self.checkpoint()
        return restored

    def work(self) -> None:
        """Change everything a call may change."""
        write(self.there, "readme.md", "# changed\n")
        write(self.there, "run.sh", (self.there / "run.sh").read_bytes(), 0o600)
        write(self.there, "new/deep/file", bytes(range(256)), 0o755)
        (self.there / "data/logo.bin").unlink()
        (self.there / "link").unlink()
        (self.there / "link").symlink_to("/etc/passwd")
        (self.there / "src/shop.py").unlink()
        write(self.there, "src/shop.py/now-a-folder", "x\n")


def test_everything_goes_back_byte_for_byte_and_the_undo_is_undone(tmp_path: Path):
    told = Told(tmp_path)
    start, before = told.kept[0].id, contents(told.there)
    told.work()
    told.checkpoint()
    after = contents(told.there)
    assert len(told.undo(start)) == 7
    assert contents(told.there) == before
    assert not (told.there / "new").exists()
    told.undo()
    assert contents(told.there) == after


def test_one_file_goes_back_to_before_its_last_change(tmp_path: Path):
    told = Told(tmp_path)
    for text in ("one\n", "two\n"):
        write(told.there, "readme.md", text)
        told.checkpoint()
    write(told.there, "other.txt", "x\n")
    told.checkpoint()
    planned = told.plan(None, "readme.md")
    assert planned.checkpoint == "cp1"
    assert told.undo(None, "readme.md") == ("readme.md",)
    assert (told.there / "readme.md").read_text() == "one\n"
    assert (told.there / "other.txt").exists()


def test_a_file_changed_since_is_reported_and_left_alone(tmp_path: Path):
    told = Told(tmp_path)
    told.work()
    told.checkpoint()
    write(told.there, "readme.md", "the developer's\n")
    (told.there / "new/deep/file").unlink()
    planned = told.plan(told.kept[0].id)
    assert [sentence.split()[0] for sentence in planned.conflicts] == ["new/deep/file", "readme.md"]
    restored, failed = asyncio.run(carry_out(told.ours, planned))
    assert failed == ()
    assert "readme.md" not in restored
    assert (told.there / "readme.md").read_text() == "the developer's\n"
    assert (told.there / "link").readlink() == Path("src/shop.py")


def test_what_was_not_covered_is_not_touched(tmp_path: Path):
    told = Told(tmp_path)
    write(told.there, ".env", "KEY=1\n")
    write(told.there, "a", "x\n")
    told.checkpoint()
    assert told.plan(told.kept[0].id, ".env").conflicts == (
        ".env is not covered by undo: it looks like a secret, is large or is no file.",
    )


def test_a_link_put_in_the_way_stops_the_restore(tmp_path: Path):
    told = Told(tmp_path)
    outside = tmp_path / "outside"
    write(outside, "shop.py", "precious\n")
    write(told.there, "src/shop.py", "changed\n")
    told.checkpoint()
    planned = told.plan(told.kept[0].id)
    (told.there / "src/shop.py").unlink()
    (told.there / "src").rmdir()
    (told.there / "src").symlink_to(outside)
    restored, failed = asyncio.run(carry_out(told.ours, planned))
    assert restored == ()
    assert "link" in failed[0]
    assert (outside / "shop.py").read_text() == "precious\n"


def test_damaged_bytes_are_not_restored(tmp_path: Path):
    told = Told(tmp_path)
    for text in ("one\n", "two\n"):
        write(told.there, "readme.md", text)
        told.checkpoint()
    told.data = dict.fromkeys(told.data, b"damaged")
    restored, failed = asyncio.run(carry_out(told.ours, told.plan(None, "readme.md")))
    assert restored == ()
    assert "missing or damaged" in failed[0]
    assert (told.there / "readme.md").read_text() == "two\n"


def test_nothing_to_undo_is_said(tmp_path: Path):
    told = Told(tmp_path)
    for checkpoint, paths in ((None, ()), (None, ("readme.md",)), (CheckpointId("cp0"), ())):
        with pytest.raises(OrderRefused, match="nothing to undo") as said:
            told.plan(checkpoint, *paths)
        assert all(path in str(said.value) for path in paths)
    with pytest.raises(OrderRefused, match="no checkpoint nope"):
        told.plan(CheckpointId("nope"))


def test_checkpoints_are_read_back_from_the_journal(tmp_path: Path):
    session = SessionId("s_1")

    async def live() -> None:
        writer = Writer(
            tmp_path / "journal.db", clock=SystemClock(), on_committed=lambda batch: None
        )
        await writer.start()
        workspace = Workspace(path="", repository="", branch="", base="")
        await writer.append(
            SessionCreated(session=session, name="n", task="t", workspace=workspace, model="m")
        )
        for name in ("a", "b"):
            taken = CheckpointTaken(
                session=session,
                checkpoint=CheckpointId(name),
                reason="start",
                not_covered=(".env",),
            )
            gone = CheckpointFile(path=name, mode=0, sha=None, link=None)
            stored = CheckpointStored(CheckpointId(name), session, (gone,))
            await writer.append(taken, full=True, enclosed=(stored,))
        await writer.stop()

    asyncio.run(live())
    kept = kept_of(JournalReader(tmp_path / "journal.db"), session)
    assert [(one.id, set(one.files), one.not_covered) for one in kept] == [
        ("a", {"a"}, {".env"}), ("b", {"b"}, {".env"}),
    ]  # fmt: skip
