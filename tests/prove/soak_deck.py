"""The deck with a watch on its loop: every callback is timed, in processor time and by the clock.

Run as `python soak_deck.py OUT`; when it ends OUT holds the longest ones, with where a second
thread found them when they had taken most of the time allowed.
"""

import asyncio.events
import json
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from steerdeck.cli import begin

LONG_S = 0.05
LOOK_S = 0.005


class Watch:
    """Times what runs on the loop from when it is made."""

    def __init__(self) -> None:
        self.longest: list[tuple[float, float, str]] = []
        self._began = 0.0
        self._found = ""
        self._main = threading.get_ident()
        run = asyncio.events.Handle._run

        def timed(handle: asyncio.events.Handle) -> None:
            self._found = ""
            began, worked = time.perf_counter(), time.thread_time()
            self._began = began
            run(handle)
            self._began = 0.0
            took = time.perf_counter() - began
            if took > LONG_S:
                self.longest.append((took, time.thread_time() - worked, self._found))

        asyncio.events.Handle._run = timed
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_S)
            began = self._began
            if began and not self._found and time.perf_counter() - began > LONG_S * 0.8:
                self._found = _where(sys._current_frames().get(self._main))


def _where(frame: FrameType | None) -> str:
    """The innermost functions; their lines are not read, which would stay in memory."""
    names: list[str] = []
    while frame is not None and len(names) < 12:
        names.append(f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}")
        frame = frame.f_back
    return " < ".join(names)


def main() -> int:
    watch = Watch()
    try:
        return begin([])
    finally:
        Path(sys.argv[1]).write_text(json.dumps(sorted(watch.longest, reverse=True)[:200]))


if __name__ == "__main__":
    sys.exit(main())
