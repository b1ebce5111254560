"""Finding the runtime of a home, or starting it: the one place that spawns it.

It is started in a session of its own with a cleaned environment, so that it outlives the deck, the
terminal and the login that started it, and holds no key and no `GIT_*` variable of theirs.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from steerdeck_agents.facts.errors import SettingsError, WireError
from steerdeck_agents.gate.secrets import scrub
from steerdeck_agents.journal.database import SCHEMA
from steerdeck_agents.runtime import logfile, wire
from steerdeck_agents.runtime.client import Client, shake_hands
from steerdeck_agents.runtime.handover import newer
from steerdeck_agents.settings.paths import (
    Paths,
    check_socket_folder,
    make_socket_folder,
    private_folder,
)

ANSWER_S = 15.0
"""How long a runtime may take to answer, on a machine that is very busy."""
ANSWER_LOOK_S = 0.5
START_S = 20.0
"""How long a starting runtime may take until it answers, on a slow machine."""
LOOK_S = 0.02
AGAIN_S = 0.3
ROOM_S = 1.0
"""How long an older runtime is waited for that may end at once; else it is worked with."""
RUNTIME = "steerdeck_agents.runtime.main"
"""The module a runtime runs as."""
TAKEN = 75
"""Exit status of a runtime that found another one at work: EX_TEMPFAIL of sysexits(3)."""
LOG_TAIL = 2000
_LOG_ROOM = 16 * 1024
_started: list["subprocess.Popen[bytes]"] = []
"""Runtimes this process has started: they outlive it, and are collected when they end first."""


async def attach(paths: Paths, version: str) -> Client | None:
    """A client of the running runtime; None when none answers there.

    Raises WireError when one answers that speaks another protocol, SettingsError when somebody else
    may stand behind the socket.
    """
    await asyncio.to_thread(check_socket_folder, paths)
    try:
        reader, writer = await asyncio.open_unix_connection(
            str(paths.socket), limit=2 * wire.FRAME_LIMIT
        )
    except (FileNotFoundError, ConnectionError):
        return None
    mine = wire.Hello(wire.PROTOCOL, SCHEMA, version, os.getpid())
    meeting = asyncio.create_task(shake_hands(reader, writer, mine))
    try:
        return Client(reader, writer, await _answered(meeting, behind(writer)))
    except ConnectionError:
        writer.close()
        return None
    except BaseException:
        meeting.cancel()
        writer.close()
        raise


async def _answered(meeting: "asyncio.Task[wire.Hello]", pid: int | None) -> wire.Hello:
    """The hello of the runtime, waited for as long as its process can give one."""
    loop = asyncio.get_running_loop()
    until = loop.time() + ANSWER_S
    while True:
        await asyncio.wait({meeting}, timeout=ANSWER_LOOK_S)
        if meeting.done():
            return meeting.result()
        who = f"The runtime (process {pid or 'unknown'})"
        if pid is not None and await asyncio.to_thread(suspended, pid):
            raise WireError(
                f"{who} is suspended, so it does not answer. `kill -CONT {pid}` lets it go on;"
                " `steerdeck runtime stop` ends it, and its sessions come back with the next one."
            )
        if loop.time() > until:
            raise WireError(
                f"{who} does not answer. Look at `steerdeck runtime log`; `steerdeck runtime stop`"
                " ends it, and its sessions come back with the next one."
            )


def behind(writer: asyncio.StreamWriter) -> int | None:
    """The process that listens at the other end, also when it says nothing; None if not known."""
    option = getattr(socket, "SO_PEERCRED", None)
    peer = writer.get_extra_info("socket")
    if option is None or peer is None:
        return None
    pid, _, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, option, 12))
    return int(pid) or None


def suspended(pid: int) -> bool:
    """Whether a process was stopped by a signal: proc(5), third field of stat."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in ("T", "t")
    except OSError:
        return False


async def ensure(paths: Paths, version: str, environ: Mapping[str, str]) -> Client:
    """A client of the home's runtime, which is started when none answers.

    Raises WireError with what its log says of it when it does not come up.
    """
    client = await attach(paths, version)
    if client is not None and not (
        newer(version, client.hello.version) and await _makes_room(client)
    ):
        return client
    await asyncio.to_thread(logfile.turn_over, paths.log)
    told = await asyncio.to_thread(log_of, paths)
    before = told.stat().st_size if told.exists() else 0
    child = await asyncio.to_thread(spawn, paths, environ)
    loop = asyncio.get_running_loop()
    until = loop.time() + START_S
    while loop.time() < until:
        client = await attach(paths, version)
        if client is not None:
            return client
        # Another deck may have started one at the same moment: then ours ends and theirs answers.
        # Or the one before is still on its way out: then another try is made when ours has ended.
        match child.poll():
            case None:
                await asyncio.sleep(LOOK_S)
            case code if code == TAKEN:
                await asyncio.sleep(AGAIN_S)
                child = await asyncio.to_thread(spawn, paths, environ)
            case _:
                break
    raise WireError(await asyncio.to_thread(_why, told, before))


async def _makes_room(client: Client) -> bool:
    """Whether the runtime ends right away for this newer version; it is let go of then."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ROOM_S):
            await client.ended()
            await client.close()
            return True
    return False


def log_of(paths: Paths) -> Path:
    """Where a runtime that is started now writes its log.

    Beside its socket where its own place is read-only or full: it must be able to say so.
    """
    with contextlib.suppress(SettingsError, OSError):
        private_folder(paths.log.parent)
        with paths.log.open("ab"):
            if shutil.disk_usage(paths.log.parent).free >= _LOG_ROOM:
                return paths.log
    return make_socket_folder(paths) / paths.log.name


def spawn(paths: Paths, environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a runtime for this home and return at once; WireError when its program is gone."""
    clean = {
        name: value
        for name, value in scrub(environ).items()
        if not name.startswith(("GIT_", "OPENAI_"))
    }
    return _start(RUNTIME, paths, clean)


def processes(paths: Paths) -> list[int]:
    """Every runtime of this home there is, one that does not listen yet or any more too.

    A process is one when it was started as `spawn` does it, by this user; none where there is no
    /proc. Blocks a little.
    """
    told = [os.fsencode(word) for word in ("-m", RUNTIME, *map(str, _folders(paths)))]
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (entry / "cmdline").read_bytes().split(b"\0")
            if line[1:-1] == told and entry.stat().st_uid == paths.uid:
                found.append(int(entry.name))
    return found


def _folders(paths: Paths) -> tuple[Path, ...]:
    return (paths.data, paths.config, paths.cache, paths.state)


def _start(module: str, paths: Paths, environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    _started[:] = [child for child in _started if child.poll() is None]
    with log_of(paths).open("ab") as log:
        try:
            child = subprocess.Popen(
                [sys.executable, "-m", module, *map(str, _folders(paths))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=environ,
                start_new_session=True,
            )
        except OSError as error:
            raise WireError(
                f"No runtime can be started: {sys.executable} {error.strerror}. The program was"
                " removed or moved; install Steerdeck again and start it anew."
            ) from error
    _started.append(child)
    return child


def leave_beside(module: str, paths: Paths, environ: Mapping[str, str]) -> None:
    """Start a module as a process that lives beside the runtime of this home, with its folders.

    Its environment is that and nothing else. WireError when the program is gone.
    """
    _start(module, paths, environ)


_NOTHING = "nothing; the disk may be full or over its quota, so make room and try again."


def _why(log: Path, before: int) -> str:
    """Why a runtime did not come up: the error it logged, else all it wrote since `before`."""
    if not log.exists():
        return f"The runtime did not come up, and there is no log at {log}."
    with log.open("rb") as file:
        file.seek(max(before, log.stat().st_size - LOG_TAIL))
        written = file.read().decode("utf-8", "replace").strip()
    errors = [line.partition(" ERROR ")[2] for line in written.splitlines() if " ERROR " in line]
    if errors:
        return f"The runtime did not come up: {errors[-1]}"
    return f"The runtime did not come up. What its log, {log}, says of it:\n{written or _NOTHING}"
