"""Whether a command waits for something to be typed: what it reads and sleeps in, from /proc.

Nothing tells this for certain. A process that sleeps in `read` on its input does wait; one that
sleeps in `poll` and the like may, if its last line looks like a question.
"""

import contextlib
import os
import platform
import re
import termios
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from steerdeck_agents.sandbox.descendants import Seen

_PROC = Path("/proc")
_READ = {"x86_64": {0}, "aarch64": {63}}
_POLL = {"x86_64": {7, 23, 232, 270, 271, 281, 441}, "aarch64": {22, 72, 73, 441}}
_CONTROLLING = os.makedev(5, 0)
"""/dev/tty: the controlling terminal by its common name."""
_QUESTION = re.compile(r"[?:>\])}$#%] {0,2}\Z")

Waiting = Literal["yes", "maybe", "no"]


def waiting(seen: Iterable[Seen], source: tuple[int, int], *, tty: bool) -> Waiting:
    """Whether one of these sleeps until it can read from the input `source` (device, inode)."""
    answer: Waiting = "no"
    machine = platform.machine()
    for one in seen:
        if one.state != "S" or not _has(one.pid, 0, source, tty=tty):
            continue
        try:
            words = (_PROC / str(one.pid) / "syscall").read_text().split()
            number, first = int(words[0]), int(words[1], 16)
        except OSError:
            answer = "maybe"  # it may not be looked at
            continue
        except (ValueError, IndexError):
            continue
        if number in _READ.get(machine, ()) and _has(one.pid, first, source, tty=tty):
            return "yes"
        if number in _POLL.get(machine, ()):
            answer = "maybe"
    return answer


def hides(terminal: int) -> bool:
    """Whether what is typed into a terminal is not echoed while whole lines are read: a secret."""
    with contextlib.suppress(termios.error, OSError):
        local = termios.tcgetattr(terminal)[3]
        return bool(local & termios.ICANON) and not local & termios.ECHO
    return False


def is_question(line: str) -> bool:
    """Whether a last line without an end looks as if an answer were expected."""
    return bool(_QUESTION.search(line)) and bool(line.strip())


def _has(pid: int, descriptor: int, source: tuple[int, int], *, tty: bool) -> bool:
    try:
        status = (_PROC / str(pid) / "fd" / str(descriptor)).stat()
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == source or (tty and status.st_rdev == _CONTROLLING)
