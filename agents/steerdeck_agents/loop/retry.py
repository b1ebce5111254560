"""When a failed request is asked again: seen by the developer, never by the model."""

import random

from steerdeck_agents.facts.errors import ModelError

ATTEMPTS = 5
FIRST_S = 0.5
LONGEST_S = 30.0


def delay_s(error: ModelError, attempt: int, seed: str) -> float | None:
    """Seconds until attempt number `attempt` + 1; None when asking again can't help.

    Exponential with ±10 % jitter drawn from `seed`, never below the server's own Retry-After.
    """
    if not error.retryable or attempt >= ATTEMPTS:
        return None
    own = min(LONGEST_S, FIRST_S * 2.0 ** (attempt - 1))
    own *= random.Random(f"{seed}{attempt}").uniform(0.9, 1.1)
    return max(own, error.retry_after_s or 0.0)
