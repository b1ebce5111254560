"""What one more fact costs: the journal's writer, fold and search index and all, in CPU time.

Batches are those of 16 agents in 50 ms. The floor is what SQLite alone needs for the same texts:
plain `executemany` into the same tables, a transaction a batch, with pauses as between batches of
agents: after each the processor has forgotten what it knew, which makes up nearly half of the cost.
Without pauses SQLite needs what the other rows tell.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.goals import reached
from bench.rows import Row, within
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import ItemId, SessionId, SystemClock, TurnId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.search import words_of
from steerdeck_agents.journal.writer import Writer

AGENTS = 16
A_BATCH = 5
"""Facts of one agent in a batch."""
WORDS = "the session row keeps its first expiry and refresh renews the token but never the row so "
PAUSE_S = 0.02
GROWN = 100
"""Facts after which a message ends and a new one begins."""
_TABLES = (
    "create table event (seq integer primary key, session text not null, type text not null,"
    " at_ms integer not null, json text not null) strict",
    "create index event_session on event (session)",
    "create virtual table search using fts5 (text, content = '',"
    ' tokenize = "unicode61 remove_diacritics 2")',
)


def measure(*, quick: bool = False) -> list[Row]:
    batches = 4 if quick else 100
    with tempfile.TemporaryDirectory(prefix="steerdeck-bench-") as folder:
        streamed, said = asyncio.run(_ours(Path(folder), batches))
        floor, indexed = _floors(Path(folder), pause_s=PAUSE_S)
        warm, indexed_warm = _floors(Path(folder), pause_s=0)
    return [
        reached("append", streamed, reference=floor, against="executemany alone"),
        within("    executemany alone, without pauses", warm, "µs"),
        reached("append-searched", said, reference=indexed, against="executemany and FTS5 alone"),
        within("    executemany and FTS5 alone, without pauses", indexed_warm, "µs"),
    ]


async def _ours(folder: Path, batches: int) -> tuple[float, float]:
    writer = Writer(folder / "journal.db", clock=SystemClock(), on_committed=lambda _: None)
    await writer.start()
    sessions = [SessionId(f"s{number}") for number in range(AGENTS)]
    workspace = Workspace("/w", "/r", "steerdeck/x", "0" * 40)
    for session in sessions:
        await writer.append(
            e.SessionCreated(session=session, name="n", task="t", workspace=workspace, model="m"),
            e.TurnStarted(session=session, turn=TurnId("turn")),
            full=True,
        )
    streamed = await _cost(writer, [_streamed(sessions, n) for n in range(batches)])
    said = await _cost(writer, [_said(sessions, n) for n in range(batches)])
    await writer.stop()
    return streamed, said


async def _cost(writer: Writer, batches: Sequence[list[tuple[e.KnownEvent, ...]]]) -> float:
    """CPU of the whole process for one event, in microseconds."""
    began = time.process_time()
    await asyncio.gather(*(_live(writer, life) for life in zip(*batches, strict=True)))
    count = sum(len(facts) for appends in batches for facts in appends)
    return (time.process_time() - began) / count * 1e6


async def _live(writer: Writer, life: Sequence[tuple[e.KnownEvent, ...]]) -> None:
    """One agent: it goes on when what it said last is kept."""
    for facts in life:
        await writer.append(*facts)


def _streamed(sessions: list[SessionId], batch: int) -> list[tuple[e.KnownEvent, ...]]:
    return [
        tuple(
            e.TextAdded(
                session=session,
                turn=TurnId("turn"),
                item=ItemId(f"item{batch * A_BATCH // GROWN}"),
                actor="agent",
                kind="message",
                text=WORDS[:20],
            )
            for _ in range(A_BATCH)
        )
        for session in sessions
    ]


def _said(sessions: list[SessionId], batch: int) -> list[tuple[e.KnownEvent, ...]]:
    return [
        tuple(
            e.ItemEnded(
                session=session,
                turn=TurnId("turn"),
                item=ItemId(f"said{batch}-{number}"),
                actor="agent",
                kind="message",
                text=f"{WORDS} step {batch} {number}: {WORDS}"[:150],
            )
            for number in range(A_BATCH)
        )
        for session in sessions
    ]


def _floors(folder: Path, *, pause_s: float) -> tuple[float, float]:
    """The same texts by SQLite alone, streamed and searched, in microseconds of CPU each."""
    connection = sqlite3.connect(folder / f"floor-{pause_s:g}.db", isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    for statement in _TABLES:
        connection.execute(statement)
    texts = JournalReader(folder / "journal.db").events(None, limit=2**40)
    events = [e.decode(text) for text in texts]
    rows = [
        (event.seq, event.session, e.type_of(event), event.at_ms, text, words_of(event))
        for event, text in zip(events, texts, strict=True)
    ]
    said = [row for row in rows if row[5]]
    costs = (
        _inserted(connection, [row for row in rows if not row[5]], pause_s, index=False),
        _inserted(connection, said, pause_s, index=True),
    )
    connection.close()
    return costs


def _inserted(
    connection: sqlite3.Connection, rows: Sequence[tuple], pause_s: float, *, index: bool
) -> float:
    took = 0.0
    for at in range(0, len(rows), AGENTS * A_BATCH):
        batch = rows[at : at + AGENTS * A_BATCH]
        time.sleep(pause_s)
        began = time.process_time()
        connection.execute("begin immediate")
        connection.executemany(
            "insert into event values (?, ?, ?, ?, ?)", [row[:5] for row in batch]
        )
        if index:
            connection.executemany(
                "insert into search (rowid, text) values (?, ?)",
                [(row[0], row[5]) for row in batch],
            )
        connection.execute("commit")
        took += time.process_time() - began
    return took / len(rows) * 1e6
