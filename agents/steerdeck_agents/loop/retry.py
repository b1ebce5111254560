"""When a failed request is asked again: seen by the developer, never by the model.

A network that is gone and a provider that is asked too often cost time and nothing else, so those
are waited for without end; what else may pass is tried a number of times.
"""

import asyncio
import random

from steerdeck_agents.facts.errors import Cause, ModelError
from steerdeck_agents.facts.state import OpenTurn
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.loop.site import Site

_LONGEST_PLAN_S = 300.0
"""No planned wait is longer; more only means that the wall clock was changed."""


async def due(site: Site) -> bool:
    """Wait for the planned time of the next request; False when an interrupt came first.

    The time is read from the state, so the wait goes on after a crash, and the developer's "try
    now" ends it by changing the state.
    """
    planned = _planned_ms(site)
    left_s = min(_LONGEST_PLAN_S, (planned - site.clock.now_ms()) / 1000)
    until_s = site.clock.monotonic() + left_s
    while not site.stop.is_set():
        site.wake.clear()
        left_s = until_s - site.clock.monotonic()
        if left_s <= 0 or _planned_ms(site) != planned:
            return not site.stop.is_set()
        try:
            # Not `wait_for`, which can lose a cancellation to a fact of that moment.
            async with asyncio.timeout(left_s):
                await site.wake.wait()
        except TimeoutError:
            continue
    return False


def delay_s(
    error: ModelError, cause: Cause, turn: OpenTurn, patience: Patience, seed: str
) -> float | None:
    """Seconds until the request is asked again; None when asking again can't help.

    Exponential with ±10 % jitter drawn from `seed`, never below the server's own Retry-After.
    """
    chance = random.Random(f"{seed}{turn.attempt}").uniform(0.9, 1.1)
    if cause == "network":
        doubled = patience.network_first_s * 2.0 ** min(turn.attempt - 1, 10)
        return min(patience.network_longest_s, doubled) * chance
    if not error.retryable or turn.strikes + 1 >= patience.attempts:
        return None
    own = min(patience.longest_s, patience.first_s * 2.0 ** min(turn.strikes, 10)) * chance
    return max(own, error.retry_after_s or 0.0)


def _planned_ms(site: Site) -> int:
    turn = site.state.turn
    return turn.retry_at_ms if turn is not None and turn.retry else 0
