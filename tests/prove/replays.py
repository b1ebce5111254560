"""Recorded sessions, replayed: the same screen at the same event, no process and no network.

The recordings are sessions by chance (killed, interrupted, forked on their way), each cut off at
ten places: two hundred recordings are twenty sessions at ten moments of their lives. Each is
replayed twice, and once backwards, by a process the kernel ends when it tries to start another one
or to make a socket.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
from pathlib import Path

from kit import replay_sealed, sealed
from kit.random_course import ACTS, DECISIONS, STEPS, TROUBLES, Course, Plan
from kit.repositories import commit, plain, write
from prove.claim import ROOT, Claim, Counted, Tally, world
from steerdeck_agents.journal.reader import JournalReader

REPLAYS = int(os.environ.get("STEERDECK_REPLAYS", "200"))
OF_ONE = 10
"""Recordings made of one course, by cutting it off."""
SEED = 20261120
LEAST = 20
PATIENCE_S = 900


def plan_of(dice: random.Random) -> Plan:
    """A session's life by chance."""

    def troubles() -> tuple[str, ...]:
        return tuple(dice.choices(TROUBLES, k=dice.choice((0, 0, 1, 2))))

    steps = tuple((dice.choice(STEPS), troubles()) for _ in range(dice.randint(4, 9)))
    acts = tuple((dice.randint(1, 9), dice.choice(ACTS)) for _ in range(dice.randint(4, 9)))
    decisions = tuple(dice.choices(DECISIONS, k=dice.randint(2, 5)))
    return Plan(steps=steps, acts=acts, decisions=decisions, mode=dice.choice(("auto", "ask")))


def recorded(folder: Path, plan: Plan) -> Path:
    """A file with the events of one such life."""
    repository = plain(folder / "repository").resolve()
    write(repository, "AGENTS.md", "Be patient.")
    commit(repository, "rules")
    where = asyncio.run(Course(plan, repository, folder / "home").run())
    texts = JournalReader(where.journal).events(None, limit=100_000)
    file = folder / "events.jsonl"
    file.write_text("".join(f"{text}\n" for text in texts))
    return file


def replayed(file: Path, lengths: list[int], tally: Tally) -> int:
    """Replay the recording cut off at these lengths; how many pairs were compared."""
    done = subprocess.run(
        [sys.executable, replay_sealed.__file__, file, *map(str, lengths)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests"), "TEXTUAL_ANIMATIONS": "none"},
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    ended = f"ended with {done.returncode}: {done.stderr[-300:]}"
    tally.see(done.returncode == 0, f"a replay {ended}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    tally.see(
        len(lines) == len(lengths), f"{len(lines)} of {len(lengths)} replays came to their end"
    )
    for length, seen in zip(lengths, lines, strict=False):
        other = [number for number, (there, back) in enumerate(seen) if there != back]
        tally.see(not other, f"{file}, {length} events: something else at {other}")
    return sum(map(len, lines))


def replays(count: int = REPLAYS, seed: int = SEED) -> Counted:
    if not sealed.possible():
        return Counted(skipped="the system calls of this machine are not known here")
    dice, tally, pairs, tried, lives = random.Random(seed), Tally(), 0, 0, 0
    while tried < count:
        with world() as folder:
            file = recorded(folder, plan_of(dice))
            events = len(file.read_text().splitlines())
            most = min(OF_ONE, count - tried)
            lengths = [dice.randrange(LEAST, events) for _ in range(most - 1)] + [events]
            pairs += replayed(file, lengths, tally)
            tried, lives = tried + len(lengths), lives + 1
            print(tried, "of", count, tally.notes, flush=True)
    told = f"{pairs} screens and states, each made twice, of {lives} sessions, seed {seed}"
    return tally.done(told).of(tried)


CLAIMS = (
    Claim(
        "replays",
        f"sessions by chance, each cut off at {OF_ONE} places: replays draw the same, start no"
        " process and make no socket",
        replays,
    ),
)
