"""What a new workspace holds besides its base: carried work, all that a fork's source had, or all
that is known of the workspace it comes instead of.

A fork is filled from the journal alone, so that it is the same however much later it is done: its
source may have gone on, and a crash may have come between.
"""

import asyncio

from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.events import KnownEvent, Noticed
from steerdeck_agents.facts.forks import Copying
from steerdeck_agents.facts.ids import SessionId
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


async def refill(reader: JournalReader, state: SessionState, made: Workspace) -> list[KnownEvent]:
    """Fill a workspace made once more with what its checkpoints kept of the one that is gone.

    RepositoryError when it can't be filled.
    """
    files = await asyncio.to_thread(_newest, reader, state.id)
    await copy.put(made, files, reader.checkpoint_bytes)
    text = (
        "its workspace was gone and is made once more from the journal, as its last checkpoint has"
        f" it ({counted(len(files), 'file')}); what git ignores, commits of its own and what undo"
        " does not cover were only there"
    )
    return [Noticed(session=state.id, text=text, level="warning")]


def _files(reader: JournalReader, copying: Copying) -> list[CheckpointFile]:
    return _newest(reader, copying.source, copying.at)


def _newest(reader: JournalReader, session: SessionId, upto: int = 2**62) -> list[CheckpointFile]:
    """The newest mention of each path in a session's checkpoints up to an event."""
    newest = {
        file.path: file
        for checkpoint in reader.checkpoints(session)
        if checkpoint.seq <= upto
        for file in reader.checkpoint_files(checkpoint.id)
    }
    return list(newest.values())
