"""The developer's own `ssh` to another machine, where a Steerdeck passes frames to its runtime.

The first line is made before the deck takes the screen, so that `ssh` can ask for a password or
show a host's key on the terminal as always. Later ones have no terminal and ask nothing. No port is
opened on either side, and nothing of the developer's own configuration of `ssh` is replaced but
what would stand in the way: other forwardings and another command.
"""

import asyncio
import re
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from steerdeck.source import Source
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.runtime.far import Greeting

if TYPE_CHECKING:
    from steerdeck.outside import Dialled

GREET_S = 40.0
"""How long a line that asks nobody may take until it is greeted."""
_HOST = re.compile(r"(?:ssh://)?[\w.%+-]+(?:@[\w.%:\[\]-]+)?|[\w.%:\[\]-]+")
_OPTIONS = (
    "-T", "-a", "-x",
    "-o", "ClearAllForwardings=yes",
    "-o", "RemoteCommand=none",
    "-o", "ConnectTimeout=15",
    "-o", "ServerAliveInterval=10",
    "-o", "ServerAliveCountMax=3",
)  # fmt: skip


class HostAt(msgspec.Struct, frozen=True):
    """A host as the developer named it."""

    to: str
    """What `ssh` is given: a name of its configuration, or user and address."""
    name: str
    """Short, for the deck."""
    folder: str = ""
    """Over there; empty where none was said."""
    program: str = "steerdeck"


def unfit(to: str) -> str:
    """Why `ssh` is not given this as a host; empty when it is."""
    port = to.rpartition(":")[2] if to.startswith("ssh://") else ""
    bare = to.removesuffix(f":{port}") if port.isdigit() else to
    if re.search(r"(?:^|@|//)-", to) or not _HOST.fullmatch(bare):
        return (
            f"{one_line(to, 60)!r} is no host that ssh could be given. Name one as for ssh:"
            " a name of your ~/.ssh/config, or user@address."
        )
    return ""


def command_for(host: HostAt, *, asks: bool) -> list[str]:
    """The command line of `ssh`. A login shell over there finds programs as the developer does."""
    words = [host.program, "runtime", "stdio"]
    words += ["--folder", host.folder] if host.folder else []
    far = f"exec {shlex.join(words)}"
    asking = () if asks else ("-o", "BatchMode=yes")
    return ["ssh", *_OPTIONS, *asking, "--", host.to, f"exec $SHELL -lc {shlex.quote(far)}"]


class Calling:
    """One host and its lines, one after the other: a `Host` of the convoy."""

    def __init__(self, host: HostAt, version: str) -> None:
        self._host = host
        self._version = version
        self.name = host.name
        self._ready: Dialled | None = None
        """A line that was greeted and is not used yet."""
        self._dialled: Dialled | None = None
        self._greeting: Greeting | None = None

    @property
    def folder(self) -> str:
        """Where new sessions of it start, if that was said."""
        return self.stands if self._host.folder else ""

    @property
    def stands(self) -> str:
        """The folder its own program stands in; empty before the first line."""
        return self._greeting.folder if self._greeting is not None else ""

    async def greet(self, tell: Callable[[str], None]) -> None:
        """Make the first line, on which `ssh` may ask; WireError says why there is none."""
        self._ready = await self._dial(tell)

    async def connect(self) -> Source:
        """A client on the greeted line, or on a new one."""
        from steerdeck_agents.runtime.near import client_over

        dialled, self._ready = self._ready, None
        self._dialled = dialled or await self._dial(None)
        try:
            return await client_over(self._dialled.line, self._version)
        except WireError as error:
            raise WireError(await self.hang_up() or str(error)) from error
        except asyncio.CancelledError:
            await self.hang_up()
            raise

    async def hang_up(self) -> str:
        """Let go of the line; why it ended, if `ssh` or the far side said so."""
        dialled, self._dialled = self._dialled or self._ready, None
        self._ready = None
        if dialled is None:
            return ""
        _, said = await asyncio.to_thread(dialled.end)
        return f"The line dropped: {one_line(said[-1], 300)}" if said else ""

    async def _dial(self, tell: Callable[[str], None] | None) -> "Dialled":
        from steerdeck_agents.runtime.near import greeted

        dialled = await self._started(tell)
        try:
            patience_s = GREET_S if tell is None else None
            hearing = greeted(dialled.line, self._version, self._host.to)
            greeting = await asyncio.wait_for(hearing, patience_s)
        except TimeoutError:
            why = await self._end(dialled, asks=tell is not None)
            raise WireError(why or f"{self._host.to} did not answer for {GREET_S:.0f} s.") from None
        except BaseException:
            await self._end(dialled)
            raise
        if greeting is None:
            why = await self._end(dialled, asks=tell is not None)
            raise WireError(why or f"ssh to {self._host.to} ended.")
        self._greeting = greeting
        dialled.hush()
        return dialled

    async def _started(self, tell: Callable[[str], None] | None) -> "Dialled":
        from steerdeck.outside import Dialled

        command = command_for(self._host, asks=tell is not None)
        starting = asyncio.ensure_future(asyncio.to_thread(Dialled, command, tell))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await self._end(await starting)
            raise
        except FileNotFoundError:
            raise WireError("There is no `ssh` here; install the OpenSSH client.") from None
        except OSError as error:
            raise WireError(f"ssh could not be started: {error.strerror}.") from error

    async def _end(self, dialled: "Dialled", *, asks: bool = True) -> str:
        code, said = await asyncio.to_thread(dialled.end)
        return self._why(code, said, asks=asks)

    def _why(self, code: int, said: list[str], *, asks: bool) -> str:
        """Why a line ended, in a sentence with the way out.

        127 is a shell's that finds no program (POSIX, sh); 255 is ssh(1)'s for errors of its own.
        """
        host = one_line(self._host.to, 60)
        last = one_line(said[-1], 300).removeprefix("ssh: ") if said else ""
        match code:
            case 0 | -15 | -9:
                return ""
            case 127:
                return (
                    f"On {host} a login shell finds no program {self._host.program!r}. Install"
                    " Steerdeck there, or say where it is:"
                    f" `steerdeck attach {host} --program PATH`."
                )
            case 255 if not asks and "Permission denied" in last:
                return (
                    f"ssh could not log in to {host} without asking, which it can't do behind the"
                    " deck. Close the deck and attach again."
                )
            case 255:
                return f"ssh could not reach {host}: {last or 'it did not say why.'}"
            case 2 if "verb" in last or "command" in last:
                return (
                    f"Steerdeck on {host} is too old to be attached to from here; bring it up to"
                    f" {self._version} there."
                )
            case _:
                return f"On {host}: {last or f'steerdeck ended with {code}.'}"
