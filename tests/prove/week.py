"""A week in one journal: sixteen sessions, a million events, seven days on a virtual clock.

The runtime starts on it, a deck opens one session after the other and pages back in them, any page
is asked for, and a replay begins far back. What is measured is what a client waits for, by the
clock. The machine may have something else to do, so of starts the quickest counts, and of a page
that came late the median of more tries; how many were late at first is told. The memory of deck and
runtime is sampled all the while, and what the journal holds is read back and compared with what was
written.
"""

import asyncio
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from kit.command import PROGRAM, damage, end_runtimes, runtime_pid
from kit.repositories import plain
from kit.scene import home_at
from kit.terminal import Terminal
from kit.virtual import EPOCH_MS
from prove.claim import Claim, Counted, Tally, world
from prove.soak import resident
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, ItemId, MessageId, SessionId, TurnId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.lifecycle import ensure
from steerdeck_agents.settings.paths import Paths

EVENTS = int(os.environ.get("STEERDECK_WEEK_EVENTS", "1000000"))
LOOKS = int(os.environ.get("STEERDECK_WEEK_LOOKS", "120"))
SESSIONS, DAYS = 16, 7
DAY_MS = 24 * 3_600_000
IN_A_TURN = 250
AT_ONCE = 2_000
PAGES = 100
PAGE = 400
SEED = 20261120
START_S, OPEN_S, PAGE_S, FAR_S = 2.0, 0.5, 0.05, 1.0
MOST_KB = 400 * 1024
ALLOWED_GROWTH = 1.05
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


def story(
    session: SessionId, slot: int, count: int, repository: str = "/r"
) -> Iterator[e.KnownEvent]:
    """One session of so many events: turns of streamed words and calls; the last one has ended."""
    place = Workspace(f"/w/{session}", repository, f"steerdeck/{session}", "0" * 40)
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


async def written(where: Paths, count: int, repository: str = "/r") -> int:
    """The journal of that week; how many events it holds."""
    clock = WeekClock(count)
    writer = Writer(where.journal, clock=clock, on_committed=lambda _: None)
    await writer.start()
    each = count // SESSIONS
    stories = [story(SessionId(f"ses_{n:02}"), n + 1, each, repository) for n in range(SESSIONS)]
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

    pages, late = list[float](), list[float]()
    for _ in range(PAGES):
        session = SessionId(f"ses_{dice.randrange(SESSIONS):02}")
        ask = partial(page, session, dice.randrange(count))
        first = await _took(ask, 1)
        late += first if first[0] >= PAGE_S else []
        pages.append(statistics.median(await _took(ask, times)) if first[0] >= PAGE_S else first[0])
    opened, fars = await _took(opening, times), await _took(far, 3)
    resident = _resident_kb(client)
    await client.close()
    start = min(starts)
    opens, replay = statistics.median(opened), statistics.median(fars)
    usual, worst = statistics.median(pages), max(pages)
    tally.see(start < START_S, f"the runtime took {start:.2f} s to start")
    tally.see(opens < OPEN_S, f"opening a session took {opens:.2f} s")
    tally.see(worst < PAGE_S, f"a page took {worst * 1000:.0f} ms")
    tally.see(replay < FAR_S, f"a replay from far back took {replay:.2f} s")
    tally.see(resident < MOST_KB, f"the runtime has {resident >> 10} MB")
    return [
        f"start {start:.2f} s ({min(spent_s):.2f} s of the processor), open"
        f" {opens * 1000:.0f} ms, a page {usual * 1000:.0f} ms, the worst of {PAGES}"
        f" {worst * 1000:.0f} ms ({len(late)} were late when first asked for, the slowest took"
        f" {max(late, default=worst) * 1000:.0f} ms), from far back {replay * 1000:.0f} ms,"
        f" {resident >> 10} MB,"
        f" journal {where.journal.stat().st_size / 1e6:.0f} MB",
    ]


def _processor_s(client: Client) -> float:
    """Processor time of a runtime so far: proc(5), fields 14 and 15 of stat."""
    told = Path(f"/proc/{client.hello.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _resident_kb(client: Client) -> int:
    rows = Path(f"/proc/{client.hello.pid}/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("VmRSS:"))


def looked_at(where: Paths, repository: Path, count: int, tally: Tally) -> str:
    """A deck on that journal opens session after session; the memory of both, sampled meanwhile."""
    decks, runtimes, opened = list[int](), list[int](), 0
    dice = random.Random(SEED)
    with Terminal([PROGRAM], folder=repository) as deck:
        deck.wait_for("ses_00")
        deck.press("escape")
        owner = runtime_pid(where)
        tally.see(owner is not None, "no runtime answers")
        for number in range(LOOKS):
            deck.press(str(1 + number % 9))
            time.sleep(0.1)
            for key in ("enter", "pageup", "pageup", "pageup"):
                deck.press(key)
                time.sleep(0.1)
            opened += TEXT[:24] in deck.screen()
            deck.press("escape")
            asyncio.run(_asked(where, SessionId(f"ses_{number % SESSIONS:02}"), dice, count))
            decks.append(resident(deck.child.pid))
            runtimes.append(resident(owner or os.getpid()))
        tally.see(deck.child.poll() is None, f"the deck fell:\n{deck.screen()[-1500:]}")
        tally.see(opened > LOOKS // 2, f"{opened} of {LOOKS} times words of one were shown")
    told = [_flat(name, kb, tally) for name, kb in (("deck", decks), ("runtime", runtimes))]
    return f"{LOOKS} sessions opened; {', '.join(told)}"


def _flat(name: str, kb: list[int], tally: Tally) -> str:
    """Whether it did not grow from the second third to the last: by then caches are filled."""
    third = max(1, len(kb) // 3)
    first, second, last = (statistics.median(kb[n * third :][:third]) / 1024 for n in range(3))
    told = f"{name} {first:.0f}, {second:.0f}, {last:.0f} MB in each third"
    tally.see(last <= second * ALLOWED_GROWTH, f"memory grows: {told}")
    tally.see(max(kb) < MOST_KB, f"the {name} had {max(kb) >> 10} MB")
    return told


async def _asked(where: Paths, session: SessionId, dice: random.Random, count: int) -> None:
    """What other decks would ask the runtime for."""
    client = await ensure(where, "0", os.environ)
    await client.ask(wire.StateAt(session, dice.randrange(count)), SessionState)
    for _ in range(5):
        await client.ask_raw(wire.Events(session, after=dice.randrange(count), limit=PAGE))
    await client.close()


def missing(where: Paths, count: int, repository: str) -> int:
    """Of the events that were written, those the journal does not give back as they were."""
    reader, lost = JournalReader(where.journal), 0
    for number in range(SESSIONS):
        session, after = SessionId(f"ses_{number:02}"), 0
        wanted = story(session, number + 1, count // SESSIONS, repository)
        while page := reader.events(session, after=after, limit=AT_ONCE):
            facts = [e.decode(text) for text in page]
            after = facts[-1].seq
            bare = (msgspec.structs.replace(fact, seq=0, at_ms=0) for fact in facts)
            lost += sum(fact != was for fact, was in zip(bare, wanted, strict=False))
        lost += sum(1 for _ in wanted)
    return lost


def week(count: int = EVENTS) -> Counted:
    tally = Tally()
    with world() as folder:
        where = home_at(folder / "s", {"m": "http://127.0.0.1:9/v1"}, {})
        repository = plain(folder / "repository").resolve()
        began = time.perf_counter()
        events = asyncio.run(written(where, count, str(repository)))
        took = time.perf_counter() - began
        try:
            notes = asyncio.run(measured(where, events, tally))
            notes.append(looked_at(where, repository, events, tally))
        finally:
            end_runtimes(folder / "s")
        tally.see(not (found := damage(where)), f"the journal: {found[:3]}")
        tally.lost = missing(where, count, str(repository))
        tally.see(not tally.lost, f"{tally.lost} of {events:,} events are not as they were written")
    told = f"{events:,} events of {SESSIONS} sessions in {DAYS} days, written in {took:.0f} s"
    return tally.done(told, *notes).of(events)


CLAIMS = (Claim("week", "a week of a million events: start, open, pages, memory", week),)
