"""Twenty agents at a provider that takes five requests a second, and says nonsense of when to come.

On a virtual clock: ten minutes of it take a moment, and are the same on each machine. What is lost
or runs twice is counted of real sessions, which a server refuses as often as it answers them.
"""

import asyncio
import os
import random
from pathlib import Path

from kit.bad_days import QUICK, RUN, shell_once
from kit.command import losses
from kit.faulty import faulty, refusal
from kit.repositories import plain
from kit.scene import scene
from kit.storm import Count, Weather, storm
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts.ids import RandomIds

MINUTES = float(os.environ.get("STEERDECK_STORM_MINUTES", "10"))
AGENTS, PER_S = 20, 5.0
HINTS = {
    "no Retry-After": (None,),
    "Retry-After of nothing": (0.0,),
    "a bad Retry-After": (0.0, 0.001, None),
    "one that comes and goes": (None, 1.0, 0.0, 2.0),
}
SEEDS = (1, 2, 3)
MOST_REFUSED = 0.05
STARVED_S = 30.0
MOST_RETRIES = 2.0
REFUSALS = (
    refusal(429),
    refusal(429, retry_after="0"),
    refusal(429, retry_after="soon"),
    refusal(529),
)


def weather(hints: tuple[float | None, ...], minutes: float) -> Weather:
    return Weather(phase_s=minutes * 60, limits=(AGENTS,), answer_s=0.8, per_s=PER_S, hints=hints)


def judge(count: Count, what: str, tally: Tally) -> None:
    """Few refusals, nobody dies, nobody starves, and few requests for each that succeeds."""
    share = count.refused_late / max(1, count.sent_late)
    tally.see(share <= MOST_REFUSED, f"{what}: {share:.1%} of {count.sent_late} were refused")
    tally.see(not count.failed_turns, f"{what}: {count.failed_turns} turns failed")
    longest = max(max(waits) for waits in count.latencies.values())
    tally.see(longest < STARVED_S, f"{what}: somebody waited {longest:.0f} s")
    tally.see(min(count.turns.values()) > 0, f"{what}: somebody got nothing done")
    succeeded = max(1, count.sent - count.refused)
    retries = count.refused / succeeded
    tally.see(retries < MOST_RETRIES, f"{what}: {retries:.2f} retries for each success")


async def sessions_in_it(folder: Path, count: int, seed: int, tally: Tally) -> None:
    """So many sessions with a command each; every other answer of their server is a refusal."""
    dice = random.Random(seed)
    repository = plain(folder / "repository").resolve()
    async with (
        faulty(shell_once) as server,
        scene(
            folder / "s", {}, allowed={RUN: repository}, urls={"m": server.url}, patience=QUICK,
            ids=RandomIds(),
        ) as playing,
    ):  # fmt: skip
        server.faults[:] = [dice.choice((None, *REFUSALS)) for _ in range(2 * count)]
        started = [await playing.start(repository, "m") for _ in range(count)]
        ran = []
        for session in started:
            state = await playing.status(session, "done", "idle", "failed", "parked")
            tally.see(state.status == "done", f"{session}: {state.status} {state.reason}")
            file = Path(state.workspace.path) / "ran.txt"
            ran.append(len(file.read_text().split()) if file.exists() else 0)
        where, heard = playing.paths, playing.events
    tally.lost, twice = losses(heard, where)
    tally.twice = twice + sum(max(0, times - 1) for times in ran)
    tally.see(ran == [1] * count, f"commands ran so often: {ran}")
    tally.see(not tally.lost, f"{tally.lost} facts are gone")


def storms(minutes: float, seeds: tuple[int, ...] = SEEDS) -> tuple[Tally, list[str], int]:
    """Every hint with every seed; what held, in words, and how many requests that were."""
    tally, notes, points = Tally(), list[str](), 0
    for name, hints in HINTS.items():
        for seed in seeds:
            count = storm(AGENTS, weather(hints, minutes), governed=True, seed=seed)
            judge(count, f"{name}, seed {seed}", tally)
            points += count.sent
            longest = max(max(waits) for waits in count.latencies.values())
            notes.append(
                f"{name}, seed {seed}: {count.refused_late} of {count.sent_late} refused after"
                f" 10 s, the longest wait {longest:.1f} s"
            )
    return tally, notes, points


def stormed() -> Counted:
    tally, notes, points = storms(MINUTES)
    with world() as folder:
        asyncio.run(sessions_in_it(folder, AGENTS, SEEDS[0], tally))
    return tally.done(*notes).of(points)


CLAIMS = (
    Claim(
        "storm", "twenty agents at five requests a second: few refusals, nobody starves", stormed
    ),
)
