"""A command that goes on between calls: looked at, written to, and stopped whenever wanted."""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import BadArguments, SteerdeckError
from steerdeck_agents.sandbox import asking, bubblewrap, listening, terminal
from steerdeck_agents.sandbox.command import AT_ONCE, Command
from steerdeck_agents.sandbox.output import CAP, Collector, HeadTail, readable, unfinished
from steerdeck_agents.sandbox.process import Finished, Spawn, finished, start
from steerdeck_agents.sandbox.wires import Size, Wiring

MOST_WAITING = 256 * 1024
"""Bytes written to a command that it has not read yet."""
_LAST_LINE = 2000
_QUIET_S = 0.25
_LONG_QUIET_S = 1.0
"""For a command of which it can't be seen whether it reads."""


class Prompt(msgspec.Struct, frozen=True):
    """What a command asks for."""

    text: str
    """Its last line; may be empty when nothing was printed before a hidden answer."""
    hidden: bool
    """What is typed is not echoed, so it is a secret."""


class Live:
    """One running command. Make it with `start_live`; it ends by itself or with `stop`."""

    def __init__(self, command: Command, output: "_Output") -> None:
        self.tty = bool(command.wires.tty)
        self.done = asyncio.Event()
        """Set when nothing of it is left; then `finished` or `error` is there."""
        self.finished: Finished | None = None
        self.error: SteerdeckError | None = None
        self._command = command
        self._output = output
        self._stop = asyncio.Event()
        self._writing = bytearray()
        self._life = asyncio.create_task(self._live())

    async def stop(self) -> None:
        """End it and everybody it started (SIGTERM, 0.5 s, SIGKILL), and wait for that."""
        self._stop.set()
        await self.done.wait()

    def read_new(self) -> str:
        """What it printed since the last look: at most 32 KiB, a mark names what was cut."""
        window = self._output.take(last=self.done.is_set(), tty=self.tty)
        return terminal.plain(window) if self.tty else window

    def write(self, text: str) -> None:
        """Have it read this; raises BadArguments when it has ended or reads nothing."""
        end = self._command.wires.input
        if end is None or self.done.is_set() or self._stop.is_set():
            raise BadArguments("It has ended, so nothing can be written to it.")
        data = text.encode(errors="replace")
        if len(self._writing) + len(data) > MOST_WAITING:
            raise BadArguments(
                f"It has not read the last {len(self._writing):,} bytes yet. Nothing was written."
            )
        self._writing += data
        self._write(end)

    def hides(self) -> bool:
        """Whether what is typed now would not be echoed: it asks for a secret."""
        end = self._command.wires.input
        return self.tty and end is not None and asking.hides(end)

    def quiet_s(self) -> float:
        """Seconds since it printed something."""
        return self._output.quiet_s()

    def ports(self) -> tuple[int, ...]:
        """The TCP ports its processes listen on now."""
        if self.done.is_set():
            return ()
        return listening.ports([one.pid for one in self._command.members()])

    def prompt(self) -> Prompt | None:
        """What it waits for to be typed, as far as that can be seen; reads a few files of /proc."""
        wires, quiet = self._command.wires, self._output.quiet_s()
        if wires.input is None or quiet < _QUIET_S or self.done.is_set():
            return None
        line = self._output.last_line()
        line = (terminal.plain(line) if self.tty else line).rpartition("\n")[2]
        hidden = self.hides()
        if not hidden and not line.strip():
            return None
        waits = asking.waiting(self._command.members(), wires.source, tty=self.tty)
        if waits == "maybe" and (hidden or asking.is_question(line)) and quiet >= _LONG_QUIET_S:
            waits = "yes"
        return Prompt(line.strip(), hidden) if waits == "yes" else None

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            reason = await self._command.over(self._stop, None)
        except asyncio.CancelledError:
            reason = "stop"
        self._no_more_writing()
        try:
            await asyncio.shield(asyncio.create_task(self._command.end(at_once=reason in AT_ONCE)))
            self.finished = finished(self._command, reason, loop.time() - began)
        except SteerdeckError as error:
            self.error = error
        except OSError as error:
            self.error = SteerdeckError(f"How it ended could not be kept: {error}.")
        finally:
            # Whoever waits for its end would wait for ever.
            self.done.set()

    def _write(self, end: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._writing:
                del self._writing[: os.write(end, self._writing[:4096])]
        except BlockingIOError:
            loop.add_writer(end, self._write, end)
            return
        except OSError:  # it reads no more
            self._writing.clear()
        loop.remove_writer(end)

    def _no_more_writing(self) -> None:
        if self._command.wires.input is not None:
            asyncio.get_running_loop().remove_writer(self._command.wires.input)


def start_live(
    spawn: Spawn,
    *,
    tty: bool,
    on_output: Callable[[str], None],
    spool: Path,
    size: Size | None = None,
    program: str = bubblewrap.PROGRAM,
    cap: int = CAP,
) -> Live:
    """Start a command that goes on, its input a pipe or (`tty`) a terminal of its own.

    It has no timeout. `on_output` is called on the loop as in `process.run`, for a terminal with
    plain text; `spool` gets the exact bytes. Raises what `process.start` does.
    """
    output = _Output(spool, cap=cap, allowed=spawn.allowed)

    def tell(text: str) -> None:
        if shown := terminal.plain(text) if tty else text:
            on_output(shown)

    wiring: Wiring = "tty" if tty else "pipe"
    command = start(spawn, output, tell, wiring=wiring, size=size, program=program)
    return Live(command, output)


class _Output(Collector):
    """A collector that also keeps what nobody has looked at yet."""

    def __init__(self, spool: Path, *, cap: int, allowed: str | None) -> None:
        super().__init__(spool, cap=cap, allowed=allowed)
        self._lock = threading.Lock()
        self._fresh = HeadTail()
        self._printed = time.monotonic()

    def _take(self, data: bytes) -> None:
        with self._lock:
            self._fresh.add(data)
            self._printed = time.monotonic()
            super()._take(data)

    def take(self, *, last: bool, tty: bool) -> str:
        """What came since the last time, without a character or sequence that is not whole yet."""
        with self._lock:
            window, self._fresh = self._fresh, HeadTail()
            if not last:
                kept = window.kept()
                rest = unfinished(kept) or (terminal.begun(kept) if tty else 0)
                if rest:
                    self._fresh.add(window.give_back(rest))
        return window.text()

    def quiet_s(self) -> float:
        """Seconds since it printed something."""
        return time.monotonic() - self._printed

    def last_line(self) -> str:
        """What stands behind the last newline, no more than its end."""
        with self._lock:
            end = self.ends.kept()[-_LAST_LINE:]
        return readable(end.rpartition(b"\n")[2])
