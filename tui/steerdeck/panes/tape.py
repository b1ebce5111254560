"""A recording to move in: events in order, and the state at any of them, folded as it happened.

Every few hundred events the folded states are kept, so that a jump folds a short stretch only. The
fold is the runtime's own; nothing here guesses what was true.
"""

from collections.abc import Sequence

from steerdeck.model import Told
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Entry

KEPT_EVERY = 400

States = dict[SessionId, SessionState]
_Kept = tuple[States, dict[SessionId, tuple[dict[str, Entry], int]]]


class Tape:
    """Sessions between two moments; `at` is how many events have happened."""

    def __init__(self, events: Sequence[e.Event], before: States | None = None) -> None:
        """`before` holds the states of sessions that began before the first event."""
        self.events = sorted(events, key=lambda event: event.seq)
        self.at = 0
        self.states: States = dict(before or {})
        self.transcripts: dict[SessionId, Told] = {}
        self._kept: dict[int, _Kept] = {0: (dict(self.states), {})}

    def __len__(self) -> int:
        return len(self.events)

    @property
    def now_ms(self) -> int:
        """When the last event that happened, happened."""
        if not self.events:
            return 0
        return self.events[max(0, self.at - 1)].at_ms

    @property
    def seq(self) -> int:
        return self.events[self.at - 1].seq if self.at else 0

    def seek(self, at: int) -> None:
        """Go to just after `at` events."""
        while not self.near(at, len(self.events)):
            pass

    def near(self, at: int, most: int) -> bool:
        """Go that way, folding so many events at most; True when it was reached."""
        at = max(0, min(len(self.events), at))
        place = max(place for place in self._kept if place <= at)
        if not place <= self.at <= at:
            self._restore(place)
        end = min(at, self.at + most)
        while self.at < end:
            self._step()
        return self.at == at

    def _step(self) -> None:
        event = self.events[self.at]
        if event.session:
            self.states[event.session] = reduce(self.states.get(event.session), event)
            self.transcripts.setdefault(event.session, Told()).add(event)
        self.at += 1
        if self.at % KEPT_EVERY == 0 and self.at not in self._kept:
            told = {id: (dict(t.entries), t.seq) for id, t in self.transcripts.items()}
            self._kept[self.at] = (dict(self.states), told)

    def _restore(self, place: int) -> None:
        states, told = self._kept[place]
        self.states = dict(states)
        self.transcripts = {}
        for id, (entries, seq) in told.items():
            transcript = Told()
            transcript.entries, transcript.seq = dict(entries), seq
            self.transcripts[id] = transcript
        self.at = place

    def find(self, step: int, *kinds: type) -> int | None:
        """How many events until the next (or, with step −1, the one before) of these kinds."""
        places = range(self.at, len(self.events)) if step > 0 else range(self.at - 2, -1, -1)
        for place in places:
            if isinstance(self.events[place], kinds):
                return place + 1
        return None

    def first_words(self, session: SessionId) -> int:
        """How many events until there is something to read in that session."""
        said = (
            place
            for place, event in enumerate(self.events, start=1)
            if event.session == session and isinstance(event, e.MessageSent)
        )
        return next(said, min(1, len(self.events)))

    def error(self, step: int) -> int | None:
        """The same for whatever failed."""
        places = range(self.at, len(self.events)) if step > 0 else range(self.at - 2, -1, -1)
        return next((place + 1 for place in places if failed(self.events[place])), None)


def failed(event: e.Event) -> bool:
    """Whether something went wrong with this event."""
    match event:
        case e.CallEnded(status="failed") | e.TurnEnded(status="failed") | e.LandingFailed():
            return True
        case e.RequestEnded(status="failed") | e.CallLost():
            return True
        case e.Noticed(level="error"):
            return True
        case _:
            return False
