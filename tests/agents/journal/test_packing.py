"""Streamed text of closed sessions is packed, and everybody reads the same as before."""

import sqlite3

from steerdeck_agents.facts.events import ItemEnded, SessionArchived, TextAdded, decode
from steerdeck_agents.facts.ids import ItemId, SessionId
from steerdeck_agents.journal.repair import repair
from steerdeck_agents.journal.segments import LARGEST, due, pack

ONE, TWO = SessionId("s1"), SessionId("s2")


def _said(session, count, item="i"):
    added = [
        TextAdded(session=session, item=ItemId(item), kind="message", text=f"word {n} ")
        for n in range(count)
    ]
    return [*added, ItemEnded(session=session, item=ItemId(item), kind="message", text="words")]


def _write(desk, make_created, words=LARGEST + 20):
    """Two sessions that speak in turn; the first one is closed."""
    desk.keep(make_created("s1"), make_created("s2"))
    for one, two in zip(_said(ONE, words), _said(TWO, words), strict=True):
        desk.keep(one, two) if isinstance(one, ItemEnded) else None
    desk.keep(*[event for pair in zip(_said(ONE, words), _said(TWO, words), strict=True)
                for event in pair])  # fmt: skip
    desk.keep(SessionArchived(session=ONE, reason="landed"))


def _pack(desk):
    connection = sqlite3.connect(desk.path, isolation_level=None)
    # Not every SQLite wipes what it deletes.
    connection.execute("pragma secure_delete = off")
    (session,) = due(connection)
    while pack(connection, session):
        pass
    assert due(connection) == []
    connection.close()
    return session


def test_every_reader_finds_the_same_after_packing(desk, make_created):
    _write(desk, make_created)
    reader = desk.reader

    def pages():
        yield reader.events(None, limit=10**6)
        for session in (None, ONE, TWO):
            for limit in (1, 7, 300, 10**6):
                yield reader.events(session, after=17, before=900, limit=limit)
                yield reader.events(session, after=17, before=900, limit=limit, newest=True)
        yield [reader.state_at(ONE, seq) for seq in (1, 40, 401, 777, None)]
        yield reader.check()

    before = list(pages())
    rows = desk.sql("select count(*) from event")[0][0]
    assert _pack(desk) == ONE
    assert desk.sql("select count(*) from event")[0][0] == rows - LARGEST - 20
    assert desk.sql("select count(*), sum(count) from segment") == [(2, LARGEST + 20)]
    assert list(pages()) == before
    assert before[-1] == []


def test_a_session_that_comes_back_and_ends_again_is_packed_further(desk, make_created):
    _write(desk, make_created, words=30)
    _pack(desk)
    desk.keep(*_said(ONE, 10, "j"), SessionArchived(session=ONE, reason="stopped"))
    kept = desk.reader.events(ONE, limit=10**6)
    _pack(desk)
    assert desk.reader.events(ONE, limit=10**6) == kept
    assert desk.sql("select count(*), sum(count) from segment") == [(2, 40)]
    assert desk.reader.check() == []


def test_a_changed_segment_is_found(desk, make_created):
    _write(desk, make_created, words=30)
    _pack(desk)
    desk.sql("update segment set bytes = zeroblob(20)")
    told = " ".join(desk.reader.check())
    assert "packed events of session s1" in told
    assert "only" in told


def test_the_writer_packs_closed_sessions_while_nothing_is_written(desk, make_created):
    _write(desk, make_created, words=30)

    async def act(writer):
        import asyncio

        while desk.sql("select count(*) from packed") == [(0,)]:
            await asyncio.sleep(0.02)

    desk.run(act, rest_s=0.01)
    assert desk.sql("select sum(count) from segment") == [(30,)]
    assert [decode(text).seq for text in desk.reader.events(None, limit=10**6)] == list(
        range(1, desk.sql("select max(last_seq) from batch")[0][0] + 1)
    )
    assert desk.reader.check() == []


def test_a_repair_brings_no_packed_event_back_as_a_row(desk, make_created):
    desk.keep(make_created("s1"), *_said(ONE, 600), SessionArchived(session=ONE, reason="landed"))
    kept = desk.reader.events(None, limit=10**6)
    _pack(desk)
    with desk.path.open("r+b") as file:
        # Where the list of free pages begins: it is not found any more.
        file.seek(32)
        file.write(bytes(4))
    report = repair(desk.path, lambda *told: None, 1_795_000_000_000)
    assert (report.events, report.lost) == (len(kept), 0)
    assert desk.sql("select count(*) from event") == [(len(kept) - 600 + 1,)]
    assert desk.reader.events(None, limit=10**6)[:-1] == kept
    assert desk.reader.check() == []
