"""A running command and everybody it started: watched while it runs, and ended whole.

The process is waited for, not its pipe, since background children keep pipes open for ever. What
it prints is read by a thread of its own, so that neither a flood nor a slow disk holds up the loop.
"""

import asyncio
import contextlib
import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

from steerdeck_agents.sandbox import appetite, descendants
from steerdeck_agents.sandbox.descendants import Family, Seen
from steerdeck_agents.sandbox.output import Collector, Pump
from steerdeck_agents.sandbox.wires import Wires

GRACE_S = 0.5
"""From SIGTERM to SIGKILL."""
DRAIN_S = 0.2
"""For output that is still in the pipe after the process has ended."""
MOST_TASKS = 1024
"""Processes and threads of one command; beyond that it is taken for a fork bomb and ended. The
limit of the system (RLIMIT_NPROC) does not bind root, nor is it one command's outside bubblewrap.
"""
_LOOK_EVERY_S = 0.25
_LOOK_AT_ROOT_S = 0.05
"""For who may start as many processes as there is room for: a bomb makes thousands in 0.2 s."""

_MEMORY_EVERY_S = 1.0
_GROWTH = 4
"""It is looked at once more when a fourth of what it may take is gone from the machine."""

Reason = Literal["", "stop", "cap", "timeout", "crowd", "memory"]
"""Why a command is over; empty when it ended by itself."""
AT_ONCE: frozenset[Reason] = frozenset({"crowd", "memory"})
"""Reasons that leave no time to tidy up: it would take more meanwhile."""


class Child(Protocol):
    """What is needed of `subprocess.Popen`, which may be named in `process.py` only."""

    @property
    def pid(self) -> int: ...

    def wait(self) -> int:
        """Its exit code, or minus the signal that ended it."""

    def kill(self) -> None: ...


class Command:
    """One command from its start until nothing of it is left."""

    def __init__(
        self,
        child: Child,
        wires: Wires,
        collector: Collector,
        on_output: Callable[[str], None],
        *,
        status: int | None = None,
        marker: str = "",
        most_memory: int = 0,
        after: Callable[[], str] = str,
    ) -> None:
        """`status` is where bubblewrap reports; without it the marker says who belongs here.

        `most_memory` is in bytes, 0 for no limit; `after` is called when nothing of it is left, in
        a thread, and answers with a sentence for the result or nothing.
        """
        self.pid = child.pid
        self.wires = wires
        self.collector = collector
        self.confined = status is not None
        self.began = False
        """Whether bubblewrap reported that the command itself ran to an end."""
        self.code = 0
        """The exit code, or minus the signal, once it has ended."""
        self.problem = ""
        """What is to be told about it, once it has ended."""
        self.spool: Path | None = None
        """Where all of its output is, once it has ended; None where the collector's ends do."""
        self._child = child
        self._after = after
        self._most_memory = most_memory
        self._available = appetite.available() if most_memory else 0
        self._status = status
        self._first = 0
        self._family = None if self.confined else Family(child.pid, marker)
        self._asking = threading.Lock()
        self._tasks_before = descendants.tasks_of_all()
        self._exited = asyncio.Event()
        self._watch_exit()
        self._drained = asyncio.Event()
        loop = asyncio.get_running_loop()

        def tell(text: str) -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody is left
                loop.call_soon_threadsafe(on_output, text)

        def end() -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._drained.set)

        self._pump = Pump(wires.output, collector, tell, end)
        self._pump.start()

    async def over(self, stop: asyncio.Event, timeout_s: float | None) -> Reason:
        """Wait until it has ended or has to be ended, and say why; `None` waits for ever."""
        loop = asyncio.get_running_loop()
        often = _LOOK_AT_ROOT_S if os.geteuid() == 0 else _LOOK_EVERY_S
        looked = measured = 0.0
        limit = None if timeout_s is None else loop.time() + timeout_s
        waits = (self._exited.wait(), stop.wait(), self._drained.wait())
        exited, stopped, drained = tasks = [asyncio.create_task(wait) for wait in waits]
        watched = set(tasks)
        try:
            while True:
                pause = often
                if limit is not None:
                    pause = max(0.0, min(limit - loop.time(), pause))
                woken, _ = await asyncio.wait(
                    watched, timeout=pause, return_when=asyncio.FIRST_COMPLETED
                )
                if drained.done():
                    if self.collector.full:
                        return "cap"
                    watched.discard(drained)
                if exited.done():
                    return ""
                if stopped.done():
                    return "stop"
                if woken:
                    # Its output has ended, and so will it: a look would only hold up its end.
                    continue
                if limit is not None and loop.time() >= limit:
                    return "timeout"
                anyway = self._family is not None and loop.time() >= looked + _LOOK_EVERY_S
                if await self._is_crowd(anyway):
                    return "crowd"
                looked = loop.time() if anyway else looked
                late = loop.time() >= measured + _MEMORY_EVERY_S
                if await self._is_hungry(late):
                    return "memory"
                measured = loop.time() if late else measured
        finally:
            for task in tasks:
                task.cancel()

    async def end(self, *, at_once: bool = False) -> None:
        """End whatever still runs, see to it that nobody is left, and give everything back.

        `at_once` leaves no time to tidy up: see `AT_ONCE`.
        """
        if not self._exited.is_set() and not at_once:
            await asyncio.to_thread(self._send, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GRACE_S):
                    await self._exited.wait()
        if not self._exited.is_set():
            await asyncio.to_thread(self._send, signal.SIGKILL)
            await self._exited.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                await self._drained.wait()
        await self._clear()
        if not self._drained.is_set():
            self._pump.finish()
            await self._drained.wait()
        self._pump.join()
        self._pump.close()
        self.spool = self.collector.close()
        self.wires.close()
        after, self._after = self._after, str
        self.problem = await asyncio.to_thread(after)

    def members(self) -> list[Seen]:
        """Everybody of it who is there now, bubblewrap's own processes too."""
        main = descendants.look(self.pid)
        others = descendants.descendants(self.pid) if self._family is None else self._known()
        return [*([main] if main else []), *others]

    def _known(self) -> list[Seen]:
        """The family's members; it remembers whom it saw, and may be asked in any thread."""
        if self._family is None:
            return []
        with self._asking:
            return self._family.members()

    def _watch_exit(self) -> None:
        """Where pidfds exist the ended process stays unreaped till the end, so its id is ours.

        Not a task: when the loop is closed all tasks are cancelled, and this must still be known.
        """
        loop = asyncio.get_running_loop()
        try:
            watch = os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            waiting = loop.run_in_executor(None, self._child.wait)
            waiting.add_done_callback(lambda _: self._exited.set())
            return

        def end() -> None:
            loop.remove_reader(watch)
            os.close(watch)
            self._exited.set()

        loop.add_reader(watch, end)

    async def _is_crowd(self, anyway: bool) -> bool:
        """Whether it has too many processes.

        It looks only when the system has many more than before, or `anyway`: outside bubblewrap
        who belongs to it has to be seen while it is there, to be ended later.
        """
        grown = descendants.tasks_of_all() - self._tasks_before > MOST_TASKS
        if not grown and not anyway:
            return False
        count = await asyncio.to_thread(self._count, grown)
        if grown:  # what others do is no reason to look so closely again
            self._tasks_before = descendants.tasks_of_all() - count
        return count > MOST_TASKS

    async def _is_hungry(self, anyway: bool) -> bool:
        """Whether it takes too much memory; looked at when much is gone, or `anyway`."""
        if not self._most_memory:
            return False
        gone = self._available - appetite.available() > self._most_memory // _GROWTH
        if not gone and not anyway:
            return False
        return await asyncio.to_thread(self._takes_more)

    def _takes_more(self) -> bool:
        return appetite.takes_more([one.pid for one in self.members()], self._most_memory)

    def _count(self, closely: bool) -> int:
        """How many processes it has, and when looking closely their threads too."""
        if self._family is not None and not closely:
            return len(self._known())
        if self._family is None:
            self._report()
            inside = descendants.tasks_inside(self._first) if self._first else None
            return len(descendants.descendants(self.pid)) if inside is None else inside
        # Held still meanwhile, or a fork bomb would take the time that looking needs.
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGSTOP)
        count = descendants.tasks(one.pid for one in self._known())
        if count <= MOST_TASKS:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGCONT)
        return count

    def _send(self, number: signal.Signals) -> None:
        """Signal everybody; SIGTERM spares bubblewrap itself, whose end would be a hard kill."""
        if self._family is not None:
            # The group first: one call of the kernel ends even who forks faster than we can look.
            with contextlib.suppress(OSError):
                os.killpg(self.pid, number)
            descendants.send(self._known(), number)
        elif number == signal.SIGKILL:
            self._report()
            first = descendants.look(self._first) if self._first else None
            if first is not None and first.parent == self.pid:
                descendants.send([first], number)  # the kernel ends everybody else with it
                self._child.kill()
            else:
                inside = descendants.descendants(self.pid)
                self._child.kill()
                descendants.send(inside, number)
        else:
            inside = descendants.descendants(self.pid)
            descendants.send((one for one in inside if one.parent != self.pid), number)

    async def _clear(self) -> None:
        if self._family is None:
            self._report()
            first = descendants.look(self._first) if self._first else None
            if first is not None and first.parent == os.getpid():
                await _gone(first)
            if self._status is not None:
                os.close(self._status)
                self._status = None
        else:
            for _ in range(200):
                if not await asyncio.to_thread(self._sweep):
                    break
                await asyncio.sleep(0.005)
        self.code = self._child.wait()

    def _sweep(self) -> int:
        """Kill and collect everybody who is left; how many were."""
        if descendants.look(self.pid) is not None:  # not collected yet, so the id is its own
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
        everybody = self._known()
        descendants.send(everybody, signal.SIGKILL)
        descendants.reap(everybody)
        return len(everybody)

    def _report(self) -> None:
        """Read what bubblewrap said of the command (bwrap(1), --json-status-fd)."""
        if self._status is None:
            return
        with contextlib.suppress(BlockingIOError):
            for line in os.read(self._status, 65536).splitlines():
                with contextlib.suppress(ValueError):
                    said = json.loads(line)
                    self._first = said.get("child-pid", self._first)
                    self.began = self.began or "exit-code" in said


async def _gone(first: Seen) -> None:
    """Wait for the end of a sandbox's first process, and with it of everybody inside."""
    with contextlib.suppress(OSError):
        watch = os.pidfd_open(first.pid)
        try:
            os.kill(first.pid, signal.SIGKILL)
            await until_readable(watch)
        finally:
            os.close(watch)
    descendants.reap([first])


async def until_readable(descriptor: int) -> None:
    """Wait until there is something to read, or the end of it."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
