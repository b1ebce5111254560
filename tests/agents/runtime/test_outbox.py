"""What a slow client loses, and what it never loses."""

import asyncio
import socket

import msgspec
import pytest

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.ids import CallId, ItemId, OrderId, SessionId
from steerdeck_agents.facts.orders import Say
from steerdeck_agents.journal.writer import Committed
from steerdeck_agents.runtime import outbox, wire
from steerdeck_agents.runtime.outbox import Outbox

SESSION = SessionId("s")


def committed(event: e.KnownEvent) -> Committed:
    return Committed(event, e.encode(event))


def text(seq: int, size: int) -> Committed:
    return committed(
        e.TextAdded(seq=seq, session=SESSION, item=ItemId("i"), kind="message", text="x" * size)
    )


def fact(seq: int, size: int = 10) -> Committed:
    return committed(e.Noticed(seq=seq, session=SESSION, text='"' * size))


async def drained(box: Outbox) -> list[wire.Up]:
    """Everything the outbox sends to a client that reads."""
    ours, theirs = socket.socketpair()
    _, writer = await asyncio.open_connection(sock=ours)
    reader, other = await asyncio.open_connection(sock=theirs, limit=2 * wire.FRAME_LIMIT)
    sending = asyncio.create_task(box.drain(writer))
    frames = []
    try:
        while True:
            frames.append(wire.read_up(await asyncio.wait_for(reader.readline(), 0.3)))
    except TimeoutError:
        pass
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    for end in (writer, other):
        end.close()
        await end.wait_closed()
    return frames


def seqs(frames: list[wire.Up]) -> list[int]:
    return [
        e.decode(bytes(raw)).seq
        for frame in frames
        if isinstance(frame, wire.Facts)
        for raw in frame.events
    ]


def test_every_fact_arrives_in_order_in_frames_of_bounded_size():
    box = Outbox()
    box.put_facts([fact(seq, size=3000) for seq in range(1, 101)])
    frames = asyncio.run(drained(box))
    assert seqs(frames) == list(range(1, 101))
    assert len(frames) > 1
    assert all(len(wire.line(frame)) <= wire.FRAME_LIMIT for frame in frames)


def test_a_slow_client_loses_streamed_text_and_is_told_where():
    box = Outbox()
    for seq in range(1, 41):
        box.put_facts([text(seq, 30_000)])
    box.put_facts([fact(41)])
    frames = asyncio.run(drained(box))
    arrived = seqs(frames)
    (gap,) = [frame for frame in frames if isinstance(frame, wire.Gap)]
    assert arrived == [*range(1, gap.after + 1), 41]
    assert gap.after < 40


def test_an_event_larger_than_a_frame_is_named_instead():
    box = Outbox()
    box.put_facts([fact(1), fact(2, size=wire.FRAME_LIMIT), fact(3)])
    frames = asyncio.run(drained(box))
    assert [type(frame).__name__ for frame in frames] == ["Facts", "Large", "Facts"]
    assert frames[1] == wire.Large(SESSION, 2)


@pytest.mark.parametrize("page", ["", "short", "x" * 200_000, '"\\\n' * 50_000, "é⟨🙂" * 20_000])
def test_a_page_comes_in_parts_that_each_fit_a_frame(page: str):
    box = Outbox()
    box.put_page(7, page)
    frames = asyncio.run(drained(box))
    assert all(isinstance(frame, wire.Part) for frame in frames)
    assert [frame.part for frame in frames] == list(range(len(frames)))
    assert {frame.of for frame in frames} == {len(frames)}
    assert "".join(frame.text for frame in frames) == page


def test_a_client_that_never_reads_is_let_go(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outbox, "HARD_LIMIT", 100_000)
    box = Outbox()
    for seq in range(1, 50):
        box.put_facts([fact(seq, size=3000)])
    assert box.overflown

    async def run() -> None:
        ours, theirs = socket.socketpair()
        _, writer = await asyncio.open_connection(sock=ours)
        with pytest.raises(WireError, match="attach again"):
            await box.drain(writer)
        writer.close()
        theirs.close()

    asyncio.run(run())


def test_an_order_too_large_to_send_says_what_to_do():

    order = Say(id=OrderId("o"), session=SESSION, text="x" * wire.ORDER_LIMIT)
    with pytest.raises(WireError, match="name the file"):
        wire.order_line(wire.Give(order))


def test_frames_survive_the_wire():
    for frame in (wire.Facts((msgspec.Raw(b'{"a":1}'),)), wire.Gap(SESSION, 3)):
        assert wire.line(wire.read_up(wire.line(frame))) == wire.line(frame)
    started = wire.Watch(SESSION, "full")
    assert wire.read_down(wire.order_line(started)) == started
    with pytest.raises(WireError):
        wire.read_up(b"not json\n")
    with pytest.raises(WireError):
        wire.read_down(b'{"frame":"nothing"}\n')


def test_text_of_a_call_is_streamed_text_too():
    output = e.OutputAdded(seq=1, session=SESSION, call=CallId("c"), text="x" * 600_000)
    box = Outbox()
    box.put_facts([committed(output)])
    frames = asyncio.run(drained(box))
    assert frames == [wire.Large(SESSION, 1)]


def test_a_page_of_any_size_is_sent_whole_and_lets_no_client_go():
    async def story() -> list[wire.Up]:
        box = Outbox()
        box.put_page(1, "\0" * (outbox.HARD_LIMIT // 5))
        box.put_facts([fact(1)])
        assert not box.overflown
        return await drained(box)

    frames = asyncio.run(story())
    parts = [frame.text for frame in frames if isinstance(frame, wire.Part)]
    assert "".join(parts) == "\0" * (outbox.HARD_LIMIT // 5)
    assert seqs(frames) == [1]
