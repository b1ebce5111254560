"""A bad line, as a stand-in: so many bytes a second, so long each way, and it swallows everything.

What is sent is never refused: a server's buffers and the network's take megabytes before whoever
writes is held up, so what a line can't carry piles up unseen. Nothing is lost or out of order.
"""

from collections import deque

PIECE_S = 0.004
"""What a line carries in this time arrives together."""


class Direction:
    """One way of a line; all times are seconds of any one clock."""

    def __init__(self, delay_s: float, bytes_s: float = float("inf")) -> None:
        self.delay_s = delay_s
        self.bytes_s = bytes_s
        self.carried = 0
        self._free_at = float("-inf")
        self._under_way: deque[tuple[float, bytes]] = deque()

    def send(self, data: bytes, now: float) -> None:
        """Put something on the line."""
        piece = len(data) if self.bytes_s == float("inf") else max(1, int(self.bytes_s * PIECE_S))
        self.carried += len(data)
        for start in range(0, len(data), piece):
            part = data[start : start + piece]
            self._free_at = max(self._free_at, now) + len(part) / self.bytes_s
            self._under_way.append((self._free_at + self.delay_s, part))

    def backlog_s(self, now: float) -> float:
        """How long it takes until something sent now is on its way."""
        return max(0.0, self._free_at - now)

    def arrived(self, now: float) -> list[bytes]:
        """What has come to the other end since the last call."""
        came = []
        while self._under_way and self._under_way[0][0] <= now:
            came.append(self._under_way.popleft()[1])
        return came

    def next_at(self) -> float:
        """When the next piece arrives; infinite while nothing is under way."""
        return self._under_way[0][0] if self._under_way else float("inf")
