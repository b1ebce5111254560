"""Names for the ids that cross the program, and where new ones and the time come from.

Ids and clocks are handed down, never fetched, so that tests and replays are exact.
"""

import hashlib
import itertools
import secrets
import time
from typing import Final, NewType, Protocol

SessionId = NewType("SessionId", str)
TurnId = NewType("TurnId", str)
CallId = NewType("CallId", str)
ItemId = NewType("ItemId", str)
MessageId = NewType("MessageId", str)
RequestId = NewType("RequestId", str)
ApprovalId = NewType("ApprovalId", str)
CheckpointId = NewType("CheckpointId", str)
ShellId = NewType("ShellId", str)
OrderId = NewType("OrderId", str)
Sha = NewType("Sha", str)
"""SHA-256 in hexadecimal."""


def sha_of(data: bytes) -> Sha:
    return Sha(hashlib.sha256(data).hexdigest())


SKEW_MS: Final = 300_000
"""How far a clock may be set back for good reasons; by more, what it timed is known no more."""


class Clock(Protocol):
    """What time it is; tests bring their own."""

    def now_ms(self) -> int:
        """Milliseconds since 1970, for people to read."""

    def monotonic(self) -> float:
        """Seconds that never jump, for measuring and waiting."""


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


class Ids(Protocol):
    """Makes new ids; `kind` is a short prefix a reader recognises."""

    def new(self, kind: str) -> str: ...


class RandomIds:
    """Ids nobody can guess: the prefix and 80 random bits."""

    def new(self, kind: str) -> str:
        return f"{kind}_{secrets.token_hex(10)}"


class CountedIds:
    """Ids that count up, for tests and pictures."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def new(self, kind: str) -> str:
        return f"{kind}_{next(self._count):04d}"
