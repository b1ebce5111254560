"""The escapes a sandbox is tried with: what each would do, and what it would mean if it worked.

The script runs inside, through the same spawner as every command; what it says is not taken on
trust where the outside can look for itself (a file, a message that has come, a changed mode).
"""

import contextlib
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from steerdeck_agents.sandbox import descendants

Part = Literal["files", "network", "processes", "besides"]
"""What is claimed no more when it works; `besides` is said, and claimed by nobody."""


class Escape(NamedTuple):
    """One thing a command must not be able to do."""

    name: str
    part: Part
    would: str
    did: str


ESCAPES = (
    Escape("write", "files", "write a file outside the workspace",
           "wrote a file outside the workspace"),
    Escape("truncate", "files", "empty a file outside the workspace",
           "emptied a file outside the workspace"),
    Escape("system", "files", "write below /usr", "could write below /usr"),
    Escape("read", "files", "read a file outside the workspace",
           "read a file outside the workspace"),
    Escape("mode", "besides", "change the mode of a file outside",
           "changed the mode of a file outside"),
    Escape("tcp", "network", "reach a port of this machine", "reached a port of this machine"),
    Escape("udp", "network", "send a datagram", "sent a datagram"),
    Escape("unix", "network", "open a Unix socket", "opened a Unix socket"),
    Escape("abstract", "network", "reach an abstract Unix socket",
           "reached an abstract Unix socket"),
    Escape("seen", "processes", "see the processes outside", "saw the processes outside"),
    Escape("signal", "processes", "signal a process outside", "signalled a process outside"),
    Escape("environ", "processes", "read the variables of a process outside",
           "read the variables of a process outside"),
    Escape("nested", "processes", "make a user namespace of its own",
           "made a user namespace of its own"),
    Escape("keyring", "besides", "use the kernel's keyrings", "used the kernel's keyrings"),
    Escape("uring", "besides", "use io_uring", "used io_uring"),
)  # fmt: skip

SCRIPT = """
import ctypes, json, os, socket, sys
folder, unix, abstract, port, datagrams, pid, born, space = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
def escapes(attempt):
    try:
        return bool(attempt())
    except OSError:
        return False
def write():
    with open(folder + "/outside", "w") as file:
        return file.write("escaped") and False
def connect(family, address):
    with socket.socket(family) as it:
        it.settimeout(2)
        it.connect(address)
    return True
def send():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as it:
        it.sendto(b"escaped", ("127.0.0.1", int(datagrams)))
def system():
    path = "/usr/.steerdeck-probe-" + abstract
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    os.unlink(path)
    return True
def seen():
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[19] == born
def same():
    return sys.platform != "linux" or os.readlink("/proc/self/ns/pid") == space
def signal():
    os.kill(int(pid), 0)
    return same()
def environ():
    with open(f"/proc/{pid}/environ") as file:
        return same() and file.read(1)
machine = os.uname().machine
keyctl = {"x86_64": 250, "aarch64": 219}.get(machine, -1)
tried = {
    "write": escapes(write),
    "truncate": escapes(lambda: os.truncate(folder + "/full", 0)),
    "system": escapes(system),
    "read": escapes(lambda: open(folder + "/canary").read()),
    "mode": escapes(lambda: os.chmod(folder + "/full", 0o777)),
    "tcp": escapes(lambda: connect(socket.AF_INET, ("127.0.0.1", int(port)))),
    "udp": escapes(send),
    "unix": escapes(lambda: socket.socket(socket.AF_UNIX)) or escapes(lambda: connect(1, unix)),
    "abstract": escapes(lambda: connect(1, b"\\0" + abstract.encode())),
    "seen": escapes(seen),
    "signal": escapes(signal),
    "environ": escapes(environ),
    "keyring": libc.syscall(keyctl, 0, -3, 0) >= 0,
    "uring": libc.syscall(425, 1, ctypes.create_string_buffer(120)) >= 0,
    "nested": escapes(lambda: libc.unshare(0x10000000) == 0),
}
print(json.dumps(tried))
"""
"""Prints which of `ESCAPES` worked; `nested` is last, since it would change who tries the rest."""


class Targets:
    """What is outside for the escapes to reach, and whether they did."""

    def __init__(self, folder: Path, top: Path) -> None:
        """`top` is the workspace, where a socket file lies that could be reached."""
        self._folder = folder
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._unix = socket.socket(socket.AF_UNIX)
        self._abstract = socket.socket(socket.AF_UNIX)
        self._name = f"steerdeck-probe-{os.getpid()}-{folder.name}"
        (folder / "canary").write_text("a secret of the developer")
        (folder / "full").write_text("full")
        (folder / "full").chmod(0o600)
        self._udp.bind(("127.0.0.1", 0))
        self._udp.setblocking(False)
        _bind(self._unix, top)
        self._unix.listen()
        with contextlib.suppress(OSError):  # there are none outside Linux
            self._abstract.bind(b"\0" + self._name.encode())
            self._abstract.listen()
        self._given = [str(folder), str(top / "s"), self._name]

    def arguments(self) -> list[str]:
        """What the script needs to know."""
        me = descendants.look(os.getpid())
        given = [*self._given, str(self._tcp.getsockname()[1]), str(self._udp.getsockname()[1])]
        space = Path("/proc/self/ns/pid")
        return [
            *given, str(os.getpid()), str(me.born if me else 0),
            str(space.readlink()) if space.exists() else "",
        ]  # fmt: skip

    def reached(self) -> frozenset[str]:
        """The escapes whose effect is there to be seen."""
        found = set()
        full = self._folder / "full"
        if (self._folder / "outside").exists():
            found.add("write")
        if full.read_text() != "full":
            found.add("truncate")
        if stat.S_IMODE(full.stat().st_mode) != 0o600:
            found.add("mode")
        with contextlib.suppress(BlockingIOError):
            found.add("udp" if self._udp.recv(64) else "")
        return frozenset(found)

    def close(self) -> None:
        for one in (self._tcp, self._udp, self._unix, self._abstract):
            one.close()


@contextlib.contextmanager
def targets(folder: Path, top: Path) -> Iterator[Targets]:
    """Targets that are there meanwhile."""
    made = Targets(folder, top)
    try:
        yield made
    finally:
        made.close()


def said(text: str) -> frozenset[str] | None:
    """The escapes that worked, as the script tells; None when it told nothing whole."""
    try:
        told = msgspec.json.decode(text, type=dict[str, bool])
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    if told.keys() != {escape.name for escape in ESCAPES}:
        return None
    return frozenset(name for name, worked in told.items() if worked)


def _bind(unix: socket.socket, folder: Path) -> None:
    """Bind to `s` in a folder whose path may be longer than the address of a socket can be."""
    if not Path("/proc/self/fd").is_dir():
        with contextlib.suppress(OSError):
            unix.bind(str(folder / "s"))
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        unix.bind(f"/proc/self/fd/{descriptor}/s")
    finally:
        os.close(descriptor)
