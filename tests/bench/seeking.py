"""Reading and folding a session of 100,000 events, and jumping about in it.

It is what the runtime does when a deck or a replay asks; the wire and the screen are not in it.
"""

import asyncio
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.goals import reached
from bench.rows import Row, median, share, within
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, ItemId, SessionId, SystemClock, TurnId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.transcript import Transcript
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.vacuum import vacuum
from steerdeck_agents.journal.writer import Writer

SESSION = SessionId("long")
PAGE = 400
"""Events of a transcript the deck reads when it opens a session."""
TEXT = "The token is now renewed together with the row, in one transaction. Next I cover the case. "


def measure(*, quick: bool = False) -> list[Row]:
    count, jumps, opened = (2_500, 20, 3) if quick else (100_000, 400, 30)
    with tempfile.TemporaryDirectory(prefix="steerdeck-bench-") as folder:
        path = Path(folder) / "journal.db"
        asyncio.run(_write(path, count))
        size = path.stat().st_size / 1e6
        reader = JournalReader(path)
        pages = [_timed(lambda: _open(reader)) for _ in range(opened)]
        chance = random.Random(7)
        seeks = [
            _timed(lambda: reader.state_at(SESSION, chance.randint(10, count)))
            for _ in range(jumps)
        ]
        from_the_start = _timed(lambda: _folded(path, count // 2))
        packed = _packed(path)
    name = f"{count:,} events"
    fold = "fold half of it from its start"
    return [
        reached("open", median(pages)),
        reached("seek", share(seeks, 99), reference=from_the_start, against=fold),
        reached("packed", packed, reference=size, against="not packed"),
        within(f"seek in {name}, p50", median(seeks), "ms", reference=from_the_start,
               against=fold),
        within(f"journal of {name}, not packed", size, "MB"),
    ]  # fmt: skip


def _packed(path: Path) -> float:
    """Megabytes of the journal when the session is closed and packed."""
    asyncio.run(_close(path))
    return vacuum(path, lambda *_: None).after / 1e6


async def _close(path: Path) -> None:
    writer = Writer(path, clock=SystemClock(), on_committed=lambda _: None)
    await writer.start()
    await writer.append(e.SessionArchived(session=SESSION), full=True)
    await writer.stop()


def _open(reader: JournalReader) -> Transcript:
    """What the deck asks for: the state now, and the newest page of what was said and done."""
    reader.state_at(SESSION)
    transcript = Transcript()
    for text in reader.events(SESSION, limit=PAGE, newest=True):
        transcript.add(e.decode(text))
    return transcript


def _folded(path: Path, upto: int) -> object:
    connection = sqlite3.connect(path)
    rows = connection.execute("select json from event where seq <= ? order by seq", (upto,))
    state = fold(e.decode(text) for (text,) in rows)
    connection.close()
    return state


def _timed(work) -> float:
    """Milliseconds on the clock."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


async def _write(path: Path, count: int) -> None:
    writer = Writer(path, clock=SystemClock(), on_committed=lambda _: None)
    await writer.start()
    facts = _story(count)
    while batch := [fact for _, fact in zip(range(2_000), facts, strict=False)]:
        await writer.append(*batch, full=True)
    await writer.stop()


def _story(count: int) -> Iterator[e.KnownEvent]:
    """A long session: text that streams, ends, and now and then a call with some output."""
    turn = TurnId("turn")
    workspace = Workspace("/w", "/r", "steerdeck/x", "0" * 40)
    yield e.SessionCreated(session=SESSION, name="n", task="t", workspace=workspace, model="m")
    yield e.TurnStarted(session=SESSION, turn=turn)
    more = {"session": SESSION, "turn": turn}
    for number in range(2, count):
        block, place = divmod(number, 25)
        item, call = ItemId(f"i{block}"), CallId(f"c{block}")
        match place:
            case 20:
                yield e.ItemEnded(**more, item=item, kind="message", text=TEXT * 4)
            case 21:
                yield e.CallRequested(**more, call=call, tool="shell", arguments="{}", title="make")
            case 22:
                yield e.CallStarted(**more, call=call, binding="b", allowed_by="rule")
            case 23:
                yield e.OutputAdded(**more, call=call, text="one\ntwo\nthree\n")
            case 24:
                yield e.CallEnded(**more, call=call, status="done", result=TEXT, summary="exit 0")
            case _:
                text = TEXT[place % 4 * 20 :][:20]
                yield e.TextAdded(**more, item=item, actor="agent", kind="message", text=text)
