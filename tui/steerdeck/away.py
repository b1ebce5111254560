"""What happened while the developer was away, told from two moments of the journal.

For each session the state after the last event before the last key is compared with the state now:
both are folded from the journal by `reduce`, so the digest says nothing that is not recorded there.
"""

from collections.abc import Iterable, Mapping

import msgspec

from steerdeck.memory import LastKey
from steerdeck.waiting import waiting
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState

AWAY_MS = 600_000
"""From ten minutes without a key on somebody was away."""


class Happened(msgspec.Struct, frozen=True):
    """What happened in one session."""

    session: SessionId
    told: tuple[str, ...]
    """In words, what weighs most first."""
    waits: bool
    """Whether it stands still until the developer acts."""
    files: int
    added: int
    removed: int
    dollars: float
    rank: int


class Away:
    """One absence: since when, and the states of sessions at that moment."""

    def __init__(self, since: LastKey) -> None:
        self.since = since
        self.before: dict[SessionId, SessionState | None] = {}
        """None: there was no such session then."""

    def unread(self, states: Iterable[SessionState]) -> list[SessionId]:
        """Sessions something happened in, whose state before is not known yet.

        One that was made since needs no reading.
        """
        missing = []
        for state in states:
            if state.seq <= self.since.seq or state.id in self.before:
                continue
            if state.created_ms > self.since.at_ms:
                self.before[state.id] = None
            else:
                missing.append(state.id)
        return missing

    def digest(self, states: Mapping[SessionId, SessionState]) -> list[Happened]:
        """What happened in each session, those that need the developer first, then by slot."""
        found = [
            happened
            for id, state in states.items()
            if id in self.before and (happened := compared(self.before[id], state)) is not None
        ]
        return sorted(found, key=lambda one: (one.rank, states[one.session].slot, one.session))


def compared(before: SessionState | None, now: SessionState) -> Happened | None:
    """What happened between two moments of a session; None where nothing worth telling did."""
    then = before or SessionState(now.id)
    told, rank = _told(then, now, new=before is None)
    was = {file.path: (file.added, file.removed) for file in then.files}
    changed = [f for f in now.files if was.get(f.path) != (f.added, f.removed)]
    gone = sum(path not in {file.path for file in now.files} for path in was)
    dollars = max(0.0, now.usage.dollars - then.usage.dollars)
    if not (told or changed or gone or dollars):
        return None
    if not told:
        told = ("works on",) if now.turn is not None else ("worked",)
    return Happened(
        now.id,
        told,
        now.waits,
        len(changed) + gone,
        sum(f.added for f in now.files) - sum(f.added for f in then.files),
        sum(f.removed for f in now.files) - sum(f.removed for f in then.files),
        dollars,
        rank,
    )


def _told(then: SessionState, now: SessionState, *, new: bool) -> tuple[tuple[str, ...], int]:
    """Words, and how much they matter: 0 waits, 1 failed, 2 finished, 3 the rest."""
    told: list[str] = []
    rank = 3
    known = {item.id for item in waiting(then)}
    for item in waiting(now):
        if item.claims and item.id not in known:
            verb = {"approval": "asks: ", "question": "asks: ", "parked": "parked: "}
            told.append(verb.get(item.kind, "needs you: ") + one_line(item.text, 60))
            rank = 0
    if now.landed and now.landed != then.landed:
        told.append(f"landed: {one_line(now.landed, 40)}")
    if now.archived and not then.archived:
        told.append(now.archived)
    ended = now.ended_seq > then.ended_seq
    if ended and now.last_turn in ("failed", "refused"):
        told.append(f"failed: {one_line(now.reason, 60)}" if now.reason else "failed")
        rank = min(rank, 1)
    elif ended and now.last_turn == "completed" and not now.archived:
        told.append("finished" if now.turn is None else "finished a turn, works on")
        rank = min(rank, 2)
    elif ended and now.last_turn in ("interrupted", "paused"):
        told.append(now.last_turn)
    if new:
        told.insert(0, "started")
    waited = now.counts.waited_ms - then.counts.waited_ms
    if waited >= 60_000:
        told.append(f"waited {waited // 60_000} min for an answer")
    if more := max(0, now.counts.failed_calls - then.counts.failed_calls):
        told.append(f"{counted(more, 'call')} failed")
    return tuple(told), rank
