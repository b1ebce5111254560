"""A week in one journal: sixteen sessions, a million events, seven days on a virtual clock.

The runtime starts on it, a deck opens a session, any page is asked for, and a replay begins far
back. What is measured is what a client waits for. The machine may have something else to do, so of
starts the quickest counts, in processor time where all are late; of a page that came late a second
try.
"""

import asyncio
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

from kit.command import damage, end_runtimes
from kit.scene import home_at
from kit.virtual import EPOCH_MS
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, ItemId, MessageId, SessionId, TurnId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.lifecycle import ensure
from steerdeck_agents.settings.paths import Paths

EVENTS = int(os.environ.get("STEERDECK_WEEK_EVENTS", "1000000"))
SESSIONS, DAYS = 16, 7
DAY_MS = 24 * 3_600_000
IN_A_TURN = 250
AT_ONCE = 2_000
PAGES = 100
PAGE = 400
SEED = 20261120
START_S, OPEN_S, PAGE_S, FAR_S = 2.0, 0.5, 0.05, 1.0
MOST_KB = 400 * 1024
TEXT = "The token is now renewed together with the row, in one transaction. Next I cover the case. "


class WeekClock:
    """A week that passes with the events that are written."""

    def __init__(self, count: int) -> None:
        self._step_ms = DAYS * DAY_MS / max(1, count)
        self.written = 0

    def now_ms(self) -> int:
        return EPOCH_MS + round(self.written * self._step_ms)

    def monotonic(self) -> float:
        return self.written * self._step_ms / 1000


def story(session: SessionId, slot: int, count: int) -> Iterator[e.KnownEvent]:
    """One session of so many events: turns of streamed words and calls; the last one has ended."""
    place = Workspace(f"/w/{session}", "/r", f"steerdeck/{session}", "0" * 40)
    yield e.SessionCreated(session=session, name=session, task="Work.", slot=slot, model="m",
                           workspace=place)  # fmt: skip
    for number in range(1, count):
        turn, at = divmod(number, IN_A_TURN)
        more = {"session": session, "turn": TurnId(f"{session}-t{turn}")}
        block, step = divmod(at, 25)
        item, call = ItemId(f"{session}-i{turn}-{block}"), CallId(f"{session}-c{turn}-{block}")
        if at == 0 or number == 1:
            yield e.TurnStarted(**more)
        elif at == IN_A_TURN - 1 or number == count - 1:
            yield e.TurnEnded(**more, status="completed")
        elif at == 1:
            yield e.MessageSent(session=session, actor="developer", text=TEXT,
                                message=MessageId(f"{session}-m{turn}"))  # fmt: skip
        else:
            yield _work(step, more, item, call, number)


def _work(
    step: int, more: dict[str, object], item: ItemId, call: CallId, number: int
) -> e.KnownEvent:
    match step:
        case 20:
            return e.ItemEnded(**more, item=item, kind="message", text=f"{TEXT * 3} {number}")
        case 21:
            return e.CallRequested(**more, call=call, tool="shell", arguments="{}", title="make")
        case 22:
            return e.CallStarted(**more, call=call, binding="b", allowed_by="rule")
        case 23:
            return e.OutputAdded(**more, call=call, text="one\ntwo\nthree\n")
        case 24:
            return e.CallEnded(**more, call=call, status="done", result=TEXT, summary="exit 0")
        case _:
            text = TEXT[step % 4 * 20 :][:20]
            return e.TextAdded(**more, item=item, actor="agent", kind="message", text=text)


async def written(where: Paths, count: int) -> int:
    """The journal of that week; how many events it holds."""
    clock = WeekClock(count)
    writer = Writer(where.journal, clock=clock, on_committed=lambda _: None)
    await writer.start()
    each = count // SESSIONS
    stories = [story(SessionId(f"ses_{n:02}"), n + 1, each) for n in range(SESSIONS)]
    share = max(1, AT_ONCE // SESSIONS)
    while True:
        # Side by side, as sessions live.
        batch = [fact for one in stories for _, fact in zip(range(share), one, strict=False)]
        if not batch:
            break
        clock.written += len(batch)
        await writer.append(*batch, full=True)
    await writer.stop()
    return clock.written


async def _took(work: Callable[[], Awaitable[object]], times: int) -> list[float]:
    found = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        found.append(time.perf_counter() - began)
    return found


async def measured(where: Paths, count: int, tally: Tally, times: int = 5) -> list[str]:
    """What a client waits for on that journal; the numbers in words."""
    starts, spent_s = [], []
    for _ in range(3):
        began = time.perf_counter()
        client = await ensure(where, "0", os.environ)
        states = await client.sessions()
        starts.append(time.perf_counter() - began)
        spent_s.append(_processor_s(client))
        tally.see(len(states) == SESSIONS, f"{len(states)} sessions")
        await client.close()
        await asyncio.to_thread(end_runtimes, where.data.parent)
    client = await ensure(where, "0", os.environ)
    dice = random.Random(SEED)
    some = SessionId(f"ses_{dice.randrange(SESSIONS):02}")

    async def opening() -> None:
        await client.ask(wire.StateAt(some), SessionState)
        await client.ask_raw(wire.Events(some, limit=PAGE, newest=True))

    async def page(session: SessionId, after: int) -> None:
        await client.ask_raw(wire.Events(session, after=after, limit=PAGE))

    async def far() -> None:
        at = count * 9 // 10
        state = await client.ask(wire.StateAt(some, at), SessionState)
        tally.see(state.id == some and state.seq <= at, f"another state: {state.seq}")
        await client.ask_raw(wire.Events(some, after=at, limit=PAGE))

    pages = []
    for _ in range(PAGES):
        session = SessionId(f"ses_{dice.randrange(SESSIONS):02}")
        ask = partial(page, session, dice.randrange(count))
        tries = await _took(ask, 1)
        pages += tries if tries[0] < PAGE_S else [min(await _took(ask, 2))]
    opened, fars = await _took(opening, times), await _took(far, 3)
    resident = _resident_kb(client)
    await client.close()
    busy = os.getloadavg()[0] > 2 * (os.cpu_count() or 1)
    start = min(spent_s) if busy and min(starts) > START_S else min(starts)
    opens, replay = statistics.median(opened), statistics.median(fars)
    usual, worst = statistics.median(pages), max(pages)
    tally.see(start < START_S, f"the runtime took {start:.2f} s to start")
    tally.see(opens < OPEN_S, f"opening a session took {opens:.2f} s")
    tally.see(worst < PAGE_S, f"a page took {worst * 1000:.0f} ms")
    tally.see(replay < FAR_S, f"a replay from far back took {replay:.2f} s")
    tally.see(resident < MOST_KB, f"the runtime has {resident >> 10} MB")
    return [
        f"start {min(starts):.2f} s ({min(spent_s):.2f} s of the processor), open"
        f" {opens * 1000:.0f} ms, a page {usual * 1000:.0f} ms, the worst of {PAGES}"
        f" {worst * 1000:.0f} ms, from far back {replay * 1000:.0f} ms, {resident >> 10} MB,"
        f" journal {where.journal.stat().st_size / 1e6:.0f} MB",
    ]


def _processor_s(client: Client) -> float:
    """Processor time of a runtime so far: proc(5), fields 14 and 15 of stat."""
    told = Path(f"/proc/{client.hello.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _resident_kb(client: Client) -> int:
    rows = Path(f"/proc/{client.hello.pid}/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("VmRSS:"))


def week(count: int = EVENTS) -> Counted:
    tally = Tally()
    with world() as folder:
        where = home_at(folder / "s", {}, {})
        began = time.perf_counter()
        events = asyncio.run(written(where, count))
        took = time.perf_counter() - began
        try:
            notes = asyncio.run(measured(where, events, tally))
        finally:
            end_runtimes(folder / "s")
        tally.see(not (found := damage(where)), f"the journal: {found[:3]}")
    told = f"{events:,} events of {SESSIONS} sessions in {DAYS} days, written in {took:.0f} s"
    tally.lost = count - count % SESSIONS - events
    return tally.done(told, *notes).of(events)


CLAIMS = (Claim("week", "a week of a million events: start, open, pages, memory", week),)
