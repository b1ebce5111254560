"""Races between what was allowed and what runs, in numbers; the suite runs a sample of each."""

import asyncio
import os
import random
import shutil

from kit.races import MOMENTS, SWAPS, Course, Race, revoked
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts.places import Level

RACES = int(os.environ.get("STEERDECK_RACES", "1000"))
AT_ONCE = 40
"""Races in one session."""
SEED = 20261120


def _courses(level: Level, count: int, dice: random.Random, tally: Tally) -> None:
    every = [Race(swap, moment) for moment in MOMENTS for swap in SWAPS]
    races = [every[number % len(every)] for number in range(count)]
    dice.shuffle(races)
    for begin in range(0, count, AT_ONCE):
        part = races[begin : begin + AT_ONCE]
        # One in ten stays as it is: it has to run, or nothing here would mean anything.
        calm = [Race(dice.choice(SWAPS), None) for _ in range(max(1, len(part) // 10))]
        mixed = [*part, *calm]
        dice.shuffle(mixed)
        with world() as folder:
            course = Course(folder, mixed, level)
            asyncio.run(course.run())
        for lost in course.lost:
            tally.see(False, f"{level.name}, {lost}")
        for _ in range(len(part) - len(course.lost)):
            tally.see(True, "")


def swaps() -> Counted:
    tally, dice = Tally(), random.Random(SEED)
    levels = [Level()]
    if shutil.which("bwrap"):
        levels.append(Level("bubblewrap", files=True, network=True, processes=True))
    rules = RACES // 10
    for level in levels:
        _courses(level, (RACES - rules) // len(levels), dice, tally)
    for begin in range(0, rules, AT_ONCE):
        count = min(AT_ONCE, rules - begin)
        with world() as folder:
            lost = asyncio.run(revoked(folder, count, dice))
        for said in lost:
            tally.see(False, f"rule, {said}")
        for _ in range(count - len(lost)):
            tally.see(True, "")
    return tally.done(
        f"{len(SWAPS)} swaps at {len(MOMENTS)} moments, {rules} rules revoked at any; levels: "
        + ", ".join(level.name for level in levels)
    )


CLAIMS = (Claim("races", "what is swapped after an approval is never run", swaps),)
