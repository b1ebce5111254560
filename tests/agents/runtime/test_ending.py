"""A runtime's process ends when its time is up, and keeps no dead processes of others meanwhile."""

import os
import subprocess
import sys
import time

from steerdeck_agents.runtime.deadline import STUCK
from steerdeck_agents.runtime.strays import OFTEN_S, Strays
from steerdeck_agents.sandbox.descendants import children, look

STUCK_THREAD = """
import asyncio, logging, threading
from steerdeck_agents.runtime.deadline import end_within
logging.basicConfig(format="%(levelname)s %(message)s")

async def stay():
    end_within(0.05)
    await asyncio.to_thread(threading.Event().wait)

asyncio.run(stay())
"""


def test_a_process_that_can_not_end_says_where_it_hangs_and_is_gone():
    ended = subprocess.run([sys.executable, "-c", STUCK_THREAD], capture_output=True, timeout=60)
    said = ended.stderr.decode()
    assert ended.returncode == STUCK
    assert "ERROR this runtime did not end within 0.05 s" in said
    assert "threading.py" in said


def zombie(*, leads: bool) -> int:
    """An ended child nobody has waited for; its pid."""
    child = os.posix_spawn("/bin/true", ["true"], {}, setsid=leads)
    while (one := look(child)) is None or one.state != "Z":
        time.sleep(0.001)
    return child


def test_an_ended_process_that_nobody_waits_for_is_collected_at_the_second_look():
    child = zombie(leads=False)
    strays = Strays()
    for now_s in (0.0, OFTEN_S - 1):
        assert strays.collect(now_s) == 0
        assert child in children(os.getpid())
    # Tests before this one may have left some, too.
    assert strays.collect(OFTEN_S) >= 1
    assert child not in children(os.getpid())


def test_an_ended_process_that_we_started_is_left_to_whoever_holds_it():
    child = zombie(leads=True)
    strays = Strays()
    for look_at in range(3):
        strays.collect(look_at * OFTEN_S)
    assert os.waitpid(child, 0)[0] == child
