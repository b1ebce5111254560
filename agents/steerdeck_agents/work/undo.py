"""Undo: paths of a workspace become again what a checkpoint knew.

First a plan is made, which compares the files on disk with the newest checkpoint: a file that was
changed since, by the developer or by something not recorded, is reported and left alone. Then the
caller takes a checkpoint, so that the undo can be undone, and carries the plan out.
"""

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import CheckpointTaken, decode
from steerdeck_agents.facts.ids import CheckpointId, SessionId, Sha, sha_of
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.journal.enclosures import CheckpointFile
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.workspace.checkpoint import base_file, restore
from steerdeck_agents.workspace.git import LARGE
from steerdeck_agents.workspace.within import read_file, shown


class Kept(msgspec.Struct, frozen=True):
    """One checkpoint: the paths it stored, and those it could not."""

    id: CheckpointId
    files: Mapping[str, CheckpointFile]
    not_covered: frozenset[str] = frozenset()
    """As shown to people."""


class UndoPlan(msgspec.Struct, frozen=True):
    """What an undo would do."""

    files: tuple[tuple[CheckpointFile, bytes | None], ...]
    """Each path as it will be, with its bytes."""
    conflicts: tuple[str, ...] = ()
    """A sentence for each path that is left alone."""
    checkpoint: CheckpointId | None = None
    """The checkpoint whose state comes back; None when it is the base."""


def kept_of(reader: JournalReader, session: SessionId) -> list[Kept]:
    """The checkpoints of a session, oldest first. Reads the database: call it in a thread."""
    found = []
    for checkpoint in reader.checkpoints(session):
        at = checkpoint.seq
        facts = [decode(text) for text in reader.events(session, after=at - 1, before=at + 1)]
        lost = {
            name for fact in facts if isinstance(fact, CheckpointTaken) for name in fact.not_covered
        }
        files = {file.path: file for file in reader.checkpoint_files(checkpoint.id)}
        found.append(Kept(id=checkpoint.id, files=files, not_covered=frozenset(lost)))
    return found


async def plan(
    workspace: Workspace,
    kept: list[Kept],
    data: Callable[[Sha], bytes],
    checkpoint: CheckpointId | None = None,
    paths: tuple[str, ...] = (),
) -> UndoPlan:
    """What to write so that paths are again as `checkpoint` knew them; nothing is written yet.

    None as checkpoint: as they were before their last recorded change. No paths: all that changed
    since the checkpoint, or in the last one that recorded a change. `data` reads stored bytes and
    is called in a thread. OrderRefused when there is nothing to undo.
    """
    targets = _targets(kept, checkpoint, paths)
    files, conflicts = [], []
    for path, index in targets.items():
        why = not_covered(kept, path, index)
        before = await state_at(workspace, kept, path, index, data)
        newest = await state_at(workspace, kept, path, len(kept) - 1, data)
        if not why and not await asyncio.to_thread(on_disk, workspace.path, path, newest[0]):
            why = f"{shown(path)} was changed after the last checkpoint, so it is left alone."
        if why:
            conflicts.append(why)
        elif before[0] != newest[0]:
            files.append(before)
    if not files and not conflicts:
        raise OrderRefused("There is nothing to undo: these files are as they were then.")
    oldest = min(targets.values())
    came = kept[oldest].id if oldest >= 0 else None
    return UndoPlan(files=tuple(files), conflicts=tuple(conflicts), checkpoint=came)


async def carry_out(
    workspace: Workspace, planned: UndoPlan
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write the plan: the paths restored, and a sentence for each that could not be."""
    return await asyncio.to_thread(_write, workspace, planned)


def _targets(
    kept: list[Kept], checkpoint: CheckpointId | None, paths: tuple[str, ...]
) -> dict[str, int]:
    """Each path with the index of the checkpoint it goes back to; -1 is the base."""
    if checkpoint is not None:
        ids = [one.id for one in kept]
        if checkpoint not in ids:
            raise OrderRefused(f"This session has no checkpoint {checkpoint}.")
        index = ids.index(checkpoint)
        later = sorted({path for one in kept[index + 1 :] for path in one.files})
        found = dict.fromkeys(paths or later, index)
    else:
        last = next((one for one in reversed(kept) if one.files), None)
        found = {}
        for path in paths or sorted(last.files if last else ()):
            mentions = [index for index, one in enumerate(kept) if path in one.files]
            if mentions:
                found[path] = mentions[-1] - 1
    if not found:
        of = f" of {', '.join(map(shown, paths))}" if paths else ""
        raise OrderRefused(f"There is nothing to undo: no checkpoint recorded a change{of}.")
    return found


def not_covered(kept: list[Kept], path: str, index: int) -> str:
    """Why a path can't be brought back as a checkpoint knew it; empty when it can."""
    name = shown(path)
    if name in kept[-1].not_covered or (index >= 0 and name in kept[index].not_covered):
        return f"{name} is not covered by undo: it looks like a secret, is large or is no file."
    return ""


async def state_at(
    workspace: Workspace, kept: list[Kept], path: str, index: int, data: Callable[[Sha], bytes]
) -> tuple[CheckpointFile, bytes | None]:
    """The path as a checkpoint knew it: its newest mention up to there, else the base commit."""
    for one in reversed(kept[: index + 1]):
        if (file := one.files.get(path)) is not None:
            content = None if file.sha is None else await asyncio.to_thread(data, file.sha)
            return file, content
    state = await base_file(workspace, path)
    if state is None:
        return CheckpointFile(path=path, mode=0, sha=None, link=None), None
    if state.link is not None:
        return CheckpointFile(path=path, mode=state.mode, sha=None, link=state.link), None
    sha = sha_of(state.data)
    return CheckpointFile(path=path, mode=state.mode, sha=sha, link=None), state.data


def on_disk(root: str, path: str, file: CheckpointFile) -> bool:
    """Whether the file is as a checkpoint knew it."""
    try:
        state = read_file(root, path, LARGE)
    except (OSError, OrderRefused):
        return False
    if state is None:
        return file.sha is None and file.link is None
    if state.link is not None or file.sha is None:
        return state.link == file.link and state.link is not None
    # The base commit only knows whether a file may be run.
    return sha_of(state.data) == file.sha and not (state.mode ^ file.mode) & 0o100


def _write(workspace: Workspace, planned: UndoPlan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    restored, failed = [], []
    # Removals come first, so that a file can stand where a folder was.
    for file, data in sorted(
        planned.files, key=lambda one: one[0].sha is not None or one[0].link is not None
    ):
        try:
            restore(workspace, file, data)
            restored.append(shown(file.path))
        except OrderRefused as error:
            failed.append(str(error))
    return tuple(sorted(restored)), tuple(failed)
