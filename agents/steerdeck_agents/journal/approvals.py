"""What the developer was asked before and what they said, newest last, for rules made of it.

The event table has no index by type, so the first look goes through all of it and later ones only
through what came since. The newest `MOST` answers are kept; `left_out` counts those before.
"""

import sqlite3
import threading
from pathlib import Path

import msgspec

from steerdeck_agents.facts.asking import Kind
from steerdeck_agents.facts.events import ApprovalDecided, ApprovalRequested, RuleUsed, decode
from steerdeck_agents.facts.ids import ApprovalId, SessionId
from steerdeck_agents.facts.ruling import PASSED_KEPT, Passed
from steerdeck_agents.journal.database import broken, open_for_reading

MOST = 2_000


class PastApproval(msgspec.Struct, frozen=True):
    """One question and its answer."""

    approval: ApprovalId
    session: SessionId
    seq: int
    """Of the answer."""
    at_ms: int
    kind: Kind
    what: str
    folder: str
    """Absolute, in the workspace of that time."""
    allowed: bool
    lasting: bool
    """More than once was said."""
    files: tuple[str, ...] = ()
    keep: bool = False
    """It would have gone on after its call."""


class PastUse(msgspec.Struct):
    """How often a rule was used in all sessions, and the newest of what passed."""

    used: int = 0
    passed: tuple[Passed, ...] = ()
    session: SessionId = SessionId("")
    """The one that used it last."""


class PastApprovals:
    """The answers of all sessions; safe to be read from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen = 0
        self._asked: dict[ApprovalId, ApprovalRequested] = {}
        self._answered: list[PastApproval] = []
        self.left_out = 0

    def read(self) -> tuple[PastApproval, ...]:
        """All answers up to now, the newest `MOST`; JournalError when they can't be read."""
        with self._lock:
            texts, self._seen = _facts(
                self.path, self._seen, ("approval.requested", "approval.decided")
            )
            for text in texts:
                self._take(text)
            if (over := len(self._answered) - MOST) > 0:
                self.left_out += over
                del self._answered[:over]
            return tuple(self._answered)

    def _take(self, text: str) -> None:
        match decode(text):
            case ApprovalRequested() as asked:
                self._asked[asked.approval] = asked
                while len(self._asked) > MOST:
                    del self._asked[next(iter(self._asked))]
            case ApprovalDecided() as decided:
                asked_for = self._asked.pop(decided.approval, None)
                if asked_for is not None and not decided.unattended:
                    self._answered.append(
                        PastApproval(
                            approval=decided.approval,
                            session=decided.session,
                            seq=decided.seq,
                            at_ms=decided.at_ms,
                            kind=asked_for.kind,
                            what=asked_for.what,
                            folder=asked_for.folder,
                            allowed=decided.decision == "allow",
                            lasting=decided.scope != "once",
                            files=tuple(file.path for file in asked_for.files),
                            keep=bool(asked_for.kept),
                        )
                    )


def past_uses(path: Path) -> dict[str, PastUse]:
    """How often every rule was used, by its id; JournalError when that can't be read."""
    texts, _ = _facts(path, 0, ("rule.used",))
    found: dict[str, PastUse] = {}
    for text in texts:
        match decode(text):
            case RuleUsed() as fact:
                use = found.setdefault(fact.rule, PastUse())
                use.used += 1
                use.session = fact.session
                passed = Passed(fact.what, fact.seq, fact.at_ms, fact.call)
                use.passed = (*use.passed, passed)[-PASSED_KEPT:]
    return found


def facts_of(path: Path, *types: str) -> list[str]:
    """Stored texts of all events of some dotted types, in order; JournalError if unreadable."""
    return _facts(path, 0, types)[0]


def _facts(path: Path, after: int, types: tuple[str, ...]) -> tuple[list[str], int]:
    """The texts after a seq, and the last seq looked at."""
    marks = ", ".join("?" * len(types))
    connection = open_for_reading(path)
    try:
        (last,) = connection.execute("select coalesce(max(seq), 0) from event").fetchone()
        rows = connection.execute(
            f"select json from event where seq > ? and seq <= ? and type in ({marks}) order by seq",
            (after, last, *types),
        )
        return [text for (text,) in rows], last
    except sqlite3.Error as error:
        raise broken(path, error) from error
    finally:
        connection.close()
