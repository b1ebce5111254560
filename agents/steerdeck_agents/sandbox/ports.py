"""A block of TCP ports for each session, and the variables that tell commands of it.

Two dev servers of two sessions must not want the same port. Blocks lie below the ports systems
hand out by themselves (32768 on Linux, 49152 elsewhere), so no client's socket sits on one by
chance. A block is chosen once and recorded: it stays the same over restarts, which bookmarks and
call-back addresses need, although somebody else may have taken a port of it meanwhile.
"""

import errno
import socket
from collections.abc import Callable, Iterable
from pathlib import PurePath

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import Ports, Workspace

FIRST = 21_000
LAST = 32_767


def choose(slot: int, count: int, taken: Iterable[Ports], busy: Callable[[int], bool]) -> Ports:
    """The block of `count` ports for `slot` (from 0), or the next one after it that is free.

    `taken` are the blocks of sessions that are not archived; `busy` says whether somebody listens.
    The same arguments and answers give the same block. SteerdeckError when none is left.
    """
    blocks = (LAST + 1 - FIRST) // count
    others = tuple(taken)
    for step in range(blocks):
        first = FIRST + (slot + step) % blocks * count
        block = Ports(first=first, count=count)
        if not any(_overlap(block, other) for other in others) and not any(
            busy(port) for port in range(first, first + count)
        ):
            return block
    raise SteerdeckError(
        f"No {count} free ports in a row are left between {FIRST} and {LAST}; archive sessions "
        "that are done, or ask for fewer ports."
    )


def _overlap(one: Ports, other: Ports) -> bool:
    return one.first < other.first + other.count and other.first < one.first + one.count


def is_busy(port: int) -> bool:
    """Whether somebody listens on a port of this machine, on loopback or everywhere."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                # What is left of a closed connection keeps nobody from listening.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as problem:
            if problem.errno in (errno.EADDRINUSE, errno.EACCES):
                return True
    return False


def variables(workspace: Workspace) -> dict[str, str]:
    """What every command of a session finds in its environment, shells and scripts alike.

    The developer's own checkout is not named: in the sandbox it isn't there.
    """
    if not workspace.ports.count:
        return {}
    return {
        "STEERDECK_SESSION": PurePath(workspace.path).name,
        "STEERDECK_WORKSPACE": workspace.path,
        "PORT": str(workspace.ports.first),
        "STEERDECK_PORT": str(workspace.ports.first),
        "STEERDECK_PORTS": str(workspace.ports.count),
    }
