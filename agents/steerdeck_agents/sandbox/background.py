"""What agents do is work in the background: what a person looks at and types into comes first.

The kernel shares out time by session (sched(7), autogroup) and only within one by niceness, so both
are set: each session of ours stands back behind those of the developer as one, the runtime's with
all the git it runs, and that of every command. Where there are no such groups, niceness is all.
"""

import contextlib
import os
from pathlib import Path

NICE = 5
"""Of the runtime as a session, and of git within it."""
OF_COMMANDS = 10
"""Of their sessions: the runtime must not wait for them either."""


def stand_back(pid: int | None = None, nice: int = NICE) -> None:
    """Let the session of a process stand back; that of this one without a pid.

    It may be in vain: there are systems without such groups, and the kernel takes one such wish in
    a tenth of a second from ordinary users.
    """
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid or 'self'}/autogroup").write_text(str(nice))


def go_slow(pid: int) -> None:
    """Let a process stand back behind the others of its session."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, NICE)
