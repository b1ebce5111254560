"""kill -9 at many points of a patch of twenty files: old, new, or named and undone to the byte."""

import os
import random
from collections import Counter

from kit.dying_patches import Killing
from prove.claim import Claim, Counted, Tally, world

KILLS = int(os.environ.get("STEERDECK_PATCH_KILLS", "500"))
EACH = 50
"""Kills of one patch."""


def killed() -> Counted:
    tally, left = Tally(), Counter[str]()
    for seed in range(max(1, KILLS // EACH)):
        dice = random.Random(seed)
        with world() as folder:
            killing = Killing(folder)
            calls = killing.calls(seed)
            for number in range(min(EACH, KILLS)):
                # Most of the way goes into files beside their targets; most kills come after that.
                at = (
                    dice.randrange(1, calls)
                    if number % 3
                    else round(calls * dice.uniform(0.55, 0.8))
                )
                died = killing.kill(f"{number}", seed, at)
                while not died.killed and at > 1:
                    # Other threads open files, too: this time the patch took fewer calls.
                    at = at * 3 // 4
                    died = killing.kill(f"{number}-{at}", seed, at)
                left[died.left] += 1
                tally.lost = (tally.lost or 0) + died.lost
                tally.twice = (tally.twice or 0) + died.twice
                tally.see(
                    died.killed and died.named and died.restored and not (died.lost or died.twice),
                    f"patch {seed}, call {at} of {calls}: {died}",
                )
    tally.see(left["half"], "no kill came between two files")
    return tally.done(", ".join(f"{count} {name}" for name, count in left.most_common()))


CLAIMS = (Claim("patch-kills", "patches killed in the middle: whole, or named and undone", killed),)
