"""Which TCP ports processes listen on, from /proc (proc_pid_net(5)); nothing where there is none.

A socket belongs to whoever has it open, so the table of a process's network namespace is matched
with its open files: the namespace may be that of the machine, or shared with other commands.
"""

import contextlib
from collections.abc import Collection
from pathlib import Path

_PROC = Path("/proc")
_LISTEN = "0A"


def ports(pids: Collection[int]) -> tuple[int, ...]:
    """The ports these processes listen on, sorted."""
    tables: dict[str, dict[str, int]] = {}
    found: set[int] = set()
    for pid in pids:
        try:
            network = str((_PROC / str(pid) / "ns/net").readlink())
        except OSError:
            continue
        if network not in tables:
            tables[network] = _table(pid)
        if table := tables[network]:
            found.update(table[link] for link in _sockets(pid) if link in table)
    return tuple(sorted(found))


def _table(pid: int) -> dict[str, int]:
    """Port by socket, as the links in /proc/PID/fd name it."""
    found: dict[str, int] = {}
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in (_PROC / str(pid) / "net" / name).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN:
                    found[f"socket:[{fields[9]}]"] = int(fields[1].rpartition(":")[2], 16)
    return found


def _sockets(pid: int) -> set[str]:
    found: set[str] = set()
    with contextlib.suppress(OSError):
        for link in (_PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(link.readlink()))
    return found
