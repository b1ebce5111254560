"""Finding and ending every process of a call, also those that left its group or their parent.

Inside bubblewrap the process namespace does this. Without it, this process adopts orphans (Linux:
PR_SET_CHILD_SUBREAPER) and recognises them by session, by having been seen before, or by a marker
in their environment. A process that clears its environment and hides between two looks escapes;
that is one of the things NO SANDBOX means.
"""

import contextlib
import functools
import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

MARKER = "STEERDECK_COMMAND"
"""Variable of bubblewrap and of unconfined commands: `<pid of the runtime>-<start>-<number>`."""
_PROC = Path("/proc")
_SUBREAPER = 36


class Seen(NamedTuple):
    """One process as /proc/PID/stat shows it (proc_pid_stat(5))."""

    pid: int
    state: str
    parent: int
    group: int
    session: int
    born: int
    """Clock ticks since boot; with the pid it names a process for good."""


@functools.cache
def adopt_orphans() -> bool:
    """Become the parent of orphaned descendants; False where the system can't."""
    import ctypes  # loads a shared library, which only a runtime that spawns needs

    try:
        return bool(ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0) == 0)
    except (AttributeError, OSError):
        return False


def look(pid: int) -> Seen | None:
    """What a process is now; None when it is gone or the system has no /proc."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except (OSError, ValueError):
        return None
    fields = text[text.rindex(")") + 2 :].split()
    parent, group, session = (int(field) for field in fields[1:4])
    return Seen(pid, fields[0], parent, group, session, int(fields[19]))


def children(pid: int) -> list[int]:
    """Direct children, zombies too."""
    found: list[int] = []
    try:
        for task in (_PROC / str(pid) / "task").iterdir():
            found += (int(child) for child in (task / "children").read_text().split())
    except FileNotFoundError:
        if (_PROC / str(pid)).exists() and not (_PROC / "self/task/self/children").exists():
            return [one.pid for one in _everything() if one.parent == pid]
    except OSError:
        return found
    return found


def descendants(pid: int) -> list[Seen]:
    """Children and theirs, parents first."""
    found: list[Seen] = []
    waiting = children(pid)
    while waiting:
        seen = look(waiting.pop(0))
        if seen is not None:
            found.append(seen)
            waiting += children(seen.pid)
    return found


def send(seen: Iterable[Seen], number: signal.Signals) -> None:
    """Signal processes that are still the ones that were seen."""
    for one in seen:
        now = look(one.pid)
        if now is not None and now.born == one.born and now.state != "Z":
            with contextlib.suppress(OSError):
                os.kill(one.pid, number)


def tasks_of_all() -> int:
    """Processes and threads of the whole system, in one cheap look; 0 where it does not tell."""
    try:
        return int((_PROC / "loadavg").read_text().split()[3].partition("/")[2])
    except (OSError, ValueError, IndexError):
        return 0


def tasks(pids: Iterable[int], proc: Path = _PROC) -> int:
    """Processes and threads of these processes together."""
    found = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            found += (proc / str(pid) / "task").stat().st_nlink - 2
    return found


def tasks_inside(first: int) -> int | None:
    """Processes and threads in a sandbox, seen through its own /proc; None when it can't be."""
    proc = _PROC / str(first) / "root/proc"
    try:
        return tasks((int(entry.name) for entry in proc.iterdir() if entry.name.isdigit()), proc)
    except OSError:
        return None


class Family:
    """All processes of one unconfined command, from its first one on."""

    def __init__(self, main: int, marker: str) -> None:
        self._main = main
        self._marker = marker.encode()
        self._known: dict[int, int] = {}
        self._sessions = {main}

    def members(self) -> list[Seen]:
        """Everyone alive or unreaped now but the first process; remembers them all."""
        found = {one.pid: one for one in descendants(self._main)}
        others = [one for pid in children(os.getpid()) if (one := look(pid)) is not None]
        for one in others:
            if one.pid != self._main and self._owns(one):
                found[one.pid] = one
                found |= {below.pid: below for below in descendants(one.pid)}
        self._sessions |= {one.session for one in found.values()}
        for one in others:  # ended in between, so unmarked, but beside one that is ours
            if one.pid != self._main and one.session in self._sessions:
                found[one.pid] = one
        for pid, born in list(self._known.items()):
            seen = found.get(pid) or look(pid)
            if seen is None or seen.born != born:
                del self._known[pid]
            else:
                found[pid] = seen
        self._known |= {one.pid: one.born for one in found.values()}
        return list(found.values())

    def _owns(self, seen: Seen) -> bool:
        return (
            seen.session in self._sessions
            or self._known.get(seen.pid) == seen.born
            or _marked(seen.pid, self._marker)
        )


def reap(seen: Iterable[Seen]) -> None:
    """Collect the ended ones that are our children by now, so that no zombie stays."""
    for one in seen:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(one.pid, os.WNOHANG)


def end_leftovers() -> int:
    """Kill marked commands whose runtime has died, held by no sandbox or stuck; how many."""
    found = 0
    for one in _everything():
        value = _marker_of(one.pid)
        pid, _, rest = value.partition("-")
        if not pid.isdigit() or one.pid == os.getpid():
            continue
        runtime = look(int(pid))
        if runtime is None or str(runtime.born) != rest.partition("-")[0]:
            send([one], signal.SIGKILL)
            found += 1
    return found


def _everything() -> list[Seen]:
    if not _PROC.is_dir():
        return []
    pids = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return [seen for pid in pids if (seen := look(pid)) is not None]


def _marked(pid: int, marker: bytes) -> bool:
    return bool(marker) and _marker_of(pid).encode() == marker


def _marker_of(pid: int) -> str:
    try:
        variables = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    name = MARKER.encode() + b"="
    for variable in variables:
        if variable.startswith(name):
            return variable.removeprefix(name).decode(errors="replace")
    return ""
