import pytest

from kit.desk import Story
from kit.shop import shop
from kit.taped import Wound, course_of
from steerdeck.panes import tape as tapes
from steerdeck.panes.tape import MomentWanted, PageWanted, ToldWanted
from steerdeck.panes.timeline import Timeline
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import ItemId, MessageId, SessionId
from steerdeck_agents.facts.reduce.session import fold

PAGE = 10
FIX, ONE, TWO = SessionId("fix"), SessionId("one"), SessionId("two")


@pytest.fixture(autouse=True)
def short_pages(monkeypatch):
    monkeypatch.setattr(tapes, "PAGE", PAGE)
    monkeypatch.setattr(tapes, "_FAR", 3 * PAGE)


def long(events: int = 300) -> list[e.KnownEvent]:
    """Two sessions that are written to by turns; the second begins later."""
    story = Story()
    for number in range(events):
        session = TWO if number > 25 and number % 2 else ONE
        message = MessageId(f"m{number}")
        story.add(session, e.MessageSent(message=message, text=str(number)), 5000 - number)
    return story.events


def states(events):
    return {id: fold(e for e in events if e.session == id) for id in {e.session for e in events}}


def test_a_replay_is_the_fold_of_the_journal_at_every_moment():
    events = long()
    wound = Wound(events)
    for at in (0, 1, 10, 17, 300, 13, 299, 155, 154, 150, 149, 190, 260, 3, 0):
        tape = wound.to(at, (ONE, TWO))
        assert tape.at == at
        assert tape.states == (states(events[:at]) if at else {})
        if at:
            assert tape.seq == events[at - 1].seq
            assert tape.now_ms == events[at - 1].at_ms
        for id, told in tape.transcripts.items():
            newest = [one.message for one in events[:at] if one.session == id][-20:]
            assert list(told.entries)[-20:] == newest


def test_a_long_way_reads_one_moment_and_one_page_and_a_step_back_reads_nothing():
    wound = Wound(long())
    wound.to(255, (ONE,))
    assert wound.wanted == [MomentWanted(250), PageWanted(25)]
    wound.to(254, (ONE,))
    wound.to(259, (ONE,))
    wound.to(251, (ONE,))
    assert len(wound.wanted) == 2
    wound.to(251, (ONE, TWO))
    assert wound.wanted[2:] == [ToldWanted(250, TWO)]


def test_however_far_one_goes_only_a_few_pages_and_moments_are_held():
    wound = Wound(long())
    wound.to(1, (ONE, TWO))
    for at in (*range(300), *range(300, 0, -1)):
        wound.to(at, (ONE, TWO))
        assert len(wound.tape._pages) <= 6
        assert len(wound.tape._moments) <= 6
    assert 0 in wound.tape._moments


def test_a_transcript_that_grew_long_while_playing_lets_its_beginning_go(monkeypatch):
    monkeypatch.setattr(tapes, "_MOST", 40)
    story = Story()
    for number in range(300):
        story.add(ONE, e.ItemEnded(item=ItemId(f"i{number}"), kind="message", text="words"))
    wound = Wound(story.events)
    lengths = []
    for at in range(1, 301):
        told = wound.to(at, (ONE,)).transcripts[ONE]
        assert [*told.entries][-1] == f"i{at - 1}"
        lengths.append(len(told.entries))
    assert 40 < max(lengths) <= 40 + PAGE and lengths[-1] < 60
    assert told.first == 301 - lengths[-1]


def test_an_older_page_is_put_before_what_is_kept_too():
    events = long()
    wound = Wound(events)
    tape = wound.to(255, (ONE,))
    told = tape.transcripts[ONE]
    first = told.first
    older = [one for one in events if one.session == ONE and one.seq < first][-50:]
    for one in tape.like(told, ONE):
        one.prepend(one.led_to(older))
    assert wound.to(254, (ONE,)).transcripts[ONE].first == older[0].seq
    assert len(wound.wanted) == 2


def test_an_event_that_is_gone_from_the_journal_is_passed_over():
    events = long(30)
    wound = Wound(events)
    wound.events = [event for event in events if event.seq != 12]
    tape = wound.to(30, (ONE,))
    assert MessageId("m11") not in tape.transcripts[ONE].entries
    assert MessageId("m12") in tape.transcripts[ONE].entries


def test_errors_and_approvals_are_found_in_both_directions():
    feed = shop()
    wound = Wound(feed.events)
    tape = wound.tape
    first = tape.error(1)
    wound.to(first, (FIX,))
    assert isinstance(feed.events[first - 1], e.CallEnded)
    asked = tape.asked(1)
    assert isinstance(feed.events[asked - 1], e.ApprovalRequested | e.QuestionAsked)
    wound.to(asked, (FIX,))
    assert tape.error(-1) == first
    wound.to(len(tape), (FIX,))
    assert tape.asked(1) is None
    said = tape.first_words(FIX)
    assert isinstance(feed.events[said - 1], e.MessageSent)
    assert feed.events[said - 1].session == FIX


def test_what_has_not_happened_yet_is_faint_on_the_timeline():
    feed = shop()
    sessions = sorted(feed.states().values(), key=lambda state: state.slot)
    course = course_of(feed.events)
    line = Timeline(course, sessions, 100, low=False)
    rows = line.at(course.times[19], FIX)
    assert [row.spans[0].text.strip() for row in rows[1:5]] == [
        "1 fix-login",
        "2 add-csv",
        "3 docs",
        "4 rate-limit",
    ]
    for row in rows[1:5]:
        told = [span.fg for span in row.spans[1:]]
        head = told.index("accent")
        assert set(told[head + 1 :]) <= {"t3", "line"}
        assert sum(len(span.text) for span in row.spans) == 100


def test_the_timeline_tells_of_each_what_it_did():
    story = Story()
    one = SessionId("one")
    story.add(one, e.MessageSent(message=MessageId("m"), text="go"), 100)
    story.add(one, e.TurnStarted(), 90)
    story.add(one, e.TextAdded(item=ItemId("i"), kind="message", text="t"), 50)
    story.add(one, e.SessionParked(reason="budget"), 40)
    story.add(one, e.SessionResumed(), 20)
    story.add(one, e.TurnEnded(status="failed", error="x"), 0)
    state = fold(story.events)
    course = course_of(story.events)
    life = Timeline(course, [state], 14 + 100, low=False)._lives[0][2]
    colours = [colour for _, colour in life]
    assert colours[5] == "line" and colours[30] == "working" and colours[70] == "needs"
    assert colours[90] == "working" and colours[99] == "failed"
