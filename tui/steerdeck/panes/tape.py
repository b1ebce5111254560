"""A recording to move in: the state at any of its events, folded as it happened.

Of all events it knows when they were and what they mean; the events themselves it holds only by
pages around where it stands, and states as they were between pages. What it lacks on its way it
names, and somebody who can read brings it. The fold is the runtime's own; nothing here guesses
what was true.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.course import ASKS, FAILED, SAID, Course
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Transcript

T = TypeVar("T")
PAGE = 400
"""Events of a page, and the most that are folded at one stretch: some milliseconds."""
_FAR = 3 * PAGE
"""Further on than this the state is read and not folded."""
_KEPT = 6
"""Pages, and states between pages, that are held."""
_MOST = 1_000
"""Entries of a transcript until the older half is let go."""

States = dict[SessionId, SessionState]


class Moment(NamedTuple):
    """How it was after a whole number of pages."""

    states: States
    told: dict[SessionId, Transcript]
    """Of the sessions somebody looked at."""


class MomentWanted(NamedTuple):
    """The states after `place` events are missing."""

    place: int


class ToldWanted(NamedTuple):
    """What was told in a session up to `place` events is missing."""

    place: int
    session: SessionId


class PageWanted(NamedTuple):
    """The events of a page are missing; the first page is 0."""

    number: int


Wanted = MomentWanted | ToldWanted | PageWanted


class Tape:
    """Sessions from the first event to the last; `at` is how many of them have happened."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.at = 0
        self.states: States = {}
        self.transcripts: dict[SessionId, Transcript] = {}
        self._pages: dict[int, Mapping[int, e.Event]] = {}
        self._moments: dict[int, Moment] = {0: Moment({}, {})}

    def __len__(self) -> int:
        return len(self.course)

    @property
    def now_ms(self) -> int:
        """When the last event that happened, happened."""
        return self.course.times[max(0, self.at - 1)] if len(self) else 0

    @property
    def seq(self) -> int:
        return self.course.seqs[self.at - 1] if self.at else 0

    # moving

    def go(self, at: int, shown: Sequence[SessionId]) -> Wanted | bool:
        """A stretch towards `at` events, where `shown` are to be read; whether it is there.

        Else what must be brought first.
        """
        at = max(0, min(len(self), at))
        near = self.at <= at <= self.at + _FAR
        if not near or self._untold(shown, self.transcripts, self.at):
            wanted = self._restore(at - at % PAGE, shown)
            if wanted is not None:
                return wanted
        if self.at == at:
            return True
        number = self.at // PAGE
        if (page := self._pages.get(number)) is None:
            return PageWanted(number)
        _fresh(self._pages, number)
        for place in range(self.at, min(at, number * PAGE + PAGE)):
            self._step(place, page.get(self.course.seqs[place]))
        return self.at == at

    def _restore(self, place: int, shown: Sequence[SessionId]) -> Wanted | None:
        """Go to a moment that is kept, or say what of it is missing."""
        moment = self._moments.get(place)
        if moment is None:
            return MomentWanted(place)
        if missing := self._untold(shown, moment.told, place):
            return ToldWanted(place, missing[0])
        _fresh(self._moments, place)
        self.at = place
        self.states = dict(moment.states)
        self.transcripts = {id: told.copy() for id, told in moment.told.items()}
        return None

    def _untold(
        self, shown: Iterable[SessionId], told: Mapping[SessionId, Transcript], at: int
    ) -> list[SessionId]:
        """Sessions that have begun by then, and nothing is known of what was said there."""
        born = self.course.born
        return [id for id in shown if id not in told and born.get(id, at) < at]

    def _step(self, place: int, event: e.Event | None) -> None:
        """One event on; one that is gone from the journal is passed over."""
        self.at = place + 1
        if event is not None:
            id = event.session
            self.states[id] = reduce(self.states.get(id), event)
            if self.course.born[id] == place:
                self.transcripts[id] = Transcript()
            if id in self.transcripts:
                self.transcripts[id].add(event)
        if self.at % PAGE == 0:
            for told in self.transcripts.values():
                if len(told.entries) > _MOST:
                    told.let_go(_MOST // 2)
            kept = {id: told.copy() for id, told in self.transcripts.items()}
            self._keep_moment(self.at, Moment(dict(self.states), kept))

    # what is brought

    def stretch(self, number: int) -> tuple[int, int]:
        """The seqs of the first and the last event of a page."""
        seqs = self.course.seqs
        return seqs[number * PAGE], seqs[min(len(self), number * PAGE + PAGE) - 1]

    def bring_page(self, number: int, events: Sequence[e.Event]) -> None:
        self._pages[number] = {event.seq: event for event in events}
        _fresh(self._pages, number)

    def bring_moment(self, place: int, states: States, told: dict[SessionId, Transcript]) -> None:
        self._keep_moment(place, Moment(states, told))

    def bring_told(self, place: int, session: SessionId, told: Transcript) -> None:
        if place in self._moments:
            self._moments[place].told[session] = told

    def like(self, told: Transcript, session: SessionId) -> list[Transcript]:
        """What is kept of a session that begins where this does: an older page belongs to all."""
        kept = [moment.told.get(session) for moment in self._moments.values()]
        return [told, *(one for one in kept if one is not None and one.first == told.first)]

    def _keep_moment(self, place: int, moment: Moment) -> None:
        self._moments[place] = moment
        _fresh(self._moments, place)

    # looking for something

    def error(self, step: int) -> int | None:
        """How many events until the next (or, with −1, the one before) that went wrong."""
        return self._find(FAILED, step)

    def asked(self, step: int) -> int | None:
        """The same for whatever wanted an answer of the developer."""
        return self._find(ASKS, step)

    def _find(self, wanted: int, step: int) -> int | None:
        place = self.course.find(wanted, self.at if step > 0 else self.at - 2, step)
        return None if place is None else place + 1

    def first_words(self, session: SessionId) -> int:
        """How many events until there is something to read in that session."""
        place = self.course.find(SAID, 0, 1)
        while place is not None and self.course.session(place) != session:
            place = self.course.find(SAID, place + 1, 1)
        return min(1, len(self)) if place is None else place + 1


def _fresh(kept: dict[int, T], key: int) -> None:
    """What was used last is dropped last; where all begins is never dropped."""
    kept[key] = kept.pop(key)
    while len(kept) > _KEPT:
        del kept[next(one for one in kept if one)]
