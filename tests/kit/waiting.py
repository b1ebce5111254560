"""Waiting for what other processes bring about, where no fact tells of it."""

import time
from collections.abc import Callable

_LOOK_S = 0.02


def comes(ready: Callable[[], object], within_s: float) -> bool:
    """Whether something becomes true in time; it is looked at again and again."""
    until = time.monotonic() + within_s
    while not (found := ready()):
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK_S)
    return bool(found)
