"""A process of ours inside a session's network that makes sockets there and hands them out.

A socket stays in the network it was made in, whoever uses it. So the runtime can reach a server
that an agent started, and be one for its commands, without being in that network itself: it asks
over a pair of sockets the envoy has inherited, and gets descriptors back (SCM_RIGHTS, unix(7)).
"""

import asyncio
import contextlib
import errno
import os
import socket
import sys

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.sandbox.descendants import Seen
from steerdeck_agents.sandbox.process import Held, enter, hold, let_go

_PATIENCE_S = 10.0
_CODE = """
import socket, sys
link = socket.socket(fileno=int(sys.argv[1]))
def connected(port):
    try:
        return socket.create_connection(("127.0.0.1", port), 3)
    except ConnectionRefusedError:
        return socket.create_connection(("::1", port), 3)
while ask := link.recv(64):
    verb, port = ask.decode().split()
    try:
        here = "127.0.0.1", int(port)
        with connected(here[1]) if verb == "connect" else socket.create_server(here) as made:
            made.settimeout(None)
            socket.send_fds(link, [b"+"], [made.fileno()])
    except OSError as problem:
        link.send(str(problem.errno or 0).encode())
"""


class Envoy:
    """Makes sockets in the network of `holder`; `close` it when done."""

    def __init__(self, holder: Seen) -> None:
        """Raises SteerdeckError when the network is gone or the envoy can't be started."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(_PATIENCE_S)
        try:
            program = [sys.executable, "-I", "-S", "-c", _CODE, str(theirs.fileno())]
            self._held: Held | None = hold([*enter(holder), *program], (theirs.fileno(),))
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._link = ours
        self._asking = asyncio.Lock()

    async def connect(self, port: int) -> socket.socket:
        """A connection to a server in there; raises SteerdeckError when none answers."""
        return await self._ask("connect", port)

    async def listen(self, port: int) -> socket.socket:
        """A socket that listens in there on 127.0.0.1; raises SteerdeckError when it is taken."""
        return await self._ask("listen", port)

    async def close(self) -> None:
        """End the envoy; sockets it made go on."""
        held, self._held = self._held, None
        if held is None:
            return
        self._link.close()
        await let_go(held)

    async def _ask(self, verb: str, port: int) -> socket.socket:
        if self._held is None:
            raise SteerdeckError("The network of this session is gone.")
        async with self._asking:
            answering = asyncio.ensure_future(asyncio.to_thread(self._answer, f"{verb} {port}"))
            try:
                return await asyncio.shield(answering)
            except asyncio.CancelledError:
                # The answer comes all the same, and must not be taken for that to the next one.
                with contextlib.suppress(OSError):
                    (await answering).close()
                raise
            except OSError as problem:
                if problem.errno == errno.ECONNREFUSED:
                    raise SteerdeckError(f"Nothing listens on port {port} in there.") from problem
                raise SteerdeckError(f"Port {port} in there: {problem.strerror}.") from problem

    def _answer(self, ask: str) -> socket.socket:
        self._link.send(ask.encode())
        said, descriptors, _, _ = socket.recv_fds(self._link, 64, 1)
        if not descriptors:
            number = int(said or b"0") or errno.EPIPE
            raise OSError(number, os.strerror(number))
        made = socket.socket(fileno=descriptors[0])
        made.setblocking(False)
        return made
