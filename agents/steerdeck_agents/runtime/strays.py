"""Ended processes that this one has adopted, and that nobody waits for.

A runtime becomes the parent of processes whose own parents have died (`sandbox/descendants.py`).
Whatever belongs to a command is collected with it; what outlived or escaped it would stay in the
table of processes for as long as the runtime lives, which may be weeks.
"""

import os

from steerdeck_agents.sandbox.descendants import children, look, reap

OFTEN_S = 30.0
"""From one look to the next; who is waited for is collected long before."""


class Strays:
    """Collects them, in a look of less than a millisecond every half a minute."""

    def __init__(self) -> None:
        self._next_s = 0.0
        self._seen: frozenset[tuple[int, int]] = frozenset()
        """Pid and birth of those that were there at the last look."""

    def collect(self, now_s: float) -> int:
        """Collect those that were ended at the look before, too; how many they were.

        `now_s` is monotonic; between two looks this does nothing. A process that we started leads a
        session of its own, and is left to whoever holds it.
        """
        if now_s < self._next_s:
            return 0
        self._next_s = now_s + OFTEN_S
        found = [one for pid in children(os.getpid()) if (one := look(pid)) is not None]
        dead = [one for one in found if one.state == "Z" and one.session != one.pid]
        again = [one for one in dead if (one.pid, one.born) in self._seen]
        reap(again)
        self._seen = frozenset((one.pid, one.born) for one in dead)
        return len(again)
