"""The end of a process that can't end: its time is up, it says where it hangs, and is gone.

Each part of closing has a limit of its own, but the interpreter waits for every thread and task
that is left, and one of them may never come back. Ended so, a runtime leaves what a crash leaves:
all that was acknowledged is in the journal, and the next one ends what its commands left running.
"""

import faulthandler
import logging
import os
import threading

log = logging.getLogger(__name__)

ENDS_S = 45.0
"""How long a runtime may take to end: longer than all limits of its closing together."""
STUCK = 70
"""Exit status of a runtime that had to be ended so: EX_SOFTWARE of sysexits(3)."""


def end_within(seconds: float) -> None:
    """End this process after so many seconds, if it has not ended by itself."""
    timer = threading.Timer(seconds, _end, (seconds,))
    timer.daemon = True
    timer.start()


def _end(seconds: float) -> None:
    log.error(
        "this runtime did not end within %g s and is ended as by a crash; nothing acknowledged is"
        " lost. Its threads are at:",
        seconds,
    )
    faulthandler.dump_traceback()
    os._exit(STUCK)
