"""How far commands are really held back, found by trying to escape, never by looking for a binary.

The probe runs through the same spawner and the same arguments as every command, so what holds for
it holds for them. One escape that works, and the level is `none` with the reason.
"""

import asyncio
import contextlib
import json
import os
import platform
import shlex
import socket
import sys
import tempfile
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox import bubblewrap, seccomp
from steerdeck_agents.sandbox.process import Spawn, environment, run

_HOLDS = Level(name="bubblewrap", files=True, network=True, processes=True)
_ATTEMPTS = """
import ctypes, json, os, socket, sys
canary, outside, unix, port, processes = sys.argv[1:]
def escapes(attempt):
    try:
        return bool(attempt())
    except OSError:
        return False
def write():
    with open(outside, "w") as file:
        return file.write("escaped") and False
def connect(family, address):
    with socket.socket(family) as it:
        it.settimeout(2)
        it.connect(address)
    return True
def nest():
    return ctypes.CDLL(None, use_errno=True).unshare(0x10000000) == 0
print(json.dumps({
    "ran": True,
    "wrote": escapes(write),
    "system": not os.statvfs("/usr").f_flag & os.ST_RDONLY,
    "read": escapes(lambda: open(canary).read()),
    "tcp": escapes(lambda: connect(socket.AF_INET, ("127.0.0.1", int(port)))),
    "unix": escapes(lambda: socket.socket(socket.AF_UNIX)) or escapes(lambda: connect(1, unix)),
    "processes": os.readlink("/proc/self/ns/pid") == processes,
    "nested": escapes(nest),
}))
"""


class _Tried(msgspec.Struct, frozen=True):
    """Which escapes worked."""

    ran: bool
    wrote: bool
    system: bool
    read: bool
    tcp: bool
    unix: bool
    processes: bool
    nested: bool


async def probe(program: str = bubblewrap.PROGRAM) -> Level:
    """The level commands get here; takes about 0.1 s, so ask once per process."""
    if sys.platform != "linux":
        return Level(why=f"there is no sandbox for {sys.platform} yet; run it on Linux.")
    if not Path(program).is_file():
        return Level(
            why="bubblewrap is not installed; install it (apt, dnf or pacman install bubblewrap) "
            "and start again."
        )
    if seccomp.program() is None:
        return Level(why=f"there is no system call filter for {platform.machine()} yet.")
    try:
        with tempfile.TemporaryDirectory(prefix="steerdeck-probe-") as folder:
            return await _attempt(Path(folder), program)
    except SteerdeckError as problem:
        return Level(why=_way_out(str(problem)))
    except OSError as problem:
        return Level(why=f"the sandbox could not be tried ({problem}); free some space and retry.")


async def _attempt(folder: Path, program: str) -> Level:
    top, canary, outside = folder / "workspace", folder / "canary", folder / "outside"
    top.mkdir()
    canary.write_text("a secret of the developer")
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        _bind(unix, top)
        unix.listen()
        given = [str(canary), str(outside), str(top / "s"), str(tcp.getsockname()[1])]
        given.append(str(Path("/proc/self/ns/pid").readlink()))
        workspace = Workspace(path=str(top), repository="", branch="", base="")
        spawn = Spawn(
            script=shlex.join([sys.executable, "-I", "-S", "-c", _ATTEMPTS, *given]),
            workspace=workspace,
            environment=environment(Surroundings(), workspace, _HOLDS),
            level=_HOLDS,
            timeout_s=20,
        )
        finished = await run(
            spawn,
            on_output=lambda _: None,
            stop=asyncio.Event(),
            spool=folder / "spool",
            program=program,
        )
    tried = None
    with contextlib.suppress(msgspec.DecodeError, json.JSONDecodeError):
        tried = msgspec.json.decode(finished.head_tail, type=_Tried)
    if tried is None:
        return Level(why=_way_out(finished.head_tail))
    return _judge(tried, wrote=outside.exists())


def _bind(unix: socket.socket, folder: Path) -> None:
    """Bind to `s` in a folder whose path may be longer than the address of a socket can be."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        unix.bind(f"/proc/self/fd/{descriptor}/s")
    finally:
        os.close(descriptor)


def _judge(tried: _Tried, *, wrote: bool) -> Level:
    worked = {
        "wrote a file outside the workspace": wrote or tried.wrote or tried.system,
        "read a file outside the workspace": tried.read,
        "reached a port of this machine": tried.tcp,
        "opened a Unix socket": tried.unix,
        "saw the processes outside": tried.processes,
        "made a user namespace of its own": tried.nested,
    }
    found = [what for what, did in worked.items() if did]
    if found:
        return Level(
            why=f"bubblewrap runs here but a command {', '.join(found)}; it is not relied on. "
            "Install bubblewrap 0.8 or later."
        )
    return _HOLDS


def _way_out(said: str) -> str:
    """What bubblewrap said, in a sentence with the way out."""
    quoted = " ".join(said.split())[:300]
    refused = ("Operation not permitted", "Permission denied", "No permissions", "RTM_NEWADDR")
    if not any(word in said for word in refused):
        return f"bubblewrap did not work ({quoted}); try `bwrap --ro-bind / / true` to see why."
    if _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return (
            "Ubuntu's AppArmor refuses bubblewrap its namespaces; install the package "
            "apparmor-profiles and enable the profile bwrap-userns-restrict, or ask your "
            "administrator to."
        )
    if "0" in (_setting("kernel/unprivileged_userns_clone"), _setting("user/max_user_namespaces")):
        return (
            "this system forbids user namespaces; set kernel.unprivileged_userns_clone=1 and "
            "user.max_user_namespaces above 0 with sysctl, or ask your administrator to."
        )
    return (
        f"the system refuses bubblewrap its namespaces ({quoted}); in a container, allow them "
        "(docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined)."
    )


def _setting(name: str) -> str:
    try:
        return (Path("/proc/sys") / name).read_text().strip()
    except OSError:
        return ""
