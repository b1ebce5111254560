"""What an append promises: order, one transaction, and nobody suffers for another's bad fact."""

import asyncio

import pytest

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import MessageSent, TextAdded, encode
from steerdeck_agents.facts.ids import ItemId, MessageId, OrderId, SessionId, sha_of
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.journal.enclosures import NewBlob, OrderAnswered


def test_facts_come_back_numbered_timed_and_exactly_as_stored(desk, make_created, make_noticed):
    kept = desk.keep(make_created("s1"), make_noticed("hello", "s1"))
    assert [event.seq for event in kept] == [1, 2]
    assert [event.at_ms for event in kept] == [1_001_000, 1_001_000]
    texts = desk.reader.events(None)
    assert texts == [encode(event) for event in kept]
    assert texts == [one.text for one in desk.told]
    assert kept == tuple(one.event for one in desk.told)


def test_numbers_go_on_after_a_restart(desk, make_noticed):
    desk.keep(make_noticed("one"))
    assert desk.keep(make_noticed("two"))[0].seq == 2


def test_listeners_hear_of_a_fact_before_its_append_returns(desk, make_created):
    async def act(writer):
        await writer.append(make_created("s1"), full=True)
        return len(desk.told), writer.state(SessionId("s1"))

    heard, state = desk.run(act)
    assert heard == 1
    assert state is not None
    assert state.name == "s1"


def test_what_is_queued_goes_along_with_a_full_append_in_order(desk, make_noticed):
    async def act(writer):
        ordinary = [writer.append(make_noticed(f"text {n}")) for n in range(200)]
        await asyncio.gather(*ordinary, writer.append(make_noticed("approval"), full=True))

    desk.run(act)
    heard = [one.event.text for one in desk.told]
    assert heard == [*(f"text {n}" for n in range(200)), "approval"]
    assert [one.event.seq for one in desk.told] == list(range(1, 202))
    # Far fewer transactions than facts: a commit each would make 201.
    assert desk.sql("select count(*) from batch")[0][0] < 20


def test_ordinary_facts_are_committed_without_anyone_asking(desk, make_noticed):
    kept = desk.run(lambda writer: writer.append(make_noticed("later")))
    assert kept[0].seq == 1


def test_a_full_append_waits_for_no_company(desk, make_noticed, monkeypatch):
    monkeypatch.setattr("steerdeck_agents.journal.writer.GATHER_S", 3600.0)

    async def act(writer):
        ordinary = asyncio.create_task(writer.append(make_noticed("text")))
        await asyncio.sleep(0.02)
        assert not ordinary.done()
        await asyncio.wait_for(writer.append(make_noticed("approval"), full=True), 60)
        return await ordinary

    assert desk.run(act)[0].seq == 1


def test_stopping_commits_what_is_still_queued(desk, make_noticed):
    async def whole():
        writer = desk.writer()
        await writer.start()
        waiting = asyncio.create_task(writer.append(make_noticed("last words")))
        await asyncio.sleep(0)
        await writer.stop()
        return await waiting

    assert asyncio.run(whole())[0].seq == 1
    assert len(desk.reader.events(None)) == 1


def test_after_the_end_an_append_says_so(desk, make_noticed):
    async def whole():
        writer = desk.writer()
        await writer.start()
        await writer.stop()
        await writer.append(make_noticed("too late"))

    with pytest.raises(JournalError, match="closed"):
        asyncio.run(whole())


def test_an_append_given_up_by_its_caller_disturbs_nobody(desk, make_noticed):
    async def act(writer):
        waiting = asyncio.create_task(writer.append(make_noticed("nobody waits")))
        await asyncio.sleep(0)
        waiting.cancel()
        return await writer.append(make_noticed("next"), full=True)

    assert desk.run(act)[0].seq == 2


def test_a_fact_that_cannot_be_stored_takes_no_other_with_it(desk, make_created, make_noticed):
    async def act(writer):
        return await asyncio.gather(
            writer.append(make_created("s1")),
            writer.append(make_noticed("broken \udc80 text", "s1")),
            writer.append(make_noticed("whole", "s1"), full=True),
            return_exceptions=True,
        )

    first, second, third = desk.run(act)
    assert isinstance(second, JournalError)
    assert (first[0].seq, third[0].seq) == (1, 2)
    assert [one.event.seq for one in desk.told] == [1, 2]
    assert desk.reader.check() == []


def test_an_append_without_a_fact_is_refused(desk):
    blob = NewBlob(sha=sha_of(b"x"), data=b"x")
    with pytest.raises(JournalError, match="needs an event"):
        desk.run(lambda writer: writer.append(enclosed=[blob]))


def test_an_order_keeps_its_first_answer(desk, make_noticed):
    answer = OrderAnswered(order=OrderId("o1"), session=SessionId(""))
    desk.keep(make_noticed("before"))
    desk.keep(make_noticed("its effect"), make_noticed("more of it"), enclosed=[answer])

    async def again(writer):
        return await asyncio.gather(
            writer.append(make_noticed("its effect"), enclosed=[answer]),
            writer.append(make_noticed("somebody else"), full=True),
            return_exceptions=True,
        )

    refused, other = desk.run(again)
    assert isinstance(refused, JournalError)
    assert "already answered" in str(refused)
    assert other[0].seq == 4
    assert desk.reader.order_answer(OrderId("o1")) == 2
    assert desk.reader.order_answer(OrderId("o2")) is None
    assert len(desk.reader.events(None)) == 4


def test_what_a_refused_append_enclosed_does_not_exist(desk, make_noticed):
    blob = NewBlob(sha=sha_of(b"orphan"), data=b"orphan")
    with pytest.raises(JournalError):
        desk.keep(make_noticed("\ud800"), enclosed=[blob])
    with pytest.raises(JournalError, match="no bytes"):
        desk.reader.blob(blob.sha)


def test_states_are_folded_once_and_come_back_after_a_restart(desk, make_created):
    session = SessionId("s1")

    async def act(writer):
        await writer.append(make_created("s1"), make_created("s2"), full=True)
        await writer.append(
            MessageSent(session=session, message=MessageId("m1"), text="go on", actor="developer"),
            full=True,
        )
        # Streamed text alone does not rewrite the session's row, yet none of it is lost.
        for word in ("Look", "ing ", "around"):
            await writer.append(
                TextAdded(session=session, item=ItemId("i1"), kind="message", text=word), full=True
            )
        return writer.states()

    states = desk.run(act)
    mine = [one.event for one in desk.told if one.event.session == session]
    assert states[session] == fold(mine)
    assert [item.text for item in states[session].items] == ["Looking around"]

    async def look(writer):
        return writer.states()

    assert desk.run(look) == states
    assert desk.reader.sessions() == [states[session], states[SessionId("s2")]]
    assert desk.reader.state_at(session) == states[session]


def test_facts_of_no_session_are_kept_and_not_folded(desk, make_noticed):
    async def act(writer):
        await writer.append(make_noticed("the runtime speaks"), full=True)
        return writer.states()

    assert desk.run(act) == {}
    assert desk.reader.sessions() == []
