"""The course of a recording: of every event when it was, whose, and what it means for a timeline.

A replay of a day is hundreds of thousands of events. It holds this of all of them, some twenty
bytes each, and the events themselves only where it stands.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from typing import Final

import msgspec

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId

WORKS, WAITS, RESTS, ENDED, COMPLETED, FAILED, YOURS, WRITES, CALLS, ASKS, SAID = (
    1 << bit for bit in range(11)
)
"""What an event means: the agent works, waits or rests from then on; a turn ended, and well; it
went wrong; the developer did it; files changed; a call began; an answer is wanted; words came."""

_STEADY: Final = {
    e.TurnStarted: WORKS,
    e.SessionResumed: WORKS,
    e.ApprovalRequested: WAITS | ASKS,
    e.QuestionAsked: WAITS | ASKS,
    e.CallLost: WAITS | FAILED,
    e.SessionParked: WAITS,
    e.ApprovalDecided: WORKS | YOURS,
    e.QuestionAnswered: WORKS | YOURS,
    e.ApprovalExpired: WORKS,
    e.SessionArchived: RESTS,
    e.MessageSent: YOURS | SAID,
    e.FilesChanged: WRITES,
    e.FilesRestored: WRITES,
    e.CallStarted: CALLS,
    e.LandingFailed: FAILED,
}
_BY_OUTCOME: Final = (e.TurnEnded, e.CallEnded, e.RequestEnded, e.Noticed)
STEADY: Final = {str(kind.__struct_config__.tag): marks for kind, marks in _STEADY.items()}
"""What events of these dotted types mean, whatever else they say."""
BY_OUTCOME: Final = frozenset(str(kind.__struct_config__.tag) for kind in _BY_OUTCOME)
"""Types of events that must be read for it; what is in neither means nothing here."""


def marks_of(event: e.Event) -> int:
    """What an event means: the flags above, joined."""
    match event:
        case e.TurnEnded(status=status):
            good = COMPLETED if status == "completed" else 0
            return RESTS | ENDED | good | (FAILED if status == "failed" else 0)
        case e.CallEnded(status="failed") | e.RequestEnded(status="failed"):
            return FAILED
        case e.Noticed(level="error"):
            return FAILED
        case _:
            return _STEADY.get(type(event), 0)


class CoursePage(msgspec.Struct, frozen=True, array_like=True):
    """A stretch of a course: four numbers an event."""

    seqs: tuple[int, ...] = ()
    """Each as the distance to the one before; the first to the event that was asked after."""
    times: tuple[int, ...] = ()
    """Milliseconds since the one before; of the first since 1970."""
    whose: tuple[int, ...] = ()
    """Places in the list of sessions that was asked for."""
    marks: tuple[int, ...] = ()


class Course:
    """Events by their place, the first is 0; columns of numbers, twenty bytes an event."""

    def __init__(self, sessions: Sequence[SessionId] = ()) -> None:
        """Of these sessions; `extend` brings their events."""
        self.sessions = tuple(sessions)
        self.seqs = array("q")
        self.times = array("q")
        self.whose = array("H")
        self.marks = array("H")
        self.born: dict[SessionId, int] = {}
        """The place of each session's first event; one without events is not in it."""

    def __len__(self) -> int:
        return len(self.seqs)

    @property
    def last_seq(self) -> int:
        """Of the last event so far; 0 before the first."""
        return self.seqs[-1] if self.seqs else 0

    def extend(self, page: CoursePage) -> None:
        """Add what follows: a page that was asked for after `last_seq`."""
        begin = len(self)
        self.seqs.extend(islice(accumulate(page.seqs, initial=self.last_seq), 1, None))
        self.times.extend(accumulate(page.times))
        self.whose.extend(page.whose)
        self.marks.extend(page.marks)
        for whose in set(page.whose):
            self.born.setdefault(self.sessions[whose], begin + page.whose.index(whose))

    def session(self, place: int) -> SessionId:
        return self.sessions[self.whose[place]]

    def upto(self, seq: int) -> int:
        """How many events there are up to an event, it included."""
        return bisect_right(self.seqs, seq)

    def until(self, at_ms: int) -> int:
        """How many events come before a time."""
        return bisect_left(self.times, at_ms)

    def find(self, wanted: int, begin: int, step: int) -> int | None:
        """The first place from `begin` on, forwards or with −1 backwards, with one of the marks."""
        places = range(begin, len(self)) if step > 0 else range(begin, -1, -1)
        marks = self.marks
        return next((place for place in places if marks[place] & wanted), None)

    def marked(self) -> Iterator[tuple[int, SessionId, int]]:
        """Time, session and marks of all events that mean something, in order."""
        for place, marks in enumerate(self.marks):
            if marks:
                yield self.times[place], self.session(place), marks
