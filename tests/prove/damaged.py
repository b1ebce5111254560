"""Damaged journals: flipped bytes, cut files, edited facts. Nothing is wrong without a word."""

import asyncio
import os
import random
import shutil
import sqlite3
import zlib
from pathlib import Path

from kit.damaging import Truth, copy_of, flip, rows_of
from kit.filled import Ticks, filled, turn
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import Noticed, decode
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.journal.check import troubles
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.repair import repair, survey
from steerdeck_agents.journal.vacuum import vacuum
from steerdeck_agents.journal.writer import Writer

FLIPS = int(os.environ.get("STEERDECK_FLIPS", "500"))
CUTS = int(os.environ.get("STEERDECK_CUTS", "100"))
EDITS = int(os.environ.get("STEERDECK_EDITS", "100"))
SEED = 20261120
PAGE = 4096
_PARTS = ("", "-wal", "-shm")


def quiet(what: str, done: int, of: int) -> None:
    """Nobody is told how far it is."""


def said(path: Path) -> list[str]:
    """What check says of a journal, in whatever way."""
    try:
        return JournalReader(path).check()
    except JournalError as error:
        return [str(error)]


def begun(path: Path) -> str:
    """What a runtime would say that starts on it; empty when it works as if nothing were."""

    async def start() -> None:
        writer = Writer(path, clock=Ticks(), on_committed=lambda batch: None)
        await writer.start()
        await writer.append(Noticed(text="Here again."), full=True)
        await writer.stop()

    try:
        asyncio.run(start())
    except JournalError as error:
        return str(error)
    return ""


def flips() -> Counted:
    tally, dice = Tally(), random.Random(SEED)
    harmless = hurt = rows = 0
    with world() as folder:
        whole = filled(folder / "whole" / "journal.db", sessions=3, turns=8, archived=1)
        vacuum(whole, quiet)
        truth = Truth(whole)
        for number in range(FLIPS):
            path = copy_of(whole, folder / "hurt")
            page = flip(path, dice)
            before = path.read_bytes()
            changed, told = truth.changed(path), said(path)
            harmless += not changed and not told
            tally.see(told or not changed, f"flip {number}, page {page}: no word of {changed}")
            report = repair(path, quiet, 1_795_000_000_000)
            hurt += bool(report.sessions)
            lacking = truth.lacking(path, {page})
            tally.lost = (tally.lost or 0) + len(lacking)
            rows += sum(map(len, truth.rows.values()))
            tally.see(
                not lacking, f"flip {number}, page {page}: {len(lacking)} rows: {lacking[:1]}"
            )
            tally.see(not (left := said(path)), f"flip {number}, page {page}: after it {left[:1]}")
            kept = (folder / "hurt" / "journal.db.damaged-1795000000").read_bytes()
            tally.see(kept == before, f"flip {number}: the damaged file was changed")
            shutil.rmtree(folder / "hurt")
        size = whole.stat().st_size // PAGE
    return tally.done(
        f"{FLIPS} flipped bytes in {size} pages: {harmless} in unused places, {hurt} named hurt"
        f" sessions; {rows:,} rows compared, 0 of intact pages may lack; seed {SEED}"
    ).of(FLIPS)


def cuts() -> Counted:
    tally, dice = Tally(), random.Random(SEED)
    with world() as folder:
        whole = _with_log(folder / "whole")
        events = JournalReader(whole).events(None, limit=10**6)
        for part in _PARTS:
            for number in range(CUTS):
                path = _copied(whole, folder / "cut")
                cut = path.with_name(f"{path.name}{part}")
                at = dice.randrange(cut.stat().st_size)
                os.truncate(cut, at)
                _look(path, events, f"{part or 'the file'} cut at {at}", tally, number)
                shutil.rmtree(folder / "cut")
    return tally.done(f"{CUTS} offsets each of the file, its log and its index; seed {SEED}").of(
        len(_PARTS) * CUTS
    )


def _look(path: Path, events: list[str], what: str, tally: Tally, number: int) -> None:
    told = said(path)
    try:
        found = JournalReader(path).events(None, limit=10**6)
    except JournalError:
        found = []
    whole = found == events
    # What a cut took is gone; lost is what is missed by nobody.
    tally.lost = (tally.lost or 0) + (0 if told else len(events) - len(found))
    tally.see(told or whole, f"{what}: {len(events) - len(found)} events lost without a word")
    tally.see(found == events[: len(found)], f"{what}: what is read is no prefix")
    if number % 2:
        started = begun(path)
        kept = list(path.parent.glob("journal.db.cut-*"))
        tally.see(whole or started or kept, f"{what}: a runtime went on without a word")
        return
    if told:
        survey(path, quiet)
    repair(path, quiet, 1_795_000_000_000)
    saved = [text for text in JournalReader(path).events(None, limit=10**6)
             if "journal.mended" not in text]  # fmt: skip
    tally.see(set(found) <= set(saved) <= set(events), f"{what}: a repair made it worse")
    tally.see(not (left := said(path)), f"{what}: after the repair {left[:1]}")


def _with_log(folder: Path) -> Path:
    """A journal whose last turns lie in its log, as a killed runtime leaves it."""
    path = filled(folder / "journal.db", sessions=3, turns=5, archived=1)
    kept = folder / "as-killed"
    kept.mkdir()

    async def more() -> None:
        writer = Writer(path, clock=Ticks(), on_committed=lambda batch: None)
        await writer.start()
        for number in range(50, 54):
            for facts, enclosed in turn(SessionId("ses_01"), number, random.Random(number), []):
                await writer.append(*facts, full=True, enclosed=enclosed)
        for name in ("journal.db", "journal.db-wal", "journal.db-shm", "journal.mark"):
            shutil.copyfile(folder / name, kept / name)
        await writer.stop()

    asyncio.run(more())
    return kept / "journal.db"


def _copied(whole: Path, folder: Path) -> Path:
    folder.mkdir()
    for file in whole.parent.glob("journal.*"):
        shutil.copyfile(file, folder / file.name)
    return folder / whole.name


def edits() -> Counted:
    tally, dice = Tally(), random.Random(SEED)
    with world() as folder:
        whole = filled(folder / "whole" / "journal.db", sessions=3, turns=6, archived=1)
        vacuum(whole, quiet)
        rows = rows_of(whole)
        ways = (_reworded, _refiled, _removed, _moved, _added, _repacked)
        for number in range(EDITS):
            path = copy_of(whole, folder / "edited")
            connection = sqlite3.connect(path)
            seq = dice.choice(rows["event"][:-2])[0]
            assert isinstance(seq, int)
            way = ways[number % len(ways)]
            with connection:
                seq = way(connection, seq)
            found = troubles(connection)
            connection.close()
            span = found[0].doubtful if found else None
            named = span is not None and span[0] <= seq <= span[1]
            if found:
                named = named or f"vent {seq} " in f"{found[0].sentence} "
                named = named or seq in found[0].missing
            tally.see(named, f"{way.__name__} of {seq}: {[one.sentence for one in found[:2]]}")
            shutil.rmtree(folder / "edited")
    return tally.done(f"{EDITS} edits by hand: the first finding names the first bad event").of(
        EDITS
    )


def _reworded(connection: sqlite3.Connection, seq: int) -> int:
    (text,) = connection.execute("select json from event where seq = ?", (seq,)).fetchone()
    at = text.rindex('"')
    connection.execute("update event set json = ? where seq = ?", (f"{text[:at]}!{text[at:]}", seq))
    return seq


def _refiled(connection: sqlite3.Connection, seq: int) -> int:
    connection.execute("update event set session = 'ses_99' where seq = ?", (seq,))
    return seq


def _removed(connection: sqlite3.Connection, seq: int) -> int:
    connection.execute("delete from event where seq = ?", (seq,))
    return seq


def _moved(connection: sqlite3.Connection, seq: int) -> int:
    """Two events change places, numbers and all."""
    one, two = (
        connection.execute("select json from event where seq = ?", (at,)).fetchone()
        for at in (seq, seq + 1)
    )
    if two is None:
        return _removed(connection, seq)
    swap = ((two[0].replace(f'"seq":{seq + 1},', f'"seq":{seq},'), seq),
            (one[0].replace(f'"seq":{seq},', f'"seq":{seq + 1},'), seq + 1))  # fmt: skip
    connection.executemany("update event set json = ? where seq = ?", swap)
    for at in (seq, seq + 1):
        text = connection.execute("select json from event where seq = ?", (at,)).fetchone()[0]
        fact = decode(text)
        connection.execute(
            "update event set session = ?, type = ?, at_ms = ? where seq = ?",
            (fact.session, _type(text), fact.at_ms, at),
        )
    return seq


def _type(text: str) -> str:
    return text.partition('"type":"')[2].partition('"')[0]


def _added(connection: sqlite3.Connection, seq: int) -> int:
    end = connection.execute("select max(last_seq) from batch").fetchone()[0] + 1
    text = f'{{"type":"notice","seq":{end},"session":"","text":"by hand"}}'
    connection.execute("insert into event values (?, '', 'notice', 0, ?)", (end, text))
    return int(end)


def _repacked(connection: sqlite3.Connection, seq: int) -> int:
    """An event of a segment is reworded, and the segment packed again."""
    rows = connection.execute("select first_seq, bytes from segment").fetchall()
    if not rows:
        return _reworded(connection, seq)
    first, packed = rows[0]
    text = zlib.decompress(packed).decode().replace("part 0", "part X", 1)
    connection.execute(
        "update segment set bytes = ? where first_seq = ?", (zlib.compress(text.encode()), first)
    )
    return int(first)


CLAIMS = (
    Claim("flips", "a flipped byte: told, only its own page is lost, the file is kept", flips),
    Claim("cuts", "a journal, its log or its index cut short: never a crash or silence", cuts),
    Claim("edits", "an event edited by hand: the chain names the first bad one", edits),
)
