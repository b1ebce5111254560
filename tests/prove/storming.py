"""Twenty agents at a provider that takes five requests a second, and says nonsense of when to come.

On a virtual clock: ten minutes of it take a moment, and are the same on each machine.
"""

import os

from kit.storm import Count, Weather, storm
from prove.claim import Claim, Counted, Tally

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


def storms(minutes: float = MINUTES, seeds: tuple[int, ...] = SEEDS) -> Counted:
    tally, notes, points = Tally(), [], 0
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
    return tally.done(*notes).of(points)


CLAIMS = (
    Claim("storm", "twenty agents at five requests a second: few refusals, nobody starves", storms),
)
