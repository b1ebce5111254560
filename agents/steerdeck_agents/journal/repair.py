"""Mending a damaged journal: what can be read goes into a new one, what can't is named in it.

The damaged file is never changed and is kept beside the new one. What was lost is said in an event,
so that it stays known and a later check tells only what happened since.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import decode, encode, type_of
from steerdeck_agents.facts.ids import SessionId, Sha
from steerdeck_agents.facts.mended import JournalMended, Stretch
from steerdeck_agents.journal.chain import chained
from steerdeck_agents.journal.check import Span, Trouble, known_of, troubles
from steerdeck_agents.journal.crosscheck import mismatches
from steerdeck_agents.journal.database import private_file
from steerdeck_agents.journal.mark import Mark, marked
from steerdeck_agents.journal.naming import owners_of
from steerdeck_agents.journal.rebuild import rebuild_calls, rebuild_search, rebuild_sessions
from steerdeck_agents.journal.salvage import Progress, salvaged
from steerdeck_agents.journal.segments import lines
from steerdeck_agents.journal.swap import damaged, making, swap
from steerdeck_agents.settings.scratch import ScratchFolder


class HurtSession(msgspec.Struct, frozen=True):
    """A session that is not whole any more."""

    id: SessionId
    name: str
    lost: int
    """Events that are gone."""
    doubtful: int
    """Events that can't be proven to be as they were written."""
    bytes_gone: int
    """Outputs, files, prompt items or records of requests and checkpoints that are gone."""


class Report(msgspec.Struct, frozen=True):
    """What a repair brings over, and what not."""

    events: int
    lost: int
    doubtful: int
    bytes_gone: int
    sessions: tuple[HurtSession, ...]
    unknown: int
    """Lost events of which nobody knows whose they were."""
    kept: str = ""
    """Where the damaged file is; empty when nothing was changed."""


def survey(path: Path, told: Progress) -> Report:
    """What a repair would come to; nothing is changed. Raises JournalError."""
    try:
        with ScratchFolder() as folder:
            return _mended(path, folder / "journal.db", told, at_ms=0, kept="")
    except (OSError, sqlite3.Error) as error:
        raise JournalError(f"The pages of {path} can't be looked at ({error}).") from error


def repair(path: Path, told: Progress, at_ms: int) -> Report:
    """Put a mended journal in the place of the damaged one, which is kept.

    Called with the journal's lock held. Raises JournalError; then nothing has changed.
    """
    new = making(path)
    kept = damaged(path, at_ms // 1000)
    try:
        new.unlink(missing_ok=True)
        private_file(new)
        report = _mended(path, new, told, at_ms=at_ms, kept=str(kept))
    except (OSError, sqlite3.Error) as error:
        new.unlink(missing_ok=True)
        raise JournalError(
            f"No mended journal could be made beside {path} ({error}). The damaged one is as it"
            f" was; a repair needs about as much room as that takes."
        ) from error
    told("putting it in place", 0, 1)
    swap(path, kept)
    return report


def _mended(path: Path, new: Path, told: Progress, *, at_ms: int, kept: str) -> Report:
    """Make the new file; what came of it."""
    # Imported only here: sqlite-utils costs more than opening a database.
    from steerdeck_agents.journal.schema import migrate

    target = sqlite3.connect(new, isolation_level=None)
    try:
        target.execute("pragma journal_mode = memory")
        target.execute("pragma synchronous = off")
        migrate(target, new)
        saved = salvaged(path, target, told)
        told("making the search index", 0, 1)
        rebuild_search(target)
        told("checking the hash chain", 0, 1)
        found = troubles(target)
        hurt = _Hurt(target, found, saved.owners, saved.hashes, marked(path))
        told("folding sessions", 0, 1)
        rebuild_calls(target, hurt.sessions)
        rebuild_sessions(target, hurt.sessions)
        hurt.look_beside()
        _tell(target, hurt.fact(at_ms, kept), hurt.end)
        return hurt.report(kept)
    finally:
        target.close()


class _Hurt:
    """What is missing or can't be proven, and whose it was."""

    def __init__(
        self,
        target: sqlite3.Connection,
        found: Sequence[Trouble],
        owners: Mapping[int, str],
        hashes: set[str],
        mark: Mark | None,
    ) -> None:
        self._target = target
        known = known_of(target)
        there = [line.seq for line in lines(target, None, 0, 2**62)]
        self.events = len(there)
        self.end = max([*there[-1:], mark.seq if mark is not None else 0])
        missing = set(range(1, self.end + 1)).difference(there)
        missing -= {seq for first, last in known.lost for seq in range(first, last + 1)}
        self.lost = sorted(missing)
        self.doubtful = [trouble.doubtful for trouble in found if trouble.doubtful is not None]
        self.gone = sorted(_missing_bytes(target, hashes | {t.gone for t in found if t.gone}))
        self._lost_of = Counter(owners.get(seq, "") for seq in self.lost)
        self._doubtful_of = _doubtful_of(target, self.doubtful)
        self._gone_of = Counter(
            session for whose in owners_of(target, self.gone).values() for session in whose
        )
        self._beside: list[str] = []
        self._beside_of = Counter[str]()
        self.sessions = {
            SessionId(session)
            for session in (*self._lost_of, *self._doubtful_of, *self._gone_of)
            if session
        }

    def look_beside(self) -> None:
        """Once all is made again: which rows beside events still don't fit."""
        for sentence, session in mismatches(self._target):
            self._beside.append(sentence)
            self._beside_of[session] += 1
            if session:
                self.sessions.add(session)

    def report(self, kept: str) -> Report:
        names = {
            session: str(name or session)
            for session, name in self._target.execute(
                "select id, json_extract(state, '$.name') from session"
            )
        }
        return Report(
            events=self.events,
            lost=len(self.lost),
            doubtful=sum(self._doubtful_of.values()),
            bytes_gone=len(self.gone),
            sessions=tuple(
                HurtSession(
                    session,
                    names.get(session, session),
                    self._lost_of[session],
                    self._doubtful_of[session],
                    self._gone_of[session] + self._beside_of[session],
                )
                for session in sorted(self.sessions)
            ),
            unknown=self._lost_of[""],
            kept=kept,
        )

    def fact(self, at_ms: int, kept: str) -> JournalMended:
        lost = f"{len(self.lost)} events were lost" if self.lost else "No event was lost"
        return JournalMended(
            seq=self.end + 1,
            at_ms=at_ms,
            text=f"The journal was damaged and mended. {lost}.",
            lost=tuple(Stretch(*span) for span in _spans(self.lost)),
            doubtful=tuple(Stretch(*span) for span in self.doubtful),
            gone=tuple(Sha(sha) for sha in self.gone),
            beside=tuple(self._beside),
            hurt=tuple(sorted(self.sessions)),
            kept=kept,
            back=bool(self.lost),
        )


def _doubtful_of(target: sqlite3.Connection, spans: Iterable[Span]) -> Counter[str]:
    seqs: dict[int, str] = {}
    for first, last in spans:
        for line in lines(target, None, first - 1, last + 1):
            seqs[line.seq] = decode(line.text).session
    return Counter(seqs.values())


def _missing_bytes(target: sqlite3.Connection, hashes: Iterable[str]) -> set[str]:
    there: set[str] = set()
    for table in ("blob", "checkpoint_bytes", "prompt_item where text <> ''"):
        there |= {sha for (sha,) in target.execute(f"select sha from {table}")}
    return set(hashes) - there


def _spans(seqs: Sequence[int]) -> list[Span]:
    """Seqs in order as first and last of those in a row."""
    spans: list[Span] = []
    for seq in seqs:
        if spans and spans[-1][1] == seq - 1:
            spans[-1] = (spans[-1][0], seq)
        else:
            spans.append((seq, seq))
    return spans


def _tell(target: sqlite3.Connection, fact: JournalMended, end: int) -> None:
    """Close the chain over what is there, and add the fact that names what is not."""
    row = target.execute(
        "select last_seq, hash from batch order by first_seq desc limit 1"
    ).fetchone()
    last, digest = row or (0, "")
    target.execute("begin")
    left = [line.text for line in lines(target, None, last, end + 1)]
    if left:
        digest = chained(digest, left)
        target.execute("insert into batch values (?, ?, ?)", (last + 1, end, digest))
    text = encode(fact)
    target.execute(
        "insert into event values (?, ?, ?, ?, ?)",
        (fact.seq, fact.session, type_of(fact), fact.at_ms, text),
    )
    target.execute(
        "insert into batch values (?, ?, ?)", (fact.seq, fact.seq, chained(digest, [text]))
    )
    target.execute("commit")
