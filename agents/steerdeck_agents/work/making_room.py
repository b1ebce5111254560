"""Clearing the place where a workspace is to be made.

What stands there is mostly what a killed runtime left half made. But the journal may have lost its
end, or be an older copy: then it is a whole clone with work in it of which the journal knows
nothing, and that is kept.
"""

import asyncio
import shutil
from pathlib import Path

from msgspec.structs import replace

from steerdeck_agents.facts.errors import RepositoryError
from steerdeck_agents.facts.events import KnownEvent, Noticed
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.work.cleaning import unlanded
from steerdeck_agents.workspace import keep
from steerdeck_agents.workspace.clone import is_whole


async def make_room(folder: Path, state: SessionState, bin_folder: Path) -> list[KnownEvent]:
    """Leave nothing at `folder`; what the developer is to be told of that.

    RepositoryError when work that stands there can't be moved away.
    """
    if not await asyncio.to_thread(is_whole, folder):
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return []
    if not (why := await _why_kept(folder, state)):
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return []
    kept = await asyncio.to_thread(keep.set_aside, folder, bin_folder)
    text = f"in its place stood a clone the journal does not know, and {why}: it is kept at {kept}"
    return [Noticed(session=state.id, text=text, level="warning")]


async def _why_kept(folder: Path, state: SessionState) -> str:
    try:
        return await unlanded(replace(state.workspace, path=str(folder)))
    except (RepositoryError, OSError, ValueError) as error:
        return f"what it holds can't be told ({error})"
