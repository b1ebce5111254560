"""Finding the runtime of a home, or starting it: the one place that spawns it.

It is started in a session of its own with a cleaned environment, so that it outlives the deck, the
terminal and the login that started it, and holds no key and no `GIT_*` variable of theirs.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.gate.secrets import scrub
from steerdeck_agents.journal.database import SCHEMA
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client, shake_hands
from steerdeck_agents.settings.paths import Paths, check_socket_folder, private_folder

START_S = 20.0
"""How long a starting runtime may take until it answers, on a slow machine."""
LOOK_S = 0.02
TAKEN = 75
"""Exit status of a runtime that found another one at work: EX_TEMPFAIL of sysexits(3)."""
LOG_TAIL = 2000
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
    try:
        hello = await shake_hands(reader, writer, mine)
    except ConnectionError:
        writer.close()
        return None
    except WireError:
        writer.close()
        raise
    return Client(reader, writer, hello)


async def ensure(paths: Paths, version: str, environ: Mapping[str, str]) -> Client:
    """A client of the home's runtime, which is started when none answers.

    Raises WireError with what its log says of it when it does not come up.
    """
    client = await attach(paths, version)
    if client is not None:
        return client
    before = paths.log.stat().st_size if paths.log.exists() else 0
    child = await asyncio.to_thread(spawn, paths, environ)
    loop = asyncio.get_running_loop()
    until = loop.time() + START_S
    while loop.time() < until:
        client = await attach(paths, version)
        if client is not None:
            return client
        # Another deck may have started one at the same moment: then ours ends and theirs answers.
        if child.poll() not in (None, TAKEN):
            break
        await asyncio.sleep(LOOK_S)
    raise WireError(await asyncio.to_thread(_why, paths.log, before))


def spawn(paths: Paths, environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a runtime for this home and return at once."""
    private_folder(paths.log.parent)
    clean = {
        name: value
        for name, value in scrub(environ).items()
        if not name.startswith(("GIT_", "OPENAI_"))
    }
    folders = (paths.data, paths.config, paths.cache, paths.state)
    _started[:] = [child for child in _started if child.poll() is None]
    with paths.log.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "steerdeck_agents.runtime.main", *map(str, folders)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=clean,
            start_new_session=True,
        )
    _started.append(child)
    return child


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
    return f"The runtime did not come up. What its log, {log}, says of it:\n{written or 'nothing'}"
