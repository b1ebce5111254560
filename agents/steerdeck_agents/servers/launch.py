"""Starts a server in the sandbox of the session, with pipes we speak through.

Its stdout carries the protocol alone; of its stderr the end is kept, to say why it died. A variable
with a key goes in through its stdin before the first message, so no other process sees the value:
an environment could be read off bubblewrap, an argument by everybody.
"""

import asyncio
import contextlib
import os
import shlex
import threading
from collections.abc import Mapping
from pathlib import Path

from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox.command import Command
from steerdeck_agents.sandbox.environment import environment
from steerdeck_agents.sandbox.output import Collector, readable
from steerdeck_agents.sandbox.process import Spawn, start
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.pipes import Launch, Pipes
from steerdeck_agents.settings.server import ServerSettings

_CHUNKS = 16
"""Reads of at most 64 kB that may wait for us; then the server has to wait."""
_STUCK_S = 5.0
_POLITE_S = 0.5
"""From the end of its input to SIGTERM."""
_WORDS = 2000
_MARK = b"\n\x1e"


def launcher(
    workspace: Workspace,
    level: Level,
    surroundings: Surroundings,
    keys: Mapping[str, str],
    spool: Path,
) -> Launch:
    """Starts servers in this workspace at this level; `keys` holds the developer's variables."""

    async def launch(server: ServerSettings) -> Pipes:
        missing = [name for name in server.variables if not keys.get(name)]
        if missing:
            raise ServerFault(
                f"{', '.join(missing)} is not set for this session.",
                "dead",
                "Resume the session from a shell that has it.",
            )
        spawn = Spawn(
            script=script(server),
            workspace=workspace,
            environment=environment(surroundings, workspace, level),
            level=level,
            surroundings=surroundings,
            network=server.network,
        )
        outlet = _Outlet(spool)
        process = Process(start(spawn, outlet, lambda text: None, wiring="pipe"), outlet)
        for name in server.variables:
            await process.write(keys[name].encode() + b"\0")
        return process

    return launch


def script(server: ServerSettings) -> str:
    """The bash script that becomes the server, and tells its last words on a line of their own."""
    lines = [f"IFS= read -r -d '' {name}; export {name}" for name in server.variables]
    given = "".join(f"{name}={shlex.quote(value)} " for name, value in server.env)
    line = given + shlex.join([server.command, *server.args])
    told = f"last=$(tail -c {_WORDS} | tr -d '\\0'); printf '\\n\\036%s' \"$last\" >&3"
    lines += [
        "exec 3>&1",
        # Opened by this shell, so that it knows whom to wait for.
        f"exec 4> >({told})",
        "steerdeck_reader=$!",
        f"{line} 2>&4 3>&- 4>&-",
        "code=$?",
        "exec 4>&-",
        # Nobody is waited for long who has inherited its stderr and goes on.
        "for i in {1..40}; do kill -0 $steerdeck_reader || break; sleep 0.05; done 2>/dev/null",
        "exit $code",
    ]
    return "\n".join(lines)


class Process:
    """A running server."""

    def __init__(self, command: Command, outlet: "_Outlet") -> None:
        self._command = command
        self._outlet = outlet
        self._stop = asyncio.Event()
        self._ended = asyncio.Event()
        self._life = asyncio.create_task(self._live())

    async def read(self) -> bytes:
        """The next bytes; empty at the end."""
        return await self._outlet.take()

    async def write(self, data: bytes) -> None:
        """All of `data`, waiting while it reads nothing; raises OSError when it is gone."""
        view = memoryview(data)
        while view:
            end = self._command.wires.input
            if end is None or self._ended.is_set():
                raise BrokenPipeError
            try:
                view = view[os.write(end, view[: 64 * 1024]) :]
            except BlockingIOError:
                await self._writable(end)

    async def end(self, *, at_once: bool) -> int | None:
        """Its input ends, then SIGTERM, then SIGKILL; nothing of it is left afterwards."""
        self._outlet.close()
        self._no_more_writing()
        self._command.wires.close()
        await asyncio.wait({self._life}, timeout=0 if at_once else _POLITE_S)
        self._stop.set()
        await self._life
        code = self._command.code
        return code if code >= 0 else None

    def last_words(self) -> str:
        return self._outlet.last_words()

    async def _live(self) -> None:
        await self._command.over(self._stop, None)
        self._no_more_writing()
        await asyncio.shield(asyncio.create_task(self._command.end()))
        self._outlet.finish()

    def _no_more_writing(self) -> None:
        self._ended.set()
        if self._command.wires.input is not None:
            asyncio.get_running_loop().remove_writer(self._command.wires.input)

    async def _writable(self, end: int) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_writer(end, ready.set)
        waits = [asyncio.create_task(event.wait()) for event in (ready, self._ended)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
            if not self._ended.is_set():
                loop.remove_writer(end)


class _Outlet(Collector):
    """Hands every byte on as it comes, and lets the server wait while we have not taken it."""

    def __init__(self, spool: Path) -> None:
        super().__init__(spool)
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._room = threading.Semaphore(_CHUNKS)
        self._closed = False
        self._tail = b""

    def add(self, data: bytes) -> None:
        """In the thread that reads the pipe."""
        if self._closed or not self._room.acquire(timeout=_STUCK_S):
            self._closed = True
            return
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody is left to be told
            self._loop.call_soon_threadsafe(self._queue.put_nowait, data)

    async def take(self) -> bytes:
        """The next bytes, in the loop; empty at the end and ever after."""
        data = await self._queue.get()
        if data:
            self._room.release()
            self._tail = (self._tail + data)[-2 * _WORDS :]
        else:
            self._queue.put_nowait(b"")
        return data

    def finish(self) -> None:
        """Nothing more will come; what the thread has handed over before is still taken."""
        self._loop.call_soon(self._queue.put_nowait, b"")

    def close(self) -> None:
        """Nothing more is wanted; whoever waits for room goes on."""
        self._closed = True
        self._room.release(_CHUNKS)

    def last_words(self) -> str:
        _, mark, words = self._tail.rpartition(_MARK)
        return readable(words).strip() if mark else ""
