"""The one place that starts a command for a model: confined, limited, watched, and ended whole.

The process is waited for, not its pipe, since background children keep pipes open for ever. When a
call is over, whatever the reason, nothing of it is left running. Bubblewrap is started with the
command's own clean environment, because `/proc/1/environ` inside the sandbox shows it.
"""

import asyncio
import contextlib
import functools
import itertools
import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import BadArguments, SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.gate.secrets import scrub
from steerdeck_agents.sandbox import bubblewrap, descendants, seccomp
from steerdeck_agents.sandbox.descendants import Family, Seen
from steerdeck_agents.sandbox.environment import environment, make_home
from steerdeck_agents.sandbox.output import CAP, Collector, Pump
from steerdeck_agents.sandbox.toolchains import toolchains

__all__ = ["Finished", "Spawn", "environment", "run"]

GRACE_S = 0.5
"""From SIGTERM to SIGKILL."""
DRAIN_S = 0.2
"""For output that is still in the pipe after the process has ended."""
_LOOK_EVERY_S = 0.25
_BASH = ("/bin/bash", "--noprofile", "--norc", "-c")
_LIMITS = ("ulimit -c 0", "ulimit -n 4096")
_LIMITS_INSIDE = (*_LIMITS, "ulimit -u 1024")
"""Processes are counted per user: only in a user namespace of its own that is this command."""
_LONGEST_ARGUMENT = 128 * 1024
"""MAX_ARG_STRLEN of execve(2), with its closing NUL."""
_numbers = itertools.count(1)


class Spawn(msgspec.Struct, frozen=True, kw_only=True):
    """One command, as it was decided."""

    script: str
    workspace: Workspace
    environment: Mapping[str, str]
    """Complete: the command gets these variables and no others."""
    level: Level
    folder: str = "."
    """Relative to the workspace, and inside it."""
    timeout_s: float = 120.0
    surroundings: Surroundings = Surroundings()


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """How a command ended. Inside bubblewrap a signal shows as exit code 128 + its number."""

    exit_code: int | None
    signal: int | None
    timed_out: bool
    interrupted: bool
    capped: bool
    """It was stopped because it printed more than the cap."""
    duration_ms: int
    head_tail: str
    """At most 32 KiB of UTF-8; a mark names the number of bytes cut in the middle."""
    total: int
    """Bytes printed."""
    spool: Path | None
    """The complete output, when `head_tail` is less than that or not byte for byte."""
    problem: str = ""
    """Why the complete output could not be kept."""


async def run(
    spawn: Spawn,
    *,
    on_output: Callable[[str], None],
    stop: asyncio.Event,
    spool: Path,
    program: str = bubblewrap.PROGRAM,
    cap: int = CAP,
) -> Finished:
    """Run one command to its end, its timeout, `stop`, or the cap on its output.

    `on_output` is called on the loop with at most 8 KiB, at most every 50 ms. `spool` names the
    file for the complete output, written only when there is too much to keep.
    Raises BadArguments when the command can't be started as written, SteerdeckError when the
    sandbox can't be set up; nothing ran then.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    command = _start(spawn, program)
    collector = Collector(spool, cap=cap)
    ended = asyncio.Event()

    def tell(text: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody is left to be told
            loop.call_soon_threadsafe(on_output, text)

    def end() -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)

    pump = Pump(command.pipe, collector, tell, end)
    pump.start()
    reason = ""
    try:
        reason = await _wait(command, collector, ended, stop, spawn.timeout_s)
    finally:
        await asyncio.shield(asyncio.create_task(_end(command, pump, ended)))
    code = command.process.returncode
    kept = collector.close()
    if command.confined and not reason and code >= 0 and not command.began:
        raise SteerdeckError(
            f"The sandbox could not be set up, so nothing ran: {collector.head_tail().strip()}"
        )
    return Finished(
        exit_code=code if code >= 0 else None,
        signal=-code if code < 0 else None,
        timed_out=reason == "timeout",
        interrupted=reason == "stop",
        capped=reason == "cap",
        duration_ms=round((loop.time() - began) * 1000),
        head_tail=collector.head_tail(),
        total=collector.total,
        spool=kept,
        problem=collector.problem,
    )


class _Command:
    """A running command and everybody it started."""

    def __init__(
        self, process: subprocess.Popen[bytes], pipe: int, status: int | None, marker: str
    ) -> None:
        self.process = process
        self.pipe = pipe
        self.confined = status is not None
        self.began = False
        """Whether bubblewrap reported that the command itself ran to an end."""
        self.exited = asyncio.create_task(_exit(process))
        self._status = status
        self._first = 0
        self._family = None if self.confined else Family(process.pid, marker)

    def watch(self) -> None:
        """Remember who is there, for the end."""
        if self._family is not None:
            self._family.members()

    def send(self, number: signal.Signals) -> None:
        """Signal everybody; SIGTERM spares bubblewrap itself, whose end would be a hard kill."""
        if self._family is None:
            inside = descendants.descendants(self.process.pid)
            if number == signal.SIGKILL:
                self.process.kill()
            else:
                inside = [one for one in inside if one.parent != self.process.pid]
            descendants.send(inside, number)
            return
        everybody = self._family.members()
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, number)
        descendants.send(everybody, number)

    async def clear(self) -> None:
        """After its end: see to it that nobody is left, then collect the exit code."""
        if self._family is None:
            self._report()
            first = descendants.look(self._first) if self._first else None
            if first is not None and first.parent == os.getpid():
                await _gone(first)
        else:
            for _ in range(200):
                everybody = self._family.members()
                descendants.send(everybody, signal.SIGKILL)
                descendants.reap(everybody)
                if not everybody:
                    break
                await asyncio.sleep(0.005)
        self.process.wait()

    def _report(self) -> None:
        """Read what bubblewrap said of the command (bwrap(1), --json-status-fd)."""
        if self._status is None:
            return
        for line in os.read(self._status, 65536).splitlines():
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                self._first = said.get("child-pid", self._first)
                self.began = self.began or "exit-code" in said
        os.close(self._status)
        self._status = None


def _start(spawn: Spawn, program: str) -> _Command:
    try:
        size = len(spawn.script.encode())
    except UnicodeEncodeError as problem:
        raise BadArguments("This command holds broken characters; nothing was run.") from problem
    if "\0" in spawn.script or size >= _LONGEST_ARGUMENT:
        raise BadArguments(
            "This command can't be started: it holds a NUL or is longer than 128 KiB; "
            "write it to a file and run that."
        )
    match spawn.level.name:
        case "bubblewrap":
            return _start_confined(spawn, program)
        case "none":
            return _start_bare(spawn)
        case other:
            raise SteerdeckError(f"The sandbox {other!r} is not built yet; nothing was run.")


def _start_confined(spawn: Spawn, program: str) -> _Command:
    code = seccomp.program()
    if code is None:
        raise SteerdeckError("There is no system call filter for this machine; nothing was run.")
    descendants.adopt_orphans()
    source, into = os.pipe()
    status, report = os.pipe()
    os.set_blocking(status, False)
    try:
        os.write(into, code)
        os.close(into)
        argv = bubblewrap.arguments(
            spawn.workspace,
            spawn.folder,
            _script(spawn.script, _LIMITS_INSIDE),
            toolchains=toolchains(spawn.surroundings, spawn.workspace),
            program=program,
            nested=not _forbids_nesting(program),
            filter_fd=source,
            status_fd=report,
        )
        # Killed at the wrong moment, bubblewrap leaves a half that waits for the other for ever;
        # the next runtime finds it by the marker. The command itself never sees it.
        process, pipe = _popen(argv, _with_marker(spawn.environment), "/", (source, report))
    except BaseException:
        os.close(status)
        raise
    finally:
        os.close(source)
        os.close(report)
    return _Command(process, pipe, status, "")


def _start_bare(spawn: Spawn) -> _Command:
    descendants.adopt_orphans()
    folder = bubblewrap.start_folder(spawn.workspace, spawn.folder)
    make_home(spawn.workspace)
    variables = _with_marker(spawn.environment)
    process, pipe = _popen(_script(spawn.script, _LIMITS), variables, folder, ())
    return _Command(process, pipe, None, variables[descendants.MARKER])


def _with_marker(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables, and the one that says whose command this is."""
    me = descendants.look(os.getpid())
    marker = f"{os.getpid()}-{me.born if me else 0}-{next(_numbers)}"
    return {**variables, descendants.MARKER: marker}


def _script(script: str, limits: tuple[str, ...]) -> list[str]:
    """Bash that sets limits and becomes a second bash which gets nothing but the exact script."""
    first = "".join(f"{limit} 2>/dev/null; " for limit in limits)
    first += f'exec /usr/bin/nice -n 5 {" ".join(_BASH)} "$1"'
    return [*_BASH, first, "bash", script]


def _popen(
    argv: list[str], variables: Mapping[str, str], folder: str, passed: tuple[int, ...]
) -> tuple[subprocess.Popen[bytes], int]:
    pipe, end = os.pipe()
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=end,
            stderr=end,
            env=scrub(variables),
            cwd=folder,
            start_new_session=True,
            pass_fds=passed,
        )
    except OSError as problem:
        os.close(pipe)
        raise SteerdeckError(
            f"{argv[0]} could not be started ({problem.strerror}); nothing was run."
        ) from problem
    finally:
        os.close(end)
    return process, pipe


async def _wait(
    command: _Command,
    collector: Collector,
    ended: asyncio.Event,
    stop: asyncio.Event,
    timeout_s: float,
) -> str:
    """Why the command is over: `stop`, `cap`, `timeout`, or nothing when it ended by itself."""
    loop = asyncio.get_running_loop()
    limit = loop.time() + timeout_s
    stopped, printed = asyncio.create_task(stop.wait()), asyncio.create_task(ended.wait())
    watched = {command.exited, stopped, printed}
    try:
        while True:
            pause = min(limit - loop.time(), _LOOK_EVERY_S if not command.confined else timeout_s)
            await asyncio.wait(
                watched, timeout=max(0.0, pause), return_when=asyncio.FIRST_COMPLETED
            )
            if printed.done():
                if collector.full:
                    return "cap"
                watched.discard(printed)
            if command.exited.done():
                return ""
            if stopped.done():
                return "stop"
            if loop.time() >= limit:
                return "timeout"
            command.watch()
    finally:
        stopped.cancel()
        printed.cancel()


async def _end(command: _Command, pump: Pump, ended: asyncio.Event) -> None:
    if not command.exited.done():
        command.send(signal.SIGTERM)
        await asyncio.wait({command.exited}, timeout=GRACE_S)
    if not command.exited.done():
        command.send(signal.SIGKILL)
        await command.exited
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ended.wait(), DRAIN_S)
    await command.clear()
    if not ended.is_set():
        pump.finish()
        await ended.wait()
    pump.join()
    pump.close()


async def _exit(process: subprocess.Popen[bytes]) -> None:
    """Wait until the process has ended; where pidfds exist it stays unreaped, so its id is ours."""
    try:
        watch = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        await asyncio.to_thread(process.wait)
        return
    await _readable(watch)


async def _gone(first: Seen) -> None:
    """Wait for the end of a sandbox's first process, and with it of everybody inside."""
    with contextlib.suppress(OSError):
        watch = os.pidfd_open(first.pid)
        os.kill(first.pid, signal.SIGKILL)
        await _readable(watch)
    descendants.reap([first])


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


@functools.cache
def _forbids_nesting(program: str) -> bool:
    """Whether this bubblewrap knows --disable-userns (0.8 and later)."""
    try:
        shown = subprocess.run(
            [program, "--help"], capture_output=True, env={}, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return True
    return b"--disable-userns" in shown
