"""The files of a session as they were at a moment of the past, told as one unified diff."""

import asyncio

from steerdeck_agents.facts.events import CallEnded, CheckpointTaken, decode
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.journal.enclosures import CheckpointFile
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.workspace.checkpoint import base_file
from steerdeck_agents.workspace.unified import unified
from steerdeck_agents.workspace.within import shown


async def diff_at(reader: JournalReader, session: SessionId, workspace: Workspace, seq: int) -> str:
    """What differed from the base after the event `seq`, from the checkpoints up to there."""
    newest = await asyncio.to_thread(_newest, reader, session, seq)
    texts = []
    for path, file in sorted(newest.items()):
        before = await base_file(workspace, path)
        after = (
            b"" if file.sha is None else await asyncio.to_thread(reader.checkpoint_bytes, file.sha)
        )
        gone = file.sha is None and file.link is None
        old = b"" if before is None else before.data
        if b"\0" in old[:8000] or b"\0" in after[:8000]:
            texts.append(f"Binary files a/{shown(path)} and b/{shown(path)} differ\n")
        elif old != after or gone:
            _, _, text = unified(shown(path), old, after, before is None, gone)
            texts.append(text)
    return "".join(texts)


def _newest(reader: JournalReader, session: SessionId, seq: int) -> dict[str, CheckpointFile]:
    """The newest mention of each path in the checkpoints that tell of `seq`."""
    checkpoints = reader.checkpoints(session)
    told = [checkpoint for checkpoint in checkpoints if checkpoint.seq <= seq]
    later = checkpoints[len(told) : len(told) + 1]
    if later and _tells_of_before(reader, session, later[0].seq, seq):
        told += later
    return {
        file.path: file for checkpoint in told for file in reader.checkpoint_files(checkpoint.id)
    }


def _tells_of_before(reader: JournalReader, session: SessionId, checkpoint: int, seq: int) -> bool:
    """Whether the first checkpoint after `seq` holds what a call did that had ended by then.

    What a call changed is recorded beside what comes next, so a few events after its end.
    """
    taken, *_ = reader.events(session, after=checkpoint - 1, limit=1)
    fact = decode(taken)
    if not isinstance(fact, CheckpointTaken) or fact.reason != "after call":
        return False
    before = (decode(text) for text in reader.events(session, before=seq + 1, newest=True))
    return any(isinstance(one, CallEnded) and one.call == fact.call for one in before)
