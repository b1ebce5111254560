"""The kept process as others see it: whether it is there, how large it is; left behind, ended."""

import os
import select
import signal
import socket
from collections.abc import Mapping
from pathlib import Path

import msgspec

from steerdeck.warm import papers
from steerdeck_agents.runtime import lifecycle
from steerdeck_agents.settings.paths import Paths, check_socket_folder

MODULE = "steerdeck.warm.kept"
ENDS_S = 5.0


class Kept(msgspec.Struct, frozen=True):
    """One that listens."""

    pid: int
    bytes: int
    """Memory that is its own: shared pages by their share (PSS); 0 where that is not told."""
    age_s: float
    """For how long it runs; 0 where that is not told."""


def found(where: Paths) -> Kept | None:
    """The one that listens for this home; None when there is none. Blocks a little."""
    pid = _pid(where)
    return None if pid is None else Kept(pid, _memory(pid), _age_s(pid))


def leave(where: Paths, environ: Mapping[str, str]) -> None:
    """Leave one behind unless there is one, or this system can have none. Blocks a little.

    Of the environment it is told where programs lie and how they are loaded, and nothing else.
    """
    if papers.possible() and _pid(where) is None:
        shapes = ("LC_", *papers.SHAPES)
        told = {
            name: value
            for name, value in environ.items()
            if name in ("PATH", "HOME", "LANG") or name.startswith(shapes)
        }
        lifecycle.leave_beside(MODULE, where, told)


def end(where: Paths) -> int | None:
    """End it, if it is there, and wait for that; its process. Blocks."""
    pid = _pid(where)
    if pid is None:
        return None
    try:
        held = os.pidfd_open(pid)
    except OSError:
        return pid
    try:
        signal.pidfd_send_signal(held, signal.SIGTERM)
        signal.pidfd_send_signal(held, signal.SIGCONT)
        # Readable when it has ended, whoever has to collect it.
        select.select([held], [], [], ENDS_S)
    except ProcessLookupError:
        return pid
    finally:
        os.close(held)
    return pid


def _pid(where: Paths) -> int | None:
    if not papers.possible():
        return None
    check_socket_folder(where)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(where.warm_socket))
        except OSError:
            return None
        pid, uid = papers.peer(probe)
    return pid if uid == os.getuid() else None


def _age_s(pid: int) -> float:
    """proc(5): field 22 of stat, in clock ticks since boot, and uptime."""
    try:
        born = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        now_s = float(Path("/proc/uptime").read_text().split()[0])
    except OSError:
        return 0.0
    return max(0.0, now_s - int(born) / os.sysconf("SC_CLK_TCK"))


def _memory(pid: int) -> int:
    """proc(5), smaps_rollup."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    told = [line.split()[1] for line in lines if line.startswith("Pss:")]
    return int(told[0]) * 1024 if told else 0
