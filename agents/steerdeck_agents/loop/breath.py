"""A pause between two reads of a stream that trickles, so that several tokens are read at once.

A model at 200 tokens a second would wake the loop for each of them, and nearly all that a token
costs is that: the way from the socket through the layers of HTTP. What is said waits up to 50 ms
for company anyway. Where many pieces come at once there is nothing to gather: the first time such
a read follows a trickle it waits for one pause, as do the first arguments of a call and the end.
"""

import asyncio

from steerdeck_agents.models.model import Chunk, TextDelta

TRICKLES = 16
"""Words that were waited for, in a row, with what little came beside them."""
MANY = 8
"""Pieces that came at once with another, though no pause let them gather.

Fewer come together where the loop is busy, or the server sends a few at a time: a trickle still.
"""
BREATH_S = 0.03
"""Shorter than a flush, so that what holds a word back sees that more is coming."""


class Breath:
    """Belongs to the reading of one answer, in the loop that reads it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waited = False
        self._rested = False
        self._gathered = False
        self._beside = 0
        self._trickled = 0
        self._listen()

    def due(self, chunk: Chunk) -> bool:
        """Whether to pause after this piece; pieces that were there already never ask for it."""
        if not self._waited:
            self._beside += 1
            if self._beside >= MANY and not self._gathered:
                self._trickled = 0
            return False
        self._beside = 0
        told = isinstance(chunk, TextDelta) and chunk.kind != "arguments"
        self._trickled = self._trickled + 1 if told else 0
        # What gathered in a pause is read at once, though the loop has its turn in between.
        tired, self._gathered, self._rested = not self._rested, self._rested, False
        if tired and self._trickled > TRICKLES:
            return True
        self._listen()
        return False

    async def take(self) -> None:
        await asyncio.sleep(BREATH_S)
        self._rested = True
        self._listen()

    def _listen(self) -> None:
        """The loop gets its turn only while a piece is waited for."""
        self._waited = False
        self._loop.call_soon(self._wait)

    def _wait(self) -> None:
        self._waited = True
