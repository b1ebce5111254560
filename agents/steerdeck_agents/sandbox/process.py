"""The one place that starts a command for a model: confined, limited, and ended whole.

When a call is over, whatever the reason, nothing of it is left running. Bubblewrap is started with
the command's own clean environment, because `/proc/1/environ` inside the sandbox shows it.
"""

import asyncio
import contextlib
import functools
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from steerdeck_agents.facts.errors import BadArguments, SteerdeckError
from steerdeck_agents.gate.secrets import scrub
from steerdeck_agents.sandbox import (
    appetite,
    bubblewrap,
    descendants,
    guarded,
    hosts,
    put_back,
    seatbelt,
    seccomp,
)
from steerdeck_agents.sandbox.background import OF_COMMANDS, stand_back
from steerdeck_agents.sandbox.command import AT_ONCE, MOST_TASKS, Command, Reason
from steerdeck_agents.sandbox.descendants import Seen
from steerdeck_agents.sandbox.environment import environment, make_home
from steerdeck_agents.sandbox.footing import footing, standing
from steerdeck_agents.sandbox.output import CAP, Collector
from steerdeck_agents.sandbox.spawn import Finished, Spawn
from steerdeck_agents.sandbox.toolchains import toolchains
from steerdeck_agents.sandbox.wires import Size, Wires, Wiring

__all__ = ["Finished", "Spawn", "environment", "run"]

NSENTER = "/usr/bin/nsenter"
_BASH = ("/bin/bash", "--noprofile", "--norc", "-c")
_LIMITS = (
    "ulimit -c 0 2>/dev/null",
    "ulimit -n 4096 2>/dev/null",
    f"ulimit -f {appetite.FILE_BLOCKS} 2>/dev/null",
    # When memory runs out, the system shall end the command and not the runtime.
    "{ echo 500 >/proc/self/oom_score_adj; } 2>/dev/null",
    # Where the kernel shares out time by session (sched(7), autogroup), nice alone does nothing
    # for the runtime: a fork bomb kept its loop waiting for 0.8 s, and so for 15 ms.
    f"{{ echo {OF_COMMANDS} >/proc/self/autogroup; }} 2>/dev/null",
)
_LIMITS_INSIDE = (*_LIMITS, f"ulimit -u {MOST_TASKS} 2>/dev/null")
"""Processes are counted per user: only in a user namespace of its own that is this command."""
_LET_GO_S = 5.0
"""For a held program to end by itself."""
_LONGEST_ARGUMENT = 128 * 1024
"""MAX_ARG_STRLEN of execve(2), with its closing NUL."""
_numbers = itertools.count(1)


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
    command = start(
        spawn, Collector(spool, cap=cap, allowed=spawn.allowed), on_output, program=program
    )
    reason: Reason = ""
    try:
        reason = await command.over(stop, spawn.timeout_s)
    finally:
        await asyncio.shield(asyncio.create_task(command.end(at_once=reason in AT_ONCE)))
    return finished(command, reason, loop.time() - began)


def finished(command: Command, reason: Reason, duration_s: float) -> Finished:
    """How it ended; raises SteerdeckError when the sandbox was not set up and nothing ran."""
    code, collector = command.code, command.collector
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
        crowded=reason == "crowd",
        memory=reason == "memory",
        duration_ms=round(duration_s * 1000),
        head_tail=collector.head_tail(),
        total=collector.total,
        spool=command.spool,
        problem=" ".join(filter(None, (collector.problem, command.problem))),
    )


def start(
    spawn: Spawn,
    collector: Collector,
    on_output: Callable[[str], None],
    *,
    wiring: Wiring = "closed",
    size: Size | None = None,
    program: str = bubblewrap.PROGRAM,
) -> Command:
    """Start a command; whoever does has to wait for `over` and then `end` it.

    Raises BadArguments when it can't be started as written, SteerdeckError for any other reason.
    """
    try:
        length = len(spawn.script.encode())
    except UnicodeEncodeError as problem:
        raise BadArguments("This command holds broken characters; nothing was run.") from problem
    if "\0" in spawn.script or length >= _LONGEST_ARGUMENT:
        raise BadArguments(
            "This command can't be started: it holds a NUL or is longer than 128 KiB; "
            "write it to a file and run that."
        )
    descendants.adopt_orphans()
    wires = Wires(wiring, size or Size())
    try:
        return _start(spawn, wires, collector, on_output, program)
    except BaseException:
        wires.drop()
        raise
    finally:
        wires.handed_over()


def _start(
    spawn: Spawn,
    wires: Wires,
    collector: Collector,
    on_output: Callable[[str], None],
    program: str,
) -> Command:
    top = Path(spawn.workspace.path)
    after: Callable[[], str]
    match spawn.level.name:
        case "bubblewrap":
            hold = guarded.Hold(top)
            after = hold.release
        case "landlock" | "seatbelt" | "none":
            after = functools.partial(put_back.release, top, put_back.keep(top))
    try:
        status, marker = None, ""
        place = bubblewrap.start_folder(spawn.workspace, spawn.folder)
        with footing(spawn, wires, place) as opened:
            match spawn.level.name:
                case "bubblewrap":
                    child, status = _start_confined(spawn, wires, program, hold.paths, opened)
                case "landlock" | "seatbelt" | "none":
                    child, marker = _start_beside(spawn, wires, place, opened)
        return Command(
            child,
            wires,
            collector,
            on_output,
            status=status,
            marker=marker,
            most_memory=spawn.memory,
            after=after,
        )
    except BaseException:
        after()
        raise


class Held(NamedTuple):
    """A program that serves by being there; it ends when `leash` is closed."""

    process: "subprocess.Popen[bytes]"
    leash: int
    """Its input."""
    answers: int
    """Its output."""


def hold(argv: list[str], passed: tuple[int, ...]) -> Held:
    """Start a program of the system that lives as long as its input is open."""
    source, leash = os.pipe()
    answers, into = os.pipe()
    try:
        process = _popen(argv, _with_marker({}), "/", (source, into), passed)
    except BaseException:
        os.close(leash)
        os.close(answers)
        raise
    finally:
        os.close(source)
        os.close(into)
    return Held(process, leash, answers)


async def let_go(held: Held) -> None:
    """End such a program, and see to it that it is gone."""
    os.close(held.leash)
    os.close(held.answers)
    try:
        # Not `wait_for`, which can lose a cancellation to an end of that moment.
        async with asyncio.timeout(_LET_GO_S):
            await asyncio.to_thread(held.process.wait)
    except TimeoutError:
        with contextlib.suppress(OSError):
            held.process.kill()
        held.process.wait()


def _start_confined(
    spawn: Spawn, wires: Wires, program: str, held: list[str], opened: int
) -> tuple["subprocess.Popen[bytes]", int]:
    """The process, and where it reports."""
    code = seccomp.program()
    if code is None:
        raise SteerdeckError("There is no system call filter for this machine; nothing was run.")
    source, into = os.pipe()
    status, report = os.pipe()
    os.set_blocking(status, False)
    try:
        os.write(into, code)
        os.close(into)
        # The terminal must rule the command alone: bubblewrap itself would die of a Ctrl-C.
        terminal = ["/usr/bin/setsid", "--ctty"] if wires.tty else []
        argv = bubblewrap.arguments(
            spawn.workspace,
            spawn.folder,
            [*terminal, *_script(spawn.script, (*standing(opened), *_LIMITS_INSIDE))],
            toolchains=toolchains(spawn.surroundings, spawn.workspace),
            program=program,
            nested=not _forbids_nesting(program),
            filter_fd=source,
            status_fd=report,
            held=held,
            memory=spawn.memory // 4,
            reach="machine" if spawn.network else "own" if spawn.loopback is None else "joined",
        )
        if spawn.loopback is not None and not spawn.network:
            argv = [*enter(spawn.loopback), *argv]
        # Killed at the wrong moment, bubblewrap leaves a half that waits for the other for ever;
        # the next runtime finds it by the marker. The command itself never sees it.
        given = _with_marker({**spawn.environment, **(hosts.VARIABLES if spawn.hosts else {})})
        ends = (wires.stdin, wires.stdout)
        return _popen(argv, given, "/", ends, (source, report, opened)), status
    except BaseException:
        os.close(status)
        raise
    finally:
        os.close(source)
        os.close(report)


def _start_beside(
    spawn: Spawn, wires: Wires, place: str, opened: int
) -> tuple["subprocess.Popen[bytes]", str]:
    """Among the processes of the machine: the process, and the marker of all who come of it."""
    if spawn.level.name == "none" and spawn.workspace.links:
        raise SteerdeckError(
            f"This workspace shares {', '.join(spawn.workspace.links)} with you, and without a "
            "sandbox a command could change that; nothing was run. Start a new session, which gets "
            "copies, or see `steerdeck doctor` for a sandbox."
        )
    folder = f"/proc/self/fd/{opened}" if sys.platform == "linux" else place
    home = make_home(spawn.workspace, temporary="TMPDIR" in spawn.environment)
    variables = _with_marker(spawn.environment)
    argv = _script(spawn.script, _LIMITS, wires.tty)
    ends = (wires.stdin, wires.stdout)
    match spawn.level.name:
        case "landlock":
            from steerdeck_agents.sandbox import landlock  # loads a library, as `adopt_orphans`

            allowed = landlock.grounds(
                spawn.workspace,
                home,
                toolchains=toolchains(spawn.surroundings, spawn.workspace),
                tty=wires.tty,
                network=spawn.network,
            )
            child = landlock.started(lambda: _popen(argv, variables, folder, ends, ()), allowed)
            _make_humble(child.pid)
        case "seatbelt":
            shown = toolchains(spawn.surroundings, spawn.workspace)
            confined = seatbelt.arguments(spawn.workspace, home, shown, network=spawn.network)
            child = _popen([*confined, *argv], variables, folder, ends, ())
        case _:
            child = _popen(argv, variables, folder, ends, ())
    # Not for bubblewrap: that starts the command in another session, and the kernel would not take
    # the wish of that one so soon after this.
    stand_back(child.pid, OF_COMMANDS)
    return child, variables[descendants.MARKER]


def _make_humble(pid: int) -> None:
    """Set what a command can't write itself where /proc is read-only to it (see `_LIMITS`)."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("500")


def enter(holder: Seen) -> list[str]:
    """What to put before an argv to have it in the holder's user and network namespace."""
    now = descendants.look(holder.pid)
    if now is None or now.born != holder.born or now.state == "Z":
        raise SteerdeckError("The loopback of this session is gone; nothing was run.")
    target = ["--target", str(holder.pid), "--user", "--net", "--preserve-credentials"]
    return [NSENTER, *target, "--"]


def _with_marker(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables, and the one that says whose command this is."""
    me = descendants.look(os.getpid())
    marker = f"{os.getpid()}-{me.born if me else 0}-{next(_numbers)}"
    return {**variables, descendants.MARKER: marker}


def _script(script: str, limits: tuple[str, ...], tty: str = "") -> list[str]:
    """Bash that sets limits and becomes a second bash which gets nothing but the exact script.

    As the leader of a session it makes `tty` its terminal by opening it.
    """
    first = 'exec <>"$2" >&0 2>&0; ' if tty else ""
    first += "".join(f"{limit}; " for limit in limits)
    first += f'exec /usr/bin/nice -n 5 {" ".join(_BASH)} "$1"'
    return [*_BASH, first, "bash", script, *([tty] if tty else [])]


def _popen(
    argv: list[str],
    variables: Mapping[str, str],
    folder: str,
    ends: tuple[int, int],
    passed: tuple[int, ...],
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            argv,
            stdin=ends[0],
            stdout=ends[1],
            stderr=ends[1],
            env=scrub(variables),
            cwd=folder,
            start_new_session=True,
            pass_fds=passed,
        )
    except OSError as problem:
        raise SteerdeckError(
            f"{argv[0]} could not be started ({problem.strerror}); nothing was run."
        ) from problem


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
