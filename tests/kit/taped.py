"""Brings a tape what it asks for out of a list of events, as the deck does out of the journal."""

import sqlite3
from collections.abc import Iterable, Sequence

from kit.recorded import Recorded
from steerdeck.panes.tape import MomentWanted, PageWanted, Tape, ToldWanted, Wanted
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.course import Course, CoursePage
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.transcript import Transcript
from steerdeck_agents.journal.coursing import course

_PAGE = 30


def course_of(
    events: Sequence[e.KnownEvent], page: int = 10_000, sessions: Sequence[SessionId] = ()
) -> Course:
    """The course of these sessions, or of all there are, read by so many events."""
    found = Course(sessions or sorted({event.session for event in events if event.session}))
    journal = Recorded(events)

    def stretch(connection: sqlite3.Connection) -> CoursePage:
        return course(connection, found.sessions, found.last_seq, page)

    while (read := journal.ask(stretch)).seqs:
        found.extend(read)
    return found


class Wound:
    """A tape over events, and what it wanted so far."""

    def __init__(self, events: Sequence[e.KnownEvent]) -> None:
        self.events = events
        self.tape = Tape(course_of(events))
        self.wanted: list[Wanted] = []

    def to(self, at: int, shown: Iterable[SessionId]) -> Tape:
        """Go there by as many stretches as it takes."""
        shown = list(shown)
        while (found := self.tape.go(at, shown)) is not True:
            if found is not False:
                self.wanted.append(found)
                self._bring(found, shown)
        return self.tape

    def _bring(self, wanted: Wanted, shown: Sequence[SessionId]) -> None:
        match wanted:
            case PageWanted(number):
                first, last = self.tape.stretch(number)
                page = [event for event in self.events if first <= event.seq <= last]
                self.tape.bring_page(number, page)
            case MomentWanted(place):
                states = {}
                for event in self._upto(place):
                    states[event.session] = reduce(states.get(event.session), event)
                told = {id: self._told(place, id) for id in shown if id in states}
                self.tape.bring_moment(place, states, told)
            case ToldWanted(place, session):
                self.tape.bring_told(place, session, self._told(place, session))

    def _upto(self, place: int) -> list[e.KnownEvent]:
        return [event for event in self.events if event.seq <= self.tape.course.seqs[place - 1]]

    def _told(self, place: int, session: SessionId) -> Transcript:
        told = Transcript()
        for event in [one for one in self._upto(place) if one.session == session][-_PAGE:]:
            told.add(event)
        return told
