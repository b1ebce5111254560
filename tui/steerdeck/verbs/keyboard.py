"""Lines of the standard input, waited for without a thread, which Ctrl+C could not end.

Works on terminals, pipes and files. What is not asked for stays unread, so that a verb that asks by
itself finds its answer.
"""

import asyncio
import os
import termios

from steerdeck.verbs.printing import put

_MOST = 65_536


class Keyboard:
    """Reads lines from a descriptor, and only while one is waited for."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._typed = b""
        self._ended = False
        self._prompting = False

    async def line(self, prompt: str) -> str | None:
        """The next line after the prompt was written; None at the end of the input."""
        put(f"{prompt} ")
        self._prompting = True
        there = await self.has_line()
        self._prompting = False
        if not there:
            return None
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode("utf-8", "replace").strip("\r")

    async def has_line(self) -> bool:
        """Wait for a line; False when there is none any more."""
        while b"\n" not in self._typed and not self._ended:
            data = await self._read()
            self._typed += data
            self._ended = not data
        return bool(self._typed)

    def step_aside(self) -> None:
        """Something else is to be written: it begins a line of its own."""
        if self._prompting:
            put("\n")
            self._prompting = False

    def forget(self) -> None:
        """What was typed on a terminal before now is no answer to what comes now."""
        if not os.isatty(self._descriptor):
            return
        self._typed = b""
        try:
            termios.tcflush(self._descriptor, termios.TCIFLUSH)
        except termios.error:
            return

    async def _read(self) -> bytes:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[bytes] = loop.create_future()

        def read() -> None:
            if not ready.done():
                ready.set_result(os.read(self._descriptor, _MOST))

        try:
            loop.add_reader(self._descriptor, read)
        except PermissionError:  # a file is always ready
            return os.read(self._descriptor, _MOST)
        try:
            return await ready
        finally:
            loop.remove_reader(self._descriptor)
