"""Which call wrote a line: from a file as it is now, through checkpoints, to words and decisions.

The versions of a file are its mentions in checkpoints, above the base commit. A file that has been
landed is found by its lines: those of the file now are laid beside the session's last version, and
what matches is followed back, version by version, to the checkpoint where it appears. What a
checkpoint after a call holds, that call has written; everything else was written outside of calls,
and is told as that.
"""

import asyncio
import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from steerdeck_agents.facts.errors import JournalError, RepositoryError
from steerdeck_agents.facts.events import CheckpointTaken, decode
from steerdeck_agents.facts.ids import CallId, SessionId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import FileMention, JournalReader
from steerdeck_agents.share.why_call import Effect, Record
from steerdeck_agents.workspace.checkpoint import base_file

_MOST_LINES: Final = 20_000
"""A longer file is compared only where it begins and ends alike."""
_RECENT: Final = 50
"""Sessions that are asked, newest first."""

Source = Literal["call", "outside"]


class Written(msgspec.Struct, frozen=True):
    """Lines of a file and what wrote them."""

    lines: tuple[int, ...]
    """Counted from 1, as the file is now."""
    session: SessionId
    name: str
    source: Source
    seq: int
    """Of the checkpoint in which they appear."""
    at_ms: int
    reason: str = ""
    """What the checkpoint was taken for, where no call wrote them."""
    effect: Effect | None = None


class Why(msgspec.Struct, frozen=True):
    """What is known of the lines of one file."""

    path: str
    """Relative to the repository."""
    lines: int
    written: tuple[Written, ...]
    """The newest first; lines nobody is named for were not written by a session of this home."""


async def why(reader: JournalReader, top: Path, path: str, line: int | None = None) -> Why:
    """Who wrote the file at `path` below `top`, or one line of it (from 1).

    `top` is the developer's repository or a session's workspace. Raises OSError when the file can't
    be read, JournalError when the journal can't.
    """
    text = await asyncio.to_thread((top / path).read_bytes)
    now = _lines(text)
    wanted = range(len(now)) if line is None else range(line - 1, min(line, len(now)))
    mentions = await asyncio.to_thread(reader.file_history, path)
    open_lines = set(wanted)
    found: list[Written] = []
    for state in await asyncio.to_thread(_sessions, reader, top, mentions):
        if not open_lines:
            break
        mine = [one for one in mentions if one.session == state.id]
        origin = await _origins(reader, state, path, mine, now, open_lines)
        open_lines -= origin.keys()
        found += await asyncio.to_thread(_told, reader, state, mine, origin)
    found.sort(key=lambda one: one.seq, reverse=True)
    return Why(path, len(now), tuple(found))


def _sessions(
    reader: JournalReader, top: Path, mentions: Sequence[FileMention]
) -> list[SessionState]:
    """The sessions that touched the path in this repository or workspace, newest change first."""
    newest = {one.session: one.seq for one in mentions}
    places = {str(top), str(top.resolve())}
    states = [
        state
        for state in reader.sessions()
        if state.id in newest and {state.workspace.repository, state.workspace.path} & places
    ]
    states.sort(key=lambda state: newest[state.id], reverse=True)
    return states[:_RECENT]


async def _origins(
    reader: JournalReader,
    state: SessionState,
    path: str,
    mentions: Sequence[FileMention],
    now: Sequence[bytes],
    wanted: Iterable[int],
) -> dict[int, int]:
    """Each wanted line that this session wrote, with the place in `mentions` where it appears."""
    version = await asyncio.to_thread(_version, reader, mentions[-1])
    following = _kept(version, now)
    # Line now → line in the version that is looked at.
    places = {line: following[line] for line in wanted if line in following}
    origin: dict[int, int] = {}
    for at in range(len(mentions) - 1, -1, -1):
        if not places:
            break
        older = (
            await asyncio.to_thread(_version, reader, mentions[at - 1])
            if at
            else await _base(state.workspace, path)
        )
        before = _kept(older, version)
        origin |= {line: at for line, place in places.items() if place not in before}
        places = {line: before[place] for line, place in places.items() if place in before}
        version = older
    return origin


def _told(
    reader: JournalReader,
    state: SessionState,
    mentions: Sequence[FileMention],
    origin: dict[int, int],
) -> list[Written]:
    """The lines of each checkpoint together, with the call that was before it."""
    found = []
    record = Record(reader, state.id) if origin else None
    for at in sorted(set(origin.values()), reverse=True):
        mention = mentions[at]
        lines = tuple(line + 1 for line in sorted(origin) if origin[line] == at)
        call, reason = _writer(reader, mention)
        effect = record.effect(call) if record is not None and call is not None else None
        found.append(
            Written(
                lines=lines,
                session=state.id,
                name=state.name,
                source="outside" if effect is None else "call",
                seq=mention.seq,
                at_ms=mention.at_ms,
                reason="" if effect is not None else reason,
                effect=effect,
            )
        )
    return found


def _writer(reader: JournalReader, mention: FileMention) -> tuple[CallId | None, str]:
    """The call a checkpoint was taken after, or what else it was taken for."""
    page = reader.events(mention.session, after=mention.seq - 1, before=mention.seq + 1)
    for text in page:
        fact = decode(text)
        if isinstance(fact, CheckpointTaken):
            after = fact.reason == "after call"
            return fact.call if after else None, fact.reason
    return None, "a checkpoint whose fact is gone"


def _kept(old: Sequence[bytes], new: Sequence[bytes]) -> dict[int, int]:
    """The lines of `new` that were in `old`, each with its place there."""
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    end = 0
    while end < min(len(old), len(new)) - first and old[-1 - end] == new[-1 - end]:
        end += 1
    kept = {at: at for at in range(first)}
    kept |= {len(new) - 1 - at: len(old) - 1 - at for at in range(end)}
    inner_old, inner_new = old[first : len(old) - end], new[first : len(new) - end]
    if max(len(inner_old), len(inner_new)) <= _MOST_LINES:
        matcher = difflib.SequenceMatcher(None, inner_old, inner_new, autojunk=False)
        for a, b, size in matcher.get_matching_blocks():
            kept |= {first + b + at: first + a + at for at in range(size)}
    return kept


def _version(reader: JournalReader, mention: FileMention) -> list[bytes]:
    try:
        return _lines(reader.checkpoint_bytes(mention.sha)) if mention.sha is not None else []
    except JournalError:
        return []


async def _base(workspace: Workspace, path: str) -> list[bytes]:
    """The lines of the commit the work started from; none where that is not there any more."""
    if not await asyncio.to_thread(Path(workspace.path).is_dir):
        workspace = msgspec.structs.replace(workspace, path=workspace.repository)
    try:
        found = await base_file(workspace, path)
    except (RepositoryError, OSError):
        return []
    return _lines(found.data) if found is not None else []


def _lines(data: bytes) -> list[bytes]:
    return [line.rstrip(b"\r\n") for line in data.splitlines(keepends=True)]
