"""From every released schema to this one, killed on the way; and copies made while all write."""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from kit.released import begin, journal_of, killed_at, points, released
from prove.claim import ROOT, Claim, Counted, Tally, world
from steerdeck_agents.journal.backup import back_up
from steerdeck_agents.journal.database import SCHEMA
from steerdeck_agents.journal.reader import JournalReader

KILLS = int(os.environ.get("STEERDECK_MIGRATIONS", "200"))
"""Of each schema."""
BACKUPS = int(os.environ.get("STEERDECK_BACKUPS", "100"))
SEED = 20261120
_WRITING = ROOT / "tests/agents/journal/writing_process.py"


def schema_of(path: Path) -> int:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(connection.execute("pragma user_version").fetchone()[0])
    finally:
        connection.close()


def events(path: Path) -> list[str]:
    return JournalReader(path).events(None, limit=10**6)


def migrations() -> Counted:
    tally, dice = Tally(), random.Random(SEED)
    old = [schema for schema in released() if schema < SCHEMA]
    passed: list[str] = []
    with world() as folder:
        for schema in old:
            path = journal_of(schema, folder / "counted")
            wanted = events(path)
            count = points(path)
            for number in range(KILLS):
                at = 1 + number * count // KILLS if count <= KILLS else dice.randint(1, count)
                _kill(folder / "killed", schema, at, wanted, tally)
            passed.append(f"{KILLS} of {count} points of a start on schema {schema}")
    return tally.done(f"{', '.join(passed)}; seed {SEED}").of(KILLS * len(old))


def _kill(folder: Path, schema: int, at: int, wanted: list[str], tally: Tally) -> None:
    path = journal_of(schema, folder)
    died = killed_at(path, at)
    left = schema_of(path)
    what = f"schema {schema}, point {at}, died {died}, left {left}"
    lost = len(set(wanted) - set(events(path)))
    tally.lost = (tally.lost or 0) + lost
    tally.see(events(path) == wanted, f"{what}: {lost} events lost")
    copies = {copy: JournalReader(copy) for copy in folder.glob("*.schema-*")}
    copied = left == schema or any(
        name.name.endswith(f"-{schema}") and reader.events(None, limit=10**6) == wanted
        for name, reader in copies.items()
    )
    tally.see(copied, f"{what}: no copy of what was before")
    asyncio.run(begin(path))
    tally.see(schema_of(path) == SCHEMA, f"{what}: the next start left {schema_of(path)}")
    found = JournalReader(path).check()
    tally.see(not found and events(path) == wanted, f"{what}: after the next start {found[:1]}")


def backups() -> Counted:
    tally = Tally()
    copied: list[list[str]] = []
    with world() as folder:
        path = folder / "s" / "journal.db"
        with subprocess.Popen(
            [sys.executable, str(_WRITING), "write", str(path)], stdout=subprocess.PIPE
        ) as writing:
            assert writing.stdout is not None

            def told(what: str, done: int, of: int) -> None:
                # While copies are looked at nothing more is written, or the last would be huge.
                writing.send_signal(signal.SIGSTOP if "check" in what else signal.SIGCONT)

            for number in range(BACKUPS):
                writing.send_signal(signal.SIGCONT)
                writing.stdout.readline()
                target = folder / f"copy-{number}.db"
                back_up(path, target, told)
                tally.see(not JournalReader(target).check(), f"copy {number} is not whole")
                copied.append(events(target))
                target.unlink()
                # What it says is read, or it would wait for us.
                os.set_blocking(writing.stdout.fileno(), False)
                writing.stdout.read()
                os.set_blocking(writing.stdout.fileno(), True)
            writing.kill()
        whole = events(path)
        for number, copy in enumerate(copied):
            tally.see(copy == whole[: len(copy)], f"copy {number} is no prefix of the log")
        grown = len({len(copy) for copy in copied})
    tally.see(grown > BACKUPS // 2, f"only {grown} copies differ: nothing was written meanwhile")
    return tally.done(f"{BACKUPS} copies while {len(whole):,} events were written").of(BACKUPS)


CLAIMS = (
    Claim(
        "migrations",
        "kill -9 while each older journal is migrated: all or nothing, and a copy made first",
        migrations,
    ),
    Claim("backups", "a copy made while all write is whole, and a prefix of the log", backups),
)
