"""What a new workspace holds besides its base: carried work, or all that a fork's source had.

A fork is filled from the journal alone, so that it is the same however much later it is done: its
source may have gone on, and a crash may have come between.
"""

import asyncio

from steerdeck_agents.facts.events import KnownEvent, Noticed
from steerdeck_agents.facts.forks import Copying
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.enclosures import CheckpointFile
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.workspace import copy
from steerdeck_agents.workspace.carry import carry
from steerdeck_agents.workspace.repository import Repository


async def fill(
    reader: JournalReader, state: SessionState, found: Repository, made: Workspace
) -> list[KnownEvent]:
    """Fill a workspace just made; what the developer is to be told.

    RepositoryError when it can't be filled; then nothing of it should be trusted.
    """
    if state.copying is not None:
        await copy.stand_at(made, state.copying.path, state.copying.head)
        files = await asyncio.to_thread(_files, reader, state.copying)
        await copy.put(made, files, reader.checkpoint_bytes)
    carried = await carry(found, made) if state.carried else ()
    if not carried:
        return []
    return [Noticed(session=state.id, text=f"carried over {len(carried)} uncommitted files")]


def _files(reader: JournalReader, copying: Copying) -> list[CheckpointFile]:
    """The newest mention of each path in the source's checkpoints up to the fork."""
    newest = {
        file.path: file
        for checkpoint in reader.checkpoints(copying.source)
        if checkpoint.seq <= copying.at
        for file in reader.checkpoint_files(checkpoint.id)
    }
    return list(newest.values())
