"""The runtime as a process, started by `lifecycle` with the four folders of its home.

They are arguments and not variables, so that one environment can start runtimes of several homes.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from importlib.metadata import version
from pathlib import Path

from steerdeck_agents.facts.errors import JournalTaken, SteerdeckError
from steerdeck_agents.facts.ids import RandomIds, SystemClock
from steerdeck_agents.gate.secret_log import guard_logs
from steerdeck_agents.loop import leave
from steerdeck_agents.runtime import deadline, logfile
from steerdeck_agents.runtime.lifecycle import TAKEN
from steerdeck_agents.runtime.server import Runtime
from steerdeck_agents.sandbox.background import stand_back
from steerdeck_agents.sandbox.probe import probe
from steerdeck_agents.settings import umask
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.settings.scratch import place, sweep

log = logging.getLogger("steerdeck")

LOG_LOOK_S = 10.0
OUTPUTS = (1, 2)
"""Descriptors that `lifecycle` made the log of: standard output and errors."""


async def serve(where: Paths) -> int:
    """Be the runtime of that home until told to end, or idle."""
    runtime = Runtime(
        where,
        clock=SystemClock(),
        ids=RandomIds(),
        level=await probe(),
        version=version("steerdeck"),
        boot=boot_id(),
    )
    guard_logs(runtime.fleet.redactor)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, runtime.end, signal.Signals(number).name)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    try:
        await runtime.start()
    except JournalTaken as error:
        log.error("%s", error)
        return TAKEN
    except SteerdeckError as error:
        log.error("%s", error)
        return 1
    keeping = asyncio.create_task(_keep_tidy(where), name="tidy")
    code = 0
    try:
        await runtime.listen()
        reason = await runtime.until_told()
    except (SteerdeckError, OSError) as error:
        # Sessions are at work already: they are closed as at any other end.
        reason, code = str(error), 1
    log.info("ending: %s", reason)
    deadline.end_within(deadline.ENDS_S)
    await runtime.close(reason)
    await leave.ended(keeping, within_s=1.0)
    return code


async def _keep_tidy(where: Paths) -> None:
    """Sweep what killed processes left, then turn the log over whenever it is too large.

    The log only as long as it is ours to write.
    """
    await asyncio.to_thread(sweep, place(where.uid))
    file = where.log
    while True:
        await asyncio.sleep(LOG_LOOK_S)
        if await asyncio.to_thread(logfile.written_by, file, OUTPUTS):
            await asyncio.to_thread(logfile.turn_over, file, OUTPUTS)


def boot_id() -> str:
    """Which start of the machine this is, so that a reused pid is not taken for ours."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def main() -> None:
    umask.close_to_others(os.environ)
    stand_back()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    data, config, cache, state = map(Path, sys.argv[1:5])
    sys.exit(asyncio.run(serve(Paths(data, config, cache, state, os.getuid()))))


if __name__ == "__main__":
    main()
