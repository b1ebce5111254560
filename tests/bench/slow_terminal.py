"""The terminal at the near end of a bad line, the program under test at its far end.

Keys and the terminal's answers take half the round trip to the program, what it draws the other
half after it has passed the line. Times are those of the person in front of the terminal.
"""

import os
import select
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from bench.terminal import COLUMNS, ROWS, Terminal
from kit.slow_line import Direction

_LOOK_S = 0.2


class SlowTerminal(Terminal):
    """As a `Terminal`, with a line of so many bytes a second and such a round trip between."""

    def __init__(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str],
        *,
        bytes_s: float,
        trip_s: float,
        columns: int = COLUMNS,
        rows: int = ROWS,
    ) -> None:
        self._down = Direction(trip_s / 2, bytes_s)
        self._up = Direction(trip_s / 2)
        self._line = threading.Lock()
        self._woken, self._wake = os.pipe()
        self._gone = False
        self.backlogs: list[tuple[float, float]] = []
        """When something was written, and how many seconds of the line then lay before its end."""
        super().__init__(argv, environ, columns=columns, rows=rows)

    def send(self, text: str) -> None:
        self._say(text.encode())

    def close(self) -> None:
        super().close()
        os.close(self._woken)
        os.close(self._wake)

    def _say(self, data: bytes) -> None:
        with self._line:
            self._up.send(data, time.perf_counter())
        os.write(self._wake, b"x")

    def _read(self) -> None:
        while not self._ended:
            with self._line:
                due = min(self._up.next_at(), self._down.next_at())
            wait = min(_LOOK_S, max(0.0, due - time.perf_counter()))
            heard = [self._woken] if self._gone else [self._master, self._woken]
            ready, _, _ = select.select(heard, [], [], wait)
            if self._woken in ready:
                os.read(self._woken, 4096)
            if self._master in ready:
                self._write()
            now = time.perf_counter()
            with self._line:
                up = self._up.arrived(now)
            for piece in up:
                with suppress(OSError):
                    os.write(self._master, piece)
            for piece in self._down.arrived(now):
                self._show(piece)
            if self._gone and self._down.next_at() == float("inf"):
                self._end()

    def _write(self) -> None:
        """The program writes: it is on the line at once."""
        try:
            data = os.read(self._master, 65_536)
        except OSError:
            data = b""
        now = time.perf_counter()
        self._down.send(data, now)
        self.backlogs.append((now - self.began, self._down.backlog_s(now)))
        self._gone = not data
        with self._more:
            self.bytes += len(data)
            self.frames += data.count(b"\x1b[?2026h")
            self._more.notify_all()

    def _end(self) -> None:
        with self._more:
            self._ended = True
            self._more.notify_all()

    def _show(self, data: bytes) -> None:
        """It has come to the terminal."""
        came = self.now()
        self._answer(data)
        with self._more:
            self._chunks.append((came, data))
            self._more.notify_all()
