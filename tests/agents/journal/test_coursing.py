"""The course of sessions out of a journal, and pieces of their events."""

import contextlib
import sqlite3

import pytest

from kit.desk import Story
from kit.recorded import Recorded
from kit.taped import course_of
from steerdeck_agents.facts import course as c
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, ItemId, MessageId, RequestId, SessionId
from steerdeck_agents.journal.coursing import among, course
from steerdeck_agents.journal.segments import LARGEST, pack
from steerdeck_agents.runtime.replaying import page
from steerdeck_agents.runtime.wire_replay import Among, CourseOf

A, B, C = SessionId("a"), SessionId("b"), SessionId("c")


def told() -> list[e.KnownEvent]:
    story = Story()
    for number, session in enumerate("abcabcaabbcc"):
        item = ItemId(f"i{number}")
        story.add(session, e.TextAdded(item=item, kind="message", text="t"), 100 - number)
    return story.events


def test_the_course_of_some_sessions_is_their_events_in_the_order_of_all_page_by_page():
    events = told()
    for size in (1, 2, 5, 100):
        found = course_of(events, size, (B, A))
        wanted = [event for event in events if event.session in (A, B)]
        assert list(found.seqs) == [event.seq for event in wanted]
        assert list(found.times) == [event.at_ms for event in wanted]
        assert [found.session(n) for n in range(len(found))] == [one.session for one in wanted]
        assert found.born == {A: 0, B: 1}


def test_places_are_found_by_event_and_by_time():
    events = told()
    found = course_of(events)
    assert found.upto(0) == 0 and found.upto(4) == 4 and found.upto(99) == 12
    assert found.until(events[3].at_ms) == 3 and found.until(events[3].at_ms + 1) == 4


def test_a_piece_of_events_comes_as_stored_and_of_the_asked_sessions_only():
    events = told()
    journal = Recorded(events)
    texts = journal.ask(lambda connection: among(connection, (A, C), 3, 8))
    assert texts == [e.encode(events[seq - 1]) for seq in (3, 4, 6, 7, 8)]
    assert page(journal, Among((A, C), 3, 8)) == f"[{','.join(texts)}]"
    assert page(journal, CourseOf((A,), limit=1)).startswith("[[1],[")


def test_streamed_text_that_was_packed_is_in_the_course_as_before(desk, make_created):
    desk.keep(make_created(A), make_created(B), make_created(C))
    spoken = [
        e.TextAdded(session=session, item=ItemId("i"), kind="message", text=f"{number} ")
        for number in range(LARGEST + 40)
        for session in (A, B, C)
    ]
    desk.keep(*spoken, e.SessionArchived(session=A, reason="landed"))
    ask = desk.reader.ask

    def told():
        for limit in (1, 300, 10_000):
            for after in (0, 700, 5_000):
                yield ask(lambda it, a=after, n=limit: course(it, (A, B), a, n))
        yield ask(lambda it: among(it, (A, B), 30, 900))

    before = list(told())
    assert len(before[-1]) > 500
    with contextlib.closing(sqlite3.connect(desk.path, isolation_level=None)) as connection:
        while pack(connection, A):
            pass
    assert desk.sql("select count(*) from segment") == [(2,)]
    assert list(told()) == before


@pytest.mark.parametrize(
    ("event", "marks"),
    [
        (e.TurnStarted(), c.WORKS),
        (e.TurnEnded(status="completed"), c.RESTS | c.ENDED | c.COMPLETED),
        (e.TurnEnded(status="interrupted"), c.RESTS | c.ENDED),
        (e.TurnEnded(status="failed", error="x"), c.RESTS | c.ENDED | c.FAILED),
        (e.CallEnded(call=CallId("x"), status="failed", result=""), c.FAILED),
        (e.CallEnded(call=CallId("x"), status="done", result=""), 0),
        (e.RequestEnded(request=RequestId("r"), status="failed"), c.FAILED),
        (e.Noticed(text="x", level="error"), c.FAILED),
        (e.Noticed(text="x"), 0),
        (e.CallLost(call=CallId("x")), c.WAITS | c.FAILED),
        (e.MessageSent(message=MessageId("m"), text="x"), c.YOURS | c.SAID),
        (e.TextAdded(item=ItemId("i"), kind="message", text="t"), 0),
    ],
)
def test_what_an_event_means_is_the_same_from_its_row_and_from_itself(event, marks):
    story = Story()
    story.add(A, event)
    assert c.marks_of(event) == marks
    assert list(course_of(story.events).marks) == [marks]
