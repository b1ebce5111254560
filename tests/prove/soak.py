"""Sixteen sessions stream for ten minutes while somebody types, resizes and changes screens.

The deck may not fall, its loop may not work longer than 50 ms at a stretch, and its memory is flat
after the first minute, in which every screen is opened at every size: what is loaded with a screen
is no growth. Stretches are counted in processor time: a machine that has something else to do is
not the deck's stall; those by the clock are told.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from kit.command import damage, end_runtimes
from kit.playing import playing
from kit.repositories import plain
from kit.scene import SURROUNDINGS, home_at, order_id
from kit.terminal import Terminal
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import orders as o
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime.lifecycle import ensure
from steerdeck_agents.settings.paths import Paths

SECONDS = float(os.environ.get("STEERDECK_SOAK_S", "600"))
SESSIONS = 16
PACE = 60.0
"""Tokens a second of each session."""
SEED = 20261120
SIZES = ((200, 50), (120, 36), (100, 30), (80, 24), (60, 20))
KEYS = (
    "j", "k", "h", "l", "g", "G", ".", "i", "escape", "enter", "d", "escape", "q", "escape", "1",
    "2", "9", "ctrl+p", "escape", "?", "escape", "f8", "f2", "space", "alt+3", "pageup",
    "pagedown", "tab", "escape", "r", "escape", "o", "t", "c", "e", "escape",
)  # fmt: skip
"""Keys that look, and none that orders anything of a session."""
LETTERS = "hjklgG "
"""What is typed; it lands on lanes too, where other letters would start more sessions."""
TEXT = (
    "## Part {n}\n\nThe **session** row keeps `its first` expiry; it is read *again* below.\n\n"
    "- read the tests\n- run `pytest -q`\n\n"
    "```python\ndef part_{n}(rows):\n    return len(rows)\n```\n\n"
)
FIRST_S = min(60.0, SECONDS / 6)
"""The first minute."""
ALLOWED_GROWTH, ALLOWED_PEAK = 1.05, 1.15
"""From the rest of the first third to the last one: of what it mostly is, and of its peak, which
is a screen that happened to be open."""


def talking(talk: Conversation) -> Reply:
    """A page of words and a file read, again and again."""
    part = len(talk.calls)
    words = TEXT.format(n=part) * 12
    # A plan that goes on and words that differ, or it would be said to go in circles.
    steps = [{"text": f"Part {step}.", "status": "completed"} for step in range(part // 5 + 1)]
    more = (Call("update_plan", {"steps": steps}),) if part % 5 == 0 else ()
    return Reply((Say(words), *more, Call("shell", {"command": f"echo {part}", "why": "Count."})))


async def _again(where: Paths) -> None:
    """Whoever was interrupted by a key goes on."""
    client = await ensure(where, "0", os.environ)
    try:
        for state in await client.sessions():
            if state.status in ("interrupted", "paused", "parked", "failed"):
                await client.give(o.Resume(id=order_id(), session=state.id))
    finally:
        await client.close()


async def _begin(where: Paths, repository: Path) -> None:
    client = await ensure(where, "0", os.environ)
    try:
        for number in range(SESSIONS):
            await client.give(
                o.Start(id=order_id(), task=f"Talk {number}.", folder=str(repository),
                        name=f"talk-{number}", mode="auto", surroundings=SURROUNDINGS)
            )  # fmt: skip
    finally:
        await client.close()


def resident(pid: int) -> int:
    """Kilobytes that belong to a process, what it shares counted by its share."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))


def _desk(deck: Terminal, dice: random.Random) -> None:
    """One thing somebody does."""
    chance = dice.random()
    if chance < 0.03:
        deck.resize(*dice.choice(SIZES))
    elif chance < 0.15:
        deck.press("escape")
        deck.press("f2")
        deck.press("space")
        deck.press("".join(dice.choices(LETTERS, k=12)))
        deck.press("ctrl+u")
    else:
        deck.press(dice.choice(KEYS))


def _tour() -> Iterator[str | tuple[int, int]]:
    """Every screen at every size."""
    for size in SIZES:
        yield size
        yield from KEYS


def _next(deck: Terminal, tour: Iterator[str | tuple[int, int]]) -> bool:
    """Take the next step of the tour; False when it is over."""
    match next(tour, None):
        case None:
            return False
        case str(key):
            deck.press(key)
        case (columns, rows):
            deck.resize(columns, rows)
    return True


def soaked() -> Counted:
    if not Path("/proc/self/smaps_rollup").exists():
        return Counted(skipped="this system does not tell what memory belongs to a process")
    dice, tally, memory = random.Random(SEED), Tally(), []
    with world() as folder, playing({"talking": talking}, pace=PACE) as url:
        repository = plain(folder / "repository").resolve()
        where = home_at(folder / "s", {"talking": url}, {})
        out = folder / "loop.json"
        program = [sys.executable, str(Path(__file__).with_name("soak_deck.py")), str(out)]
        try:
            asyncio.run(_begin(where, repository))
            with Terminal(program, folder=repository) as deck:
                deck.wait_for("talk-0", 60)
                begun, seen, tour = time.monotonic(), 0.0, _tour()
                while (now := time.monotonic() - begun) < SECONDS and deck.child.poll() is None:
                    if now > FIRST_S or not _next(deck, tour):
                        _desk(deck, dice)
                    if now >= seen:
                        memory.append((now, resident(deck.child.pid)))
                        seen = now + 5
                        asyncio.run(_again(where))
                    time.sleep(dice.uniform(0.02, 0.4 if now > FIRST_S else 0.2))
                alive = deck.child.poll() is None
                tally.see(alive, f"the deck fell:\n{deck.screen()[-1500:]}")
                _leave(deck)
            stretches = json.loads(out.read_text()) if out.exists() else []
            late = [one for one in stretches if one[1] > 0.05]
            tally.see(not late, f"{len(late)} stretches over 50 ms: {late[:5]}")
            early, end = _thirds(memory)
            flat = (
                median(end or [1]) <= median(early or [0]) * ALLOWED_GROWTH
                and max(end or [1]) <= max(early or [0]) * ALLOWED_PEAK
            )
            grew = f"{median(early or [0]):.0f} to {median(end or [0]):.0f} kB, its peaks from"
            tally.see(flat, f"memory grew from {grew} {max(early or [0])} to {max(end or [0])}")
            wrong = damage(where)
            tally.see(not wrong, f"the journal is damaged: {wrong[:3]}")
        finally:
            end_runtimes(folder / "s")
    clock = max((one[0] for one in stretches), default=0.0)
    return tally.done(
        f"{SESSIONS} sessions for {SECONDS:.0f} s, seed {SEED}; the longest stretch took"
        f" {clock * 1000:.0f} ms by the clock; memory {max(end or [0]) / 1024:.0f} MB at the end"
    )


def _thirds(memory: list[tuple[float, int]]) -> tuple[list[int], list[int]]:
    """What was measured after the first minute in the first third, and in the last one."""
    early = [kb for at, kb in memory if FIRST_S <= at < SECONDS / 3]
    return early, [kb for at, kb in memory if at >= SECONDS * 2 / 3]


def _leave(deck: Terminal) -> None:
    """Close it from whatever screen it shows."""
    deck.resize(200, 50)
    for _ in range(8):
        deck.press("escape")
        time.sleep(0.6)
    for _ in range(6):
        deck.press("ctrl+c", "ctrl+c", "ctrl+c")
        time.sleep(0.5)
        if deck.child.poll() is not None:
            return


CLAIMS = (
    Claim("soak", "sixteen sessions stream and the deck neither falls, stalls nor grows", soaked),
)
