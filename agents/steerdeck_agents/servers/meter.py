"""How much a server may say: so large a message, so many of them, so many bytes in a while."""

import re
from collections.abc import Callable

from steerdeck_agents.servers.fault import ServerFault

LARGEST_MESSAGE = 4 * 1024 * 1024
"""Bytes of one message: a picture or a long file fits, a flood doesn't."""
MOST_MESSAGES = 2000
MOST_BYTES = 16 * 1024 * 1024
MOST_PARTS = 50_000
"""Members of one message; a few bytes each, they would hold up our loop for a second."""
_HOLDS_S = 2.0
"""What was not said for so long may be said at once."""
_WAY_OUT = "Correct or replace the server, then allow it again."
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


class Meter:
    """Counts what one server says; what is not said in a second may be said in the next."""

    def __init__(self, server: str, monotonic: Callable[[], float]) -> None:
        self._server = server
        self._monotonic = monotonic
        self._at = monotonic()
        self._messages = MOST_MESSAGES * _HOLDS_S
        self._bytes = MOST_BYTES * _HOLDS_S

    def take(self, message: bytes) -> None:
        """Count one message; raises ServerFault when it is part of a flood."""
        if len(message) > LARGEST_MESSAGE:
            raise self.too_long()
        self.count(len(message))
        if rough_parts(message) > MOST_PARTS:
            self.take_apart(message)

    def take_apart(self, message: bytes) -> None:
        """Raises ServerFault when the message has too many parts; strings are looked over."""
        if rough_parts(_STRING.sub(b"", message)) > MOST_PARTS:
            raise self._flood(f"a message of more than {MOST_PARTS:,} parts")

    def count(self, size: int = 0) -> None:
        """Count a message of `size` bytes by its size alone; raises ServerFault."""
        now = self._monotonic()
        passed, self._at = now - self._at, now
        self._messages = min(MOST_MESSAGES * _HOLDS_S, self._messages + MOST_MESSAGES * passed) - 1
        self._bytes = min(MOST_BYTES * _HOLDS_S, self._bytes + MOST_BYTES * passed) - size
        if self._messages < 0:
            raise self._flood(f"more than {MOST_MESSAGES:,} messages a second")
        if self._bytes < 0:
            raise self._flood(f"more than {MOST_BYTES // 1024**2} MB a second")

    def too_long(self) -> ServerFault:
        return self._flood(f"a message of more than {LARGEST_MESSAGE // 1024**2} MB")

    def _flood(self, what: str) -> ServerFault:
        return ServerFault(f"{self._server} sent {what} and was ended.", "flooding", _WAY_OUT)


def rough_parts(data: bytes) -> int:
    """At least as many as the parts of a JSON text: those inside strings are counted too."""
    return data.count(b",") + data.count(b"[") + data.count(b"{")
