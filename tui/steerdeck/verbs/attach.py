"""`attach`: the deck here, the runtimes on other machines, the developer's own `ssh` between."""

import asyncio
import hashlib
import os
import shlex
import sys
from collections.abc import Sequence

import click
import msgspec
from msgspec.structs import replace

from steerdeck.hosts.calling import Calling, HostAt, unfit
from steerdeck.hosts.convoy import Convoy
from steerdeck.hosts.links import Host
from steerdeck.hosts.marks import names_of
from steerdeck.output.gate import wants_deck
from steerdeck.source import Source
from steerdeck.verbs import reach
from steerdeck.verbs.berth import Berth, berth_at
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.entry import Doors
from steerdeck.verbs.printing import err
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.settings.config import load
from steerdeck_agents.settings.paths import Paths

PROGRAM = "steerdeck"
"""Over there, where its folder is on PATH."""


class Typed(msgspec.Struct, frozen=True):
    """What was asked for on the command line."""

    hosts: tuple[str, ...]
    folder: str = ""
    program: str = PROGRAM
    here: bool = False

    @property
    def back(self) -> str:
        """The command line that asks for the same."""
        words = ["steerdeck", "attach", *self.hosts]
        words += ["--folder", self.folder] if self.folder else []
        words += ["--program", self.program] if self.program != PROGRAM else []
        words += ["--here"] if self.here else []
        return shlex.join(words)

    @property
    def stop(self) -> str:
        """What ends every runtime of it. The shell over there reads its words once more."""
        far = (shlex.quote(self.program), "runtime", "stop")
        lines = [shlex.join(["ssh", host, *far]) for host in self.hosts]
        return "; ".join([*lines, *(["steerdeck runtime stop"] if self.here else [])])

    @property
    def own(self) -> str:
        """Names what is kept for just these machines: a deck with this one too has other ids."""
        words = [*self.hosts, *(["--here"] if self.here else [])]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


class Here:
    """This machine's own runtime among those of others."""

    name = ""
    folder = ""

    def __init__(self, where: Paths) -> None:
        self._where = where
        self.stands = reach.folder_here()

    async def connect(self) -> Source:
        return await reach.comes_up(self._where, os.environ, None)

    async def hang_up(self) -> str:
        """Nothing but the client is between."""
        return ""


@click.command(
    epilog="""\b
Examples:
  steerdeck attach build
  steerdeck attach kim@build.example.org --folder src/shop
  steerdeck attach build laptop --here
"""
)
@click.argument("hosts", metavar="HOST...", nargs=-1, required=True)
@click.option("--folder", default="", help="Where new sessions start over there.")
@click.option("--program", default=PROGRAM, help="Steerdeck over there, where PATH lacks it.")
@click.option("--here", is_flag=True, help="Show this machine's sessions too.")
@click.pass_obj
def attach(doors: Doors, hosts: tuple[str, ...], folder: str, program: str, here: bool) -> int:
    """Open the deck on sessions of other machines, over your ssh.

    Your own ssh makes each line and asks what it always asks; Steerdeck must be installed over
    there, and no port is opened. A line that drops is made again by itself. Keys of models are
    those of the machine a session runs on.
    """
    if not wants_deck(sys.stdin, sys.stdout, sys.stderr, os.environ):
        raise Ending(
            "The deck needs a terminal it can draw on. For a script, let ssh run the verb over"
            f" there: `ssh {hosts[0]} steerdeck sessions --json`.",
            USAGE,
        )
    for host in hosts:
        if problem := unfit(host):
            raise Ending(problem, USAGE)
    places = [
        HostAt(host, name, folder, program)
        for host, name in zip(hosts, names_of(hosts), strict=True)
    ]
    version = reach.own_version()
    calls = [Calling(place, version) for place in places]
    first = asyncio.run(_greet(calls, alone=len(calls) == 1 and not here))
    where = reach.here()
    links: list[Host] = [*([Here(where)] if here else []), *calls]
    everywhere = not folder or len(links) > 1
    typed = Typed(hosts, folder, program, here)
    return doors.open_deck(berth_of(where, typed, Convoy(links), first, everywhere=everywhere))


async def _greet(calls: Sequence[Calling], *, alone: bool) -> str:
    """Make the first lines, one after the other: each may ask. The folder of the first."""
    for call in calls:
        try:
            await call.greet(err)
        except SteerdeckError as error:
            if alone:
                raise
            err(str(error))
    return next((call.stands for call in calls if call.stands), "")


def berth_of(where: Paths, typed: Typed, convoy: Convoy, folder: str, *, everywhere: bool) -> Berth:
    """A deck with memories of its own for just these hosts, and this machine's looks."""
    settings = load(where, os.environ)
    return replace(
        berth_at(where, settings, folder or reach.folder_here()),
        paths=replace(where, cache=where.cache / "hosts" / typed.own),
        convoy=convoy,
        everywhere=everywhere,
        back=typed.back,
        stop=typed.stop,
    )
