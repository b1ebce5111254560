"""Reads a recording from the journal: its course at once, all else by the pages a tape asks for."""

import asyncio
from collections.abc import Callable, Iterable

from steerdeck.commands import Helm
from steerdeck.hosts.marks import host_of
from steerdeck.panes.tape import (
    PAGE,
    MomentWanted,
    PageWanted,
    States,
    Tape,
    ToldWanted,
    Wanted,
)
from steerdeck_agents.facts.course import Course, CoursePage
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Transcript
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import PageError
from steerdeck_agents.runtime.wire_replay import Among, CourseOf

LEAST = 8
"""Entries of a lane that are read before it is left to who scrolls up, where there are as many."""
_LAST = 2**62


async def read_course(helm: Helm, session: SessionId, wanted: Callable[[], bool]) -> Course:
    """The course of the session and of those that lived beside it; PageError says why not.

    Those are of its host: seqs count in one journal.
    Once it is no longer `wanted` the rest is not read.
    """
    state = helm.model.states.get(session)
    if state is None:
        state = await helm.bridge.page(wire.StateAt(session, _LAST), SessionState)
    beside = [
        one.id
        for one in helm.model.sessions()
        if one.id != session
        and host_of(one.id) == host_of(session)
        and (state.turn is not None or one.created_ms <= state.changed_ms)
        and (one.turn is not None or one.changed_ms >= state.created_ms)
    ]
    course = Course((session, *beside))
    while wanted():
        query = CourseOf(course.sessions, after=course.last_seq)
        page = await helm.bridge.page(query, CoursePage)
        if not page.seqs:
            break
        course.extend(page)
    return course


async def bring(
    helm: Helm, tape: Tape, wanted: Wanted, shown: Callable[[States], Iterable[SessionId]]
) -> None:
    """Read what a tape lacks; `shown` says whose transcripts are looked at in such states."""
    match wanted:
        case PageWanted(number):
            first, last = tape.stretch(number)
            query = Among(tape.course.sessions, first, last)
            tape.bring_page(number, await helm.bridge.events(query))
        case MomentWanted(place):
            seq = tape.course.seqs[place - 1]
            born = [id for id, at in tape.course.born.items() if at < place]
            found = await asyncio.gather(*(_state(helm, id, seq) for id in born))
            states = {state.id: state for state in found if state is not None}
            ids = list(shown(states))
            told = await asyncio.gather(*(_told(helm, id, seq) for id in ids))
            tape.bring_moment(place, states, dict(zip(ids, told, strict=True)))
        case ToldWanted(place, session):
            seq = tape.course.seqs[place - 1]
            tape.bring_told(place, session, await _told(helm, session, seq))


async def read_older(helm: Helm, tape: Tape, session: SessionId) -> bool:
    """One page more in front of a transcript; False when there is none, or one moved on."""
    told = tape.transcripts.get(session)
    if told is None or told.first <= 1:
        return False
    query = wire.Events(session, before=told.first, limit=PAGE, newest=True)
    page = await helm.bridge.events(query)
    if not page or tape.transcripts.get(session) is not told:
        return False
    for one in tape.like(told, session):
        one.prepend(await asyncio.to_thread(one.led_to, page))
    return True


async def _state(helm: Helm, session: SessionId, seq: int) -> SessionState | None:
    """None where it can't be had: the others are replayed without it."""
    try:
        return await helm.bridge.page(wire.StateAt(session, seq), SessionState)
    except PageError:
        return None


async def _told(helm: Helm, session: SessionId, seq: int) -> Transcript:
    """What was said last up to an event."""
    told = Transcript()
    page = await helm.bridge.events(wire.Events(session, before=seq + 1, limit=PAGE, newest=True))
    for event in page:
        told.add(event)
    return told
