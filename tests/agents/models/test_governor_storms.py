"""Many sessions on a provider that takes less, then more: governed and each for itself.

One fixed storm of each kind runs always. STORM_SEEDS, STORM_PHASE_S and STORM_SESSIONS ask for
more and longer ones; the numbers are printed with `-rP`.
"""

import os

import pytest

from kit.storm import Count, Weather, storm
from steerdeck_agents.facts.ids import SessionId

IN_VIEW = SessionId("session-0")
SEEDS = range(1, int(os.environ.get("STORM_SEEDS", "1")) + 1)
PHASE_S = float(os.environ.get("STORM_PHASE_S", "300"))
SESSIONS = [int(count) for count in os.environ.get("STORM_SESSIONS", "8,16").split(",")]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sessions", SESSIONS)
def test_a_governed_storm_is_calm_fair_and_no_slower(sessions: int, seed: int):
    weather = Weather(phase_s=PHASE_S)
    governed = storm(sessions, weather, governed=True, seed=seed)
    naive = storm(sessions, weather, governed=False, seed=seed)
    tell(sessions, seed, governed, naive)
    assert governed.failed_turns == 0
    assert governed.refused <= 0.10 * naive.refused
    assert governed.done >= naive.done
    assert governed.jain(without=IN_VIEW) >= 0.98
    assert governed.p95(IN_VIEW) <= naive.p95(IN_VIEW)


def test_a_retry_after_is_kept_by_all():
    weather = Weather(phase_s=120.0, retry_after_s=5.0)
    governed = storm(16, weather, governed=True)
    naive = storm(16, weather, governed=False)
    tell(16, 1, governed, naive)
    assert governed.failed_turns == 0
    assert governed.refused <= 0.10 * naive.refused
    assert governed.jain(without=IN_VIEW) >= 0.98


def test_the_same_storm_has_the_same_course():
    weather = Weather(phase_s=30.0)
    first, again = (storm(8, weather, governed=True, seed=3) for _ in range(2))
    assert first == again


def tell(sessions: int, seed: int, governed: Count, naive: Count) -> None:
    print(
        f"{sessions} sessions, seed {seed}: refused {governed.refused} of {governed.sent}"
        f" (naive {naive.refused} of {naive.sent}), turns {governed.done} (naive {naive.done}),"
        f" failed {governed.failed_turns} (naive {naive.failed_turns}),"
        f" Jain {governed.jain(IN_VIEW):.4f} (naive {naive.jain(IN_VIEW):.4f}),"
        f" p95 in view {governed.p95(IN_VIEW):.2f} s (naive {naive.p95(IN_VIEW):.2f} s)"
    )
