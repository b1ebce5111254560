"""Any moment of a session can be rebuilt, and one bad session never stops the others."""

import random

import pytest

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import (
    CallEnded,
    CallRequested,
    ItemEnded,
    MessageSent,
    TextAdded,
    Unknown,
    decode,
)
from steerdeck_agents.facts.ids import CallId, ItemId, MessageId, SessionId
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.journal.chain import chained

ONE = SessionId("s1")
TWO = SessionId("s2")


def _life(session: SessionId, rounds: int):
    for n in range(rounds):
        item, call = ItemId(f"i{n}"), CallId(f"c{n}")
        yield MessageSent(session=session, message=MessageId(f"m{n}"), text=f"message {n}")
        yield TextAdded(session=session, item=item, kind="message", text="some ")
        yield TextAdded(session=session, item=item, kind="message", text="words")
        yield ItemEnded(session=session, item=item, kind="message", text="some words")
        yield CallRequested(session=session, call=call, tool="shell", arguments="{}", title="ls")
        yield CallEnded(session=session, call=call, status="done", result="a file")


def _mixed(rounds: int):
    pairs = zip(_life(ONE, rounds), _life(TWO, rounds), strict=True)
    return [event for pair in pairs for event in pair]


def test_keyframe_and_tail_give_the_same_state_as_folding_everything(desk, make_created):
    desk.keep(make_created("s1"), make_created("s2"), *_mixed(450))
    every = [one.event for one in desk.told]
    frames = desk.sql("select count(*) from keyframe where session = 's1'")[0][0]
    assert frames >= 3
    chance = random.Random(7)
    for seq in [1, 3, len(every), *(chance.randrange(4, len(every)) for _ in range(25))]:
        mine = [event for event in every if event.session == ONE and event.seq <= seq]
        assert desk.reader.state_at(ONE, seq) == fold(mine), seq


def test_keyframes_go_on_after_restarts(desk, make_created):
    desk.keep(make_created("s1"))
    for _ in range(4):
        desk.keep(*_life(ONE, 100))
    frames = [row[0] for row in desk.sql("select seq from keyframe order by seq")]
    assert len(frames) == 3
    assert frames[1] - frames[0] == 1000


def _refused_once(desk, before: int, *event):
    """Events one by one, of which the one after `before` is refused by the database at first."""

    async def act(writer):
        for _ in range(before):
            await writer.append(*event, full=True)
        no = "before update on session begin select raise(abort, 'no'); end"
        desk.sql(f"create trigger refuse {no}")
        with pytest.raises(JournalError):
            await writer.append(*event, full=True)
        desk.sql("drop trigger refuse")
        await writer.append(*event, full=True)

    desk.run(act)


def test_a_commit_that_failed_has_its_keyframe_when_it_is_tried_again(desk, make_created):
    desk.keep(make_created("s1"))
    said = [MessageSent(session=ONE, message=MessageId("m"), text="words")] * 499
    call = CallRequested(session=ONE, call=CallId("c"), tool="shell", arguments="{}", title="ls")
    _refused_once(desk, 1, *said, call)
    assert desk.sql("select seq from keyframe order by seq") == [(1,), (1001,)]
    assert desk.reader.check() == []


def test_a_commit_that_failed_writes_the_row_when_it_is_tried_again(desk, make_created):
    item = ItemId("i1")
    piece = TextAdded(session=ONE, item=item, kind="message", text="some ")
    desk.keep(make_created("s1"), piece)
    _refused_once(desk, 19, piece)
    assert desk.sql("select seq from session") == [(22,)]


def test_before_its_first_fact_a_session_has_no_state(desk, make_created, make_noticed):
    desk.keep(make_noticed("early"), make_created("s1"))
    with pytest.raises(JournalError, match="no session s1 at event 1"):
        desk.reader.state_at(ONE, 1)
    with pytest.raises(JournalError, match="no session nobody"):
        desk.reader.state_at(SessionId("nobody"))


def test_an_unreadable_row_and_keyframe_are_folded_anew(desk, make_created):
    desk.keep(make_created("s1"), *_life(ONE, 200))
    expected = fold(one.event for one in desk.told)
    desk.sql("update session set state = '{\"id\": 7}'")
    desk.sql("update keyframe set state = x'00' where seq > 1")
    assert desk.reader.sessions() == [expected]

    async def look(writer):
        return writer.state(ONE), dict(writer.set_aside)

    assert desk.run(look) == (expected, {})


def test_a_session_that_cannot_be_rebuilt_is_set_aside_and_the_others_work(
    desk, make_created, make_noticed
):
    desk.keep(make_created("s1"), make_created("s2"))
    desk.sql("update session set state = 'no json' where id = 's1'")
    desk.sql("delete from keyframe where session = 's1'")
    desk.sql("delete from event where session = 's1'")

    async def act(writer):
        kept = await writer.append(
            make_noticed("of the hurt one", "s1"), make_noticed("of the other", "s2"), full=True
        )
        return kept, writer.states(), dict(writer.set_aside)

    kept, states, set_aside = desk.run(act)
    assert [event.seq for event in kept] == [3, 4]
    assert list(states) == [TWO]
    assert states[TWO].seq == 4
    assert list(set_aside) == [ONE]
    assert set_aside[ONE]
    assert desk.reader.events(ONE) == [desk.told[-2].text]


def test_a_hurt_session_is_listed_as_such(desk, make_created):
    desk.keep(make_created("s1"), make_created("s2"))
    desk.sql("update session set state = 'no json' where id = 's1'")
    desk.sql("delete from keyframe where session = 's1'")
    desk.sql("delete from event where session = 's1'")
    hurt, whole = desk.reader.sessions()
    assert (hurt.id, hurt.status) == (ONE, "unknown")
    assert hurt.reason
    assert whole.name == "s2"


def test_facts_of_a_newer_version_are_kept_as_they_are(desk, make_created):
    desk.keep(make_created("s1"))
    newer = [
        '{"type":"dream.dreamt","seq":2,"session":"s1","at_ms":5,"colour":"blue"}',
        '{"type":"notice","seq":3,"session":"s1","at_ms":5,"text":"hi","mood":"new field"}',
        '{"type":"notice","seq":4,"session":"s1","at_ms":5,"text":{"rich":true}}',
    ]
    for seq, text in enumerate(newer, start=2):
        kind = "dream.dreamt" if seq == 2 else "notice"
        desk.sql("insert into event values (?, 's1', ?, 5, ?)", seq, kind, text)
    desk.sql("insert into search (rowid, text) values (3, 'hi')")
    before = desk.sql("select hash from batch")[0][0]
    desk.sql("insert into batch values (2, 4, ?)", chained(before, newer))

    assert desk.reader.events(ONE, after=1) == newer
    assert [type(decode(text)) is Unknown for text in newer] == [True, False, True]
    assert desk.reader.state_at(ONE).seq == 4
    assert desk.reader.check() == []

    async def look(writer):
        return writer.state(ONE)

    state = desk.run(look)
    assert state is not None
    assert (state.name, state.seq) == ("s1", 4)
