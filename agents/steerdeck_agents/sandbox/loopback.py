"""One loopback network for all commands of a session, with no way out of it.

Every confined command has a network namespace of its own, so a server that one of them starts
could not be reached from the next. While such a server lives, a process that does nothing holds a
user and a network namespace, and the session's commands are started in these. They make user
namespaces of their own below it, so they have no rights over what they share. Bubblewrap makes the
holder too, since that is the program which systems allow to make namespaces.
"""

import asyncio
import json
import os
from pathlib import Path

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.sandbox import bubblewrap, descendants
from steerdeck_agents.sandbox.command import until_readable
from steerdeck_agents.sandbox.descendants import Seen
from steerdeck_agents.sandbox.envoy import Envoy
from steerdeck_agents.sandbox.process import NSENTER, Held, hold, let_go
from steerdeck_agents.sandbox.relay import Relay, open_relay

_PATIENCE_S = 5.0
_PROC = Path("/proc")


class Loopback:
    """A network that several commands share; `close` it when the last one is gone."""

    def __init__(self, held: Held, holder: Seen) -> None:
        self.holder = holder
        """For `Spawn.loopback`."""
        self._held: Held | None = held
        self._envoy: Envoy | None = None
        self._relays: list[Relay] = []

    def envoy(self) -> Envoy:
        """Who makes sockets in it; raises SteerdeckError when it is gone."""
        if self._held is None:
            raise SteerdeckError("The network of this session is gone.")
        if self._envoy is None:
            self._envoy = Envoy(self.holder)
        return self._envoy

    async def relay(self, port: int) -> Relay:
        """Lead a port of this machine to a server inside, on the developer's order only.

        Raises SteerdeckError when nothing listens on that port inside.
        """
        made = await open_relay(self.envoy(), port)
        self._relays.append(made)
        return made

    async def close(self) -> None:
        """Let it go; commands that are still in it keep it until they end."""
        held, self._held = self._held, None
        relays, self._relays = self._relays, []
        for relay in relays:
            await relay.close()
        if self._envoy is not None:
            await self._envoy.close()
        if held is not None:
            await let_go(held)


async def open_loopback(program: str = bubblewrap.PROGRAM) -> Loopback:
    """A new network with nothing but a loopback; raises SteerdeckError where there can be none."""
    if not Path(NSENTER).is_file():
        raise SteerdeckError(f"{NSENTER} is missing (package util-linux), so commands share none.")
    descendants.adopt_orphans()
    status, report = os.pipe()
    try:
        held = hold(bubblewrap.holder(program, report), (report,))
    except BaseException:
        os.close(status)
        raise
    finally:
        os.close(report)
    try:
        os.write(held.leash, b"\n")
        async with asyncio.timeout(_PATIENCE_S):
            await until_readable(held.answers)
            await until_readable(status)
        if not os.read(held.answers, 1):
            raise SteerdeckError("The system refuses a network that commands share.")
        said = json.loads(os.read(status, 65536).splitlines()[0])
        return Loopback(held, _checked(int(said["child-pid"])))
    except (OSError, ValueError, LookupError) as problem:
        await let_go(held)
        raise SteerdeckError("A network that commands share could not be made.") from problem
    except BaseException:
        await let_go(held)
        raise
    finally:
        os.close(status)


def _checked(pid: int) -> Seen:
    """The holder, if its network is indeed another one with nothing but a loopback in it."""
    holder = descendants.look(pid)
    own = (_PROC / "self/ns/net").readlink()
    theirs = (_PROC / str(pid) / "ns/net").readlink()
    lines = (_PROC / str(pid) / "net/dev").read_text().splitlines()[2:]
    names = {line.partition(":")[0].strip() for line in lines}
    if holder is None or own == theirs or names != {"lo"}:
        raise SteerdeckError("The network that commands should share is not a private one.")
    return holder
