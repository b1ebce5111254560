import asyncio

import msgspec
import pytest
from textual.geometry import Size

from kit.desk import NOW, Feed
from kit.rig import Rig, StillRig
from kit.shop import shop
from kit.still import StillLoop, settle, standing_still
from steerdeck.app import DeckApp
from steerdeck.bridge import Bridge
from steerdeck.model import DeckModel, Dirty
from steerdeck.screens.arranging import in_sight
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.ids import CallId, CheckpointId, ItemId, MessageId, OrderId, SessionId
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import PageError

FIX = SessionId("fix")
NEXT = 10_000


def _sent(seq: int, text: str = "hi", session: SessionId = FIX) -> e.MessageSent:
    return e.MessageSent(
        message=MessageId(f"n{seq}"), text=text, seq=seq, session=session, at_ms=NOW
    )


def _text(seq: int, text: str) -> e.TextAdded:
    return e.TextAdded(
        item=ItemId("open"), kind="message", text=text, seq=seq, session=FIX, at_ms=NOW
    )


def test_attaching_reads_the_outlook_and_every_state():
    async def play() -> None:
        async with Rig(shop()) as rig:
            assert rig.model.states == rig.feed.states()
            assert rig.model.outlook.branch == "main"
            assert rig.feed.watching[""] == "status"

    asyncio.run(play())


def test_what_is_ordered_before_the_runtime_is_there_is_held_and_then_given():
    async def play() -> None:
        rig, there = Rig(shop()), asyncio.Event()

        async def later() -> Feed:
            await there.wait()
            return rig.feed

        rig.bridge = Bridge(later, rig.model, rig.drawn.append)
        task = asyncio.create_task(rig.bridge.run())
        await asyncio.sleep(0)
        given = asyncio.create_task(rig.bridge.give(o.Interrupt(id=OrderId("o"), session=FIX)))
        await rig.until(lambda: "is held" in rig.model.notice)
        assert not rig.feed.orders
        there.set()
        await given
        assert len(rig.feed.orders) == 1 and not rig.model.notice
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await rig.bridge.close()

    asyncio.run(play())


def test_only_lanes_that_are_seen_are_watched_in_full():
    async def play() -> None:
        async with Rig(shop()) as rig:
            rig.bridge.show({FIX})
            await rig.until(lambda: FIX in rig.model.transcripts)
            assert rig.feed.watching["fix"] == "full"
            rig.bridge.show({SessionId("csv")})
            await rig.until(lambda: rig.feed.watching.get("fix") == "status")
            assert FIX not in rig.model.transcripts

    asyncio.run(play())


@pytest.mark.parametrize("paths", [("shop/cart.py",), ()])
def test_a_change_that_keeps_the_counts_shows_its_hunk_too(paths: tuple[str, ...]):
    async def play() -> None:
        feed = shop()
        async with Rig(feed) as rig:
            rig.bridge.show({FIX})
            await rig.until(lambda: FIX in rig.model.diffs)
            feed.diffs = {FIX: "another"}
            feed.feed(
                e.CheckpointTaken(
                    checkpoint=CheckpointId("cp"), reason="after call", paths=paths,
                    seq=NEXT, session=FIX, at_ms=NOW,
                ),
                _sent(NEXT + 1, "the last"),
            )  # fmt: skip
            await rig.until(lambda: rig.model.states[FIX].seq > NEXT)
            if paths:
                await rig.until(lambda: rig.model.diffs[FIX].text == "another")
            else:
                await rig.bridge.page(wire.RuntimeStatus(), wire.StatusPage)
                assert rig.model.diffs[FIX].text != "another"

    asyncio.run(play())


def test_changed_files_are_drawn_once_with_their_hunk():
    feed, loop = shop(), StillLoop()
    ask = feed.ask_raw

    async def distant(query: wire.Query) -> bytes:
        await settle()
        return await ask(query)

    feed.ask_raw = distant

    async def play() -> None:
        async with StillRig(feed) as rig:
            rig.bridge.show({FIX})
            await rig.until(lambda: FIX in rig.model.diffs)
            loop.now += 1
            await settle()
            feed.diffs = {FIX: "another"}
            files = rig.model.states[FIX].files
            rig.drawn.clear()
            feed.feed(
                e.FilesChanged(files=files, newest=files[0].path, seq=NEXT, session=FIX, at_ms=NOW)
            )
            await rig.until(lambda: rig.drawn)
            assert rig.model.diffs[FIX].text == "another" and rig.model.states[FIX].seq == NEXT
            loop.now += 1
            await settle()
            assert rig.drawn == [Dirty(sessions={FIX})]

    standing_still(play(), loop)


def test_files_that_change_while_a_hunk_is_read_are_read_again():
    async def play() -> None:
        feed = shop()
        gate, asked = asyncio.Event(), feed.ask_raw

        async def slow(query: wire.Query) -> bytes:
            told = await asked(query)
            if isinstance(query, wire.Diff):
                await gate.wait()
            return told

        feed.ask_raw = slow
        async with Rig(feed) as rig:
            rig.bridge.show({FIX})
            await rig.until(lambda: any(isinstance(query, wire.Diff) for query in feed.asked))
            feed.diffs = {FIX: "another"}
            files = rig.model.states[FIX].files
            feed.feed(
                e.FilesChanged(files=files, newest=files[0].path, seq=NEXT, session=FIX, at_ms=NOW)
            )
            await rig.until(lambda: rig.model.states[FIX].seq == NEXT)
            gate.set()
            await rig.until(lambda: FIX in rig.model.diffs)
            await rig.until(lambda: rig.model.diffs[FIX].text == "another")

    asyncio.run(play())


def test_events_that_arrive_while_a_page_is_read_are_folded_once_and_in_order():
    async def play() -> None:
        feed = shop()
        gate = asyncio.Event()
        ask = feed.ask_raw

        async def slow(query: wire.Query) -> bytes:
            data = await ask(query)
            if isinstance(query, wire.Events):
                await gate.wait()
            return data

        feed.ask_raw = slow
        async with Rig(feed) as rig:
            rig.bridge.show({FIX})
            await rig.until(lambda: any(isinstance(q, wire.Events) for q in feed.asked))
            last = feed.events[-1].seq
            feed.feed(_sent(last + 1, "one"), _sent(last + 2, "two"))
            await asyncio.sleep(0.02)
            gate.set()
            await rig.until(lambda: FIX in rig.model.transcripts)
            told = list(rig.model.transcripts[FIX].entries)
            assert told[-2:] == [f"n{last + 1}", f"n{last + 2}"]
            assert rig.model.states[FIX] == feed.states()[FIX]

    asyncio.run(play())


def test_a_page_of_a_lost_line_that_is_still_being_decoded_changes_nothing_on_the_next_one():
    async def play() -> None:
        feed = shop()
        late = asyncio.Event()
        ask = feed.ask_raw
        asked: list[wire.Query] = []

        async def slow(query: wire.Query) -> bytes:
            data = await ask(query)
            if isinstance(query, wire.Events):
                asked.append(query)
                if len(asked) == 1:
                    await late.wait()
            return data

        feed.ask_raw = slow
        async with Rig(feed) as rig:
            rig.bridge.show({FIX})
            await rig.until(lambda: asked)
            last = feed.events[-1].seq
            feed.frames.put_nowait(wire.Bye("the line dropped"))
            await rig.until(lambda: rig.model.lost)
            feed.events.append(_sent(last + 1, "one"))
            await rig.until(lambda: rig.model.attached and FIX in rig.model.transcripts)
            feed.feed(_sent(last + 2, "two"))
            late.set()
            await asyncio.sleep(0.05)
            told = list(rig.model.transcripts[FIX].entries)
            assert told[-2:] == [f"n{last + 1}", f"n{last + 2}"]
            assert rig.model.states[FIX] == feed.states()[FIX]

    asyncio.run(play())


def test_dropped_text_is_read_again():
    async def play() -> None:
        async with Rig(shop()) as rig:
            rig.bridge.show({FIX})
            await rig.until(lambda: FIX in rig.model.transcripts)
            last = rig.feed.events[-1].seq
            rig.feed.events += [_text(last + 1, " lost"), _text(last + 2, " words")]
            rig.feed.frames.put_nowait(wire.Gap(FIX, last))
            await rig.until(lambda: rig.model.states[FIX].items[0].text.endswith(" lost words"))
            entry = rig.model.transcripts[FIX].entries["open"]
            assert entry.text.endswith(" lost words")

    asyncio.run(play())


def test_streamed_text_waits_for_a_frame_and_a_fact_does_not():
    async def play() -> None:
        async with Rig(shop()) as rig:
            rig.bridge.show({FIX})
            await rig.until(lambda: FIX in rig.model.transcripts)
            await asyncio.sleep(0.1)
            last = rig.feed.events[-1].seq
            rig.drawn.clear()
            for step in range(1, 21):
                rig.feed.feed(_text(last + step, "x"))
            await rig.until(lambda: rig.drawn)
            assert len(rig.drawn) == 1
            assert rig.drawn[0].text == {FIX}

    asyncio.run(play())


def test_a_lost_runtime_is_said_and_attached_again():
    async def play() -> None:
        async with Rig(shop()) as rig:
            rig.feed.frames.put_nowait(wire.Bye("The runtime was stopped."))
            await rig.until(lambda: rig.model.lost == "The runtime was stopped.")
            assert not rig.model.attached
            await rig.until(lambda: rig.model.attached)
            assert rig.model.lost == ""

    asyncio.run(play())


def test_a_runtime_that_cannot_be_reached_is_tried_again():
    async def play() -> None:
        feed = shop()
        tries = []

        async def connect() -> Feed:
            tries.append(1)
            if len(tries) < 2:
                raise WireError("Nobody answers.")
            return feed

        model = DeckModel()
        bridge = Bridge(connect, model, lambda dirty: None)
        task = asyncio.create_task(bridge.run())
        async with asyncio.timeout(10):
            while not model.attached:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert len(tries) == 2

    asyncio.run(play())


def test_a_line_on_which_attaching_failed_is_closed_and_so_is_the_last_one():
    class Line(Feed):
        closed = 0

        async def close(self) -> None:
            self.closed += 1

    async def play() -> None:
        lines: list[Line] = []

        async def connect() -> Line:
            lines.append(Line(shop().events))
            if len(lines) == 1:
                lines[0].ask_raw = fails
            return lines[-1]

        async def fails(query: wire.Query) -> bytes:
            raise PageError("The journal can't be read now.")

        model = DeckModel()
        bridge = Bridge(connect, model, lambda dirty: None)
        task = asyncio.create_task(bridge.run())
        async with asyncio.timeout(10):
            while not model.attached:
                await asyncio.sleep(0.01)
        assert [line.closed for line in lines] == [1, 0]
        lines[1].frames.put_nowait(wire.Bye("gone", told=True))
        await asyncio.gather(task)
        await bridge.close()
        assert [line.closed for line in lines] == [1, 1]

    asyncio.run(play())


def test_a_page_larger_than_a_frame_is_decoded_off_the_loop(monkeypatch):
    async def play() -> None:
        threads = []
        real = asyncio.to_thread

        async def noted(function, *arguments, **named):
            threads.append(function)
            return await real(function, *arguments, **named)

        monkeypatch.setattr(asyncio, "to_thread", noted)
        feed = shop()
        feed.diffs["fix"] = "x" * wire.FRAME_LIMIT
        async with Rig(feed) as rig:
            assert len(await rig.bridge.page(wire.Diff(FIX), str)) == wire.FRAME_LIMIT
            assert threads
            threads.clear()
            await rig.bridge.page(wire.Look("/"), wire.Outlook)
            assert threads == []

    asyncio.run(play())


def test_a_runtime_that_somebody_stopped_is_not_started_again():
    async def play() -> None:
        async with Rig(shop()) as rig:
            rig.feed.frames.put_nowait(wire.Bye("The runtime ended: told to.", told=True))
            await rig.until(lambda: "was stopped" in rig.model.lost)
            assert not rig.model.attached

    asyncio.run(play())


def test_events_that_are_no_page_of_this_version_are_said_and_the_deck_goes_on():
    async def play() -> None:
        feed = shop()
        ask = feed.ask_raw

        async def of_tomorrow(query: wire.Query) -> bytes:
            return b'{"events":[]}' if isinstance(query, wire.Events) else await ask(query)

        feed.ask_raw = of_tomorrow
        async with Rig(feed) as rig:
            broken: list[object] = []
            asyncio.get_running_loop().set_exception_handler(lambda _, told: broken.append(told))
            rig.bridge.show({FIX})
            await rig.until(lambda: broken or "can't be read here" in rig.model.notice)
            assert not broken and rig.model.attached and rig.model.notice_bad

    asyncio.run(play())


def test_an_event_of_another_version_stands_in_the_transcript():
    async def play() -> None:
        async with Rig(shop()) as rig:
            rig.bridge.show({FIX})
            await rig.until(lambda: FIX in rig.model.transcripts)
            seq = rig.feed.events[-1].seq + 1
            raw = f'{{"type":"robot.danced","seq":{seq},"session":"fix"}}'
            rig.feed.frames.put_nowait(wire.Facts((msgspec.Raw(raw.encode()),)))
            await rig.until(lambda: rig.model.states[FIX].seq == seq)
            assert any("robot.danced" in getattr(entry, "text", "")
                       for entry in rig.model.transcripts[FIX].entries.values())  # fmt: skip

    asyncio.run(play())


def test_older_entries_come_in_front():
    async def play() -> None:
        feed = Feed([_sent(seq, f"line {seq}") for seq in range(1, 901)])
        async with Rig(feed) as rig:
            rig.bridge.show({FIX})
            await rig.until(lambda: FIX in rig.model.transcripts)
            assert len(rig.model.transcripts[FIX].entries) == 400
            assert await rig.bridge.older(FIX)
            assert next(iter(rig.model.transcripts[FIX].entries)) == "n101"
            assert await rig.bridge.older(FIX)
            assert not await rig.bridge.older(FIX)
            told = [entry.seq for entry in rig.model.transcripts[FIX].entries.values()]
            assert told == list(range(1, 901))

    asyncio.run(play())


def test_an_older_page_that_comes_when_entries_were_let_go_leaves_no_hole():
    async def play() -> None:
        feed = Feed([_sent(seq, f"line {seq}") for seq in range(1, 901)])
        gate, ask = asyncio.Event(), feed.ask_raw

        async def slow(query: wire.Query) -> bytes:
            page = await ask(query)
            if isinstance(query, wire.Events) and query.before is not None:
                await gate.wait()
            return page

        feed.ask_raw = slow
        async with Rig(feed) as rig:
            rig.bridge.show({FIX})
            await rig.until(lambda: FIX in rig.model.transcripts)
            told = rig.model.transcripts[FIX]
            gone = [e.MessageWithdrawn(message=MessageId(f"n{seq}"), seq=seq + 400, session=FIX,
                                       at_ms=NOW) for seq in range(501, 701)]  # fmt: skip
            reading = asyncio.create_task(rig.bridge.older(FIX))
            await rig.until(lambda: any(getattr(one, "before", 0) == 501 for one in feed.asked))
            feed.feed(*gone)
            await rig.until(lambda: told.entries["n700"].withdrawn)
            told.let_go(200)
            assert told.first > 501 and next(iter(told.entries)) == "n701"
            gate.set()
            assert await reading
            while await rig.bridge.older(FIX):
                pass
            assert [entry.seq for entry in told.entries.values()] == list(range(1, 901))

    asyncio.run(play())


def test_a_page_without_a_beginning_is_led_back_to_one():
    """A command may have printed for longer than a page is."""

    async def play() -> None:
        call = CallId("c")
        began = e.CallRequested(call=call, tool="shell", arguments="{}", title="make", seq=5,
                                session=FIX, at_ms=NOW)  # fmt: skip
        printed = [
            e.OutputAdded(call=call, text=f"{seq}\n", seq=seq, session=FIX, at_ms=NOW)
            for seq in range(6, 1_200)
        ]
        async with Rig(Feed([*map(_sent, range(1, 5)), began, *printed])) as rig:
            rig.bridge.show({FIX})
            await rig.until(lambda: len(getattr(rig.model.transcripts.get(FIX), "entries", ())) > 4)
            told = rig.model.transcripts[FIX].entries
            assert list(told) == ["n1", "n2", "n3", "n4", "c"]
            assert told["c"].output.endswith("1198\n1199\n")
            assert not await rig.bridge.older(FIX)

    asyncio.run(play())


def test_the_first_screen_has_all_that_a_runtime_says_at_once():
    """What stands in the way of `first` is another matter: it is waited for a moment only."""

    async def play() -> None:
        rig = Rig(shop())
        following = asyncio.create_task(rig.bridge.run())
        async with asyncio.timeout(10):
            await rig.bridge.first(lambda: in_sight(rig.model, Size(200, 50)))
        seen = in_sight(rig.model, Size(200, 50))
        assert len(seen) == 3 and seen == set(rig.model.transcripts)
        assert all(rig.feed.watching[session] == "full" for session in seen)
        assert in_sight(rig.model, Size(80, 24)) < seen
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await rig.bridge.close()

    asyncio.run(play())


def test_who_waits_no_longer_for_the_first_screen_has_what_is_read_later(monkeypatch):
    async def play() -> None:
        rig = Rig(shop())
        late, read = asyncio.Event(), Bridge.events

        async def events(self: Bridge, query: wire.Query) -> list[e.Event]:
            await late.wait()
            return await read(self, query)

        monkeypatch.setattr(Bridge, "events", events)
        async with rig:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(rig.bridge.first(lambda: {FIX}), 0.01)
            late.set()
            await rig.until(lambda: FIX in rig.model.transcripts)

    asyncio.run(play())


def test_a_deck_whose_runtime_says_nothing_comes_up_without_it():
    async def nobody() -> Feed:
        await asyncio.Event().wait()
        raise AssertionError

    async def play() -> None:
        app = DeckApp(nobody, "/home/kim/shop")
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            assert app.screen.is_mounted and not app.model.attached

    asyncio.run(play())
