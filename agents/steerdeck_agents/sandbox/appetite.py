"""How much memory commands take, measured: limits on address space break node, Go and Java.

What counts is memory of their own. The quick look (/proc/PID/statm) leaves out files, which all
share, but counts what forked processes still have in common once for each; so who is above the
limit by it is looked at closely (`Pss_Anon` of /proc/PID/smaps_rollup, proc_pid_smaps(5)).
"""

import functools
import mmap
from collections.abc import Collection
from pathlib import Path

_PROC = Path("/proc")
GIBIBYTE = 1024**3
FILE_BLOCKS = 8 * GIBIBYTE // 1024
"""The longest file a command may write, as `ulimit -f` counts."""


@functools.cache
def physical() -> int:
    """Bytes of memory this machine has; 0 where the system does not tell."""
    return _meminfo("MemTotal")


def available() -> int:
    """Bytes that could be had without swapping, in one cheap look."""
    return _meminfo("MemAvailable")


def most() -> int:
    """Bytes one command may take: half of the machine, at least 4 GiB where there is that much."""
    return min(max(physical() // 2, 4 * GIBIBYTE), physical() * 9 // 10)


def takes_more(pids: Collection[int], most: int) -> bool:
    """Whether these processes together have more bytes for themselves."""
    return sum(map(_quickly, pids)) > most and sum(map(_closely, pids)) > most


def _quickly(pid: int) -> int:
    try:
        fields = (_PROC / str(pid) / "statm").read_text().split()
        return (int(fields[1]) - int(fields[2])) * mmap.PAGESIZE
    except (OSError, ValueError, IndexError):
        return 0


def _closely(pid: int) -> int:
    try:
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss_Anon:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return _quickly(pid)
    return _quickly(pid)


def _meminfo(name: str) -> int:
    try:
        for line in (_PROC / "meminfo").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return 0
    return 0
