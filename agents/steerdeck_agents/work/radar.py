"""The overlap radar: whenever files, plans or readings change, who is at the same ones is told.

The look at names and lines comes first and is cheap; when it has been quiet for a moment, git tries
the merges of those who write the same files, in a scratch place. Nothing is written but facts.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from steerdeck_agents.facts.errors import UNREADABLE, OrderRefused, RepositoryError, SteerdeckError
from steerdeck_agents.facts.events import (
    CallRequested,
    Event,
    FilesChanged,
    OverlapChanged,
    PlanEdited,
    PlanUpdated,
    SessionArchived,
    SessionReopened,
    decode,
)
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.naming import named
from steerdeck_agents.facts.overlap import Overlap
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.work.overlap import Doing, Written, may_meet, overlap, runs
from steerdeck_agents.work.reviewing import Review
from steerdeck_agents.workspace.dry_merge import Scratch, merged, scratch

log = logging.getLogger(__name__)

LOOK_S = 0.25
"""How long changes are gathered before a look."""
QUIET_S = 1.0
"""How long nothing has to change before merges are tried."""
LONGEST_S = 10.0
"""How long they are put off where something changes all the time."""
MOST_READS = 256
_WAKES = FilesChanged | PlanUpdated | PlanEdited | SessionArchived | SessionReopened
_READERS = ("read_file", "shell")
_TROUBLE = (SteerdeckError, OSError, UnicodeError)
Pair = tuple[SessionId, SessionId]
Stand = tuple[int, int]
"""The last facts by which the files of the two may have changed."""
_UNTRIED: tuple[Stand, tuple[str, ...]] = ((-1, -1), ())


class Reviewed(Protocol):
    """A session as far as the radar knows it."""

    @property
    def review(self) -> Review:
        """Compares its files."""


class _Given(msgspec.Struct):
    path: str = ""
    command: str = ""


class Radar:
    """Looks over all sessions of a runtime."""

    def __init__(
        self,
        writer: Writer,
        reader: JournalReader,
        sessions: Mapping[SessionId, Reviewed],
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._sessions = sessions
        self.quiet_s = QUIET_S
        self._changed = asyncio.Event()
        self._changed.set()
        self._reads: dict[SessionId, dict[str, None]] = {}
        self._written: dict[tuple[SessionId, str], tuple[int, Written | None]] = {}
        self._tried: dict[Pair, tuple[Stand, tuple[str, ...]]] = {}

    def heard(self, facts: Iterable[Event]) -> None:
        """Wake where something may have changed."""
        for fact in facts:
            if isinstance(fact, CallRequested) and fact.tool in _READERS:
                if fact.session in self._reads:
                    self._note(fact)
                self._changed.set()
            elif isinstance(fact, _WAKES):
                self._changed.set()

    async def run(self) -> None:
        """Look whenever something has changed, for ever."""
        clock, since = asyncio.get_running_loop().time, 0.0
        while True:
            await self._changed.wait()
            await asyncio.sleep(LOOK_S)
            self._changed.clear()
            try:
                untried = await self.look()
                since = (since or clock()) if untried else 0.0
                if untried and (await self._quiet() or clock() - since > LONGEST_S):
                    await self.try_merges(untried)
                    await self.look()
                    since = 0.0
            except _TROUBLE as error:
                log.error("overlaps could not be told: %s", error)

    async def look(self) -> list[Pair]:
        """Tell every session whose overlaps differ; the pairs whose merge is to be tried."""
        states = [state for state in self._writer.states().values() if not state.archived]
        pairs = [(a, b) for a, b in itertools.combinations(states, 2) if may_meet(a, b)]
        doings = await self._doings(pairs)
        # Many sessions are many pairs: nobody's key waits for them.
        facts, untried = await asyncio.to_thread(self._found, states, pairs, doings)
        if facts:
            await self._writer.append(*facts)
        return untried

    def _found(
        self,
        states: Sequence[SessionState],
        pairs: Sequence[tuple[SessionState, SessionState]],
        doings: Mapping[SessionId, Doing],
    ) -> tuple[list[OverlapChanged], list[Pair]]:
        found: dict[SessionId, list[Overlap]] = {state.id: [] for state in states}
        untried: list[Pair] = []
        for a, b in pairs:
            conflicts = self._conflicts(a, b)
            mine = overlap(doings[a.id], doings[b.id], conflicts)
            theirs = overlap(doings[b.id], doings[a.id], conflicts)
            if mine is None or theirs is None:
                continue
            found[a.id].append(mine)
            found[b.id].append(theirs)
            if mine.written and self._moved(a, b):
                untried.append((a.id, b.id))
        facts = [
            OverlapChanged(session=state.id, overlaps=tuple(found[state.id]))
            for state in states
            if tuple(found[state.id]) != state.overlaps
        ]
        return facts, untried

    async def try_merges(self, pairs: Sequence[Pair]) -> None:
        """Merge the work of each pair in a scratch place, and remember what could not be.

        What fails for one session is nothing to the pairs of others.
        """
        states = self._writer.states()
        places = {name: states[name].workspace for pair in pairs for name in pair}
        async with scratch() as trying:
            commits = {name: await _commit_of(trying, place) for name, place in places.items()}
            for one, other in pairs:
                stand = states[one].review.files_seq, states[other].review.files_seq
                mine, theirs = commits[one], commits[other]
                conflicts = None
                if mine and theirs:
                    conflicts = await _conflicting(trying, places[one].path, mine, theirs)
                # A mark of the last merge tells nothing of files that have changed since.
                self._tried[one, other] = _UNTRIED if conflicts is None else (stand, conflicts)

    def _conflicts(self, one: SessionState, other: SessionState) -> tuple[str, ...]:
        """What the last merge of the two found, by this runtime or the one before it."""
        if (tried := self._tried.get((one.id, other.id))) is not None:
            return tried[1]
        told = next((met for met in one.overlaps if met.other == other.id), None)
        return tuple(f.path for f in told.files if f.depth == "conflict") if told else ()

    def _moved(self, one: SessionState, other: SessionState) -> bool:
        stand = one.review.files_seq, other.review.files_seq
        return self._tried.get((one.id, other.id), _UNTRIED)[0] != stand

    async def _quiet(self) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.quiet_s):
                await self._changed.wait()
        return not self._changed.is_set()

    async def _doings(
        self, pairs: Sequence[tuple[SessionState, SessionState]]
    ) -> dict[SessionId, Doing]:
        """What is known of each session, its shared files compared with their base."""
        shared: dict[SessionId, set[str]] = {}
        states: dict[SessionId, SessionState] = {}
        for a, b in pairs:
            both = {file.path for file in a.files} & {file.path for file in b.files}
            for state in (a, b):
                states[state.id] = state
                shared.setdefault(state.id, set()).update(both)
        self._written = {
            key: known for key, known in self._written.items() if key[1] in shared.get(key[0], ())
        }
        found: dict[SessionId, Doing] = {}
        for name, paths in shared.items():
            written = {path: await self._compared(states[name], path) for path in sorted(paths)}
            known = {path: one for path, one in written.items() if one is not None}
            found[name] = Doing(states[name], await self._read_by(name), known)
        return found

    async def _compared(self, state: SessionState, path: str) -> Written | None:
        stand = state.review.files_seq
        before, known = self._written.get((state.id, path), (-1, None))
        alive = self._sessions.get(state.id)
        if before == stand or alive is None or not state.workspace.path:
            return known
        try:
            compared = await alive.review.compared(path)
        except (OrderRefused, RepositoryError, OSError):
            found = None
        else:
            changes = await asyncio.to_thread(runs, compared.rows)
            found = Written(compared.before.digest, compared.after.digest, changes)
        self._written[state.id, path] = stand, found
        return found

    async def _read_by(self, session: SessionId) -> Collection[str]:
        if session not in self._reads:
            told = await asyncio.to_thread(self._reader.of_type, session, "call.requested")
            self._reads[session] = {}
            for event in map(decode, told):
                if isinstance(event, CallRequested) and event.tool in _READERS:
                    self._note(event)
        return self._reads[session]

    def _note(self, call: CallRequested) -> None:
        """Keep what a call is about to read; of a command, what it names."""
        try:
            given = msgspec.json.decode(call.arguments, type=_Given)
        except UNREADABLE:
            return
        reads = self._reads[call.session]
        for path in sorted(named(given.command)) if given.command else [given.path]:
            name = path.removeprefix("./")
            reads.pop(name, None)
            reads[name] = None
        while len(reads) > MOST_READS:
            del reads[next(iter(reads))]


async def _commit_of(trying: Scratch, place: Workspace) -> str:
    """A commit of all that a workspace holds; empty where git can't make one."""
    try:
        await trying.see(place.path)
        return await trying.commit_of(place)
    except _TROUBLE as error:
        # Said nowhere else: names and lines are marked all the same, and the next change tries.
        log.info("%s could not be read for a merge: %s", place.path, error)
        return ""


async def _conflicting(
    trying: Scratch, place: str, mine: str, theirs: str
) -> tuple[str, ...] | None:
    """The files in which two commits conflict; None where the merge could not be tried."""
    try:
        return (await merged(Path(place), mine, theirs, trying.env)).names
    except _TROUBLE as error:
        log.info("a merge could not be tried: %s", error)
        return None
