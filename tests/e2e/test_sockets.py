"""No socket leaves this machine: the demo and an idle deck where there is no network at all.

Inside a network namespace of its own only loopback exists, so whatever needs more would fail; and
the sockets each process holds are looked at in /proc, so whatever merely tries is seen too.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.alone import ALONE, why_not_alone
from kit.command import PROGRAM, demos, home_of, runtime_pid
from kit.repositories import plain
from kit.sockets import far
from kit.terminal import Terminal

WHY_NOT = why_not_alone()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "possible")


def test_deck_and_runtime_hold_no_socket_but_near_ones(base: Path, tmp_path: Path):
    pytest.importorskip("pyte", reason="a screen is needed to look at: install pyte")
    idle = [PROGRAM, "-C", str(plain(tmp_path / "repository"))]
    for program, sight in (([PROGRAM, "demo"], "working"), (idle, "No model yet")):
        with Terminal([*ALONE, *program]) as deck:
            deck.wait_for(sight)
            where = home_of(base) if program is idle else demos(base)[0]
            runtime = runtime_pid(where)
            assert runtime is not None
            assert far(deck.child.pid) == far(runtime) == []
            deck.press("ctrl+c")
            deck.wait_for("Ctrl+C again")
            deck.press("ctrl+c")
            assert deck.wait_end() == 0


def test_a_far_socket_would_be_seen():
    """UDP connects without a packet, so a far address can be tried where none can be reached."""
    program = (
        "import socket, sys; s = socket.socket(type=socket.SOCK_DGRAM);"
        "place = sys.argv[1]; s.bind(('127.0.0.1' if place == 'near' else '', 0));"
        "place == 'far' and s.connect(('192.0.2.1', 9));"
        "print(flush=True); sys.stdin.read()"
    )
    route = 'ip link set lo up && ip route add 192.0.2.0/24 dev lo && exec "$@"'
    for place, seen in (("near", 0), ("open", 1), ("far", 1)):
        with subprocess.Popen(
            [*ALONE[:5], route, "sh", sys.executable, "-c", program, place],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ,
        ) as child:  # fmt: skip
            assert child.stdout is not None and child.stdin is not None
            child.stdout.readline()
            assert len(far(child.pid)) == seen
            child.stdin.close()
