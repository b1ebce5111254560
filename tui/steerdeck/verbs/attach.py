"""`attach`: the deck here, the runtimes on other machines, the developer's own `ssh` between."""

import asyncio
import hashlib
import os
import sys
from collections.abc import Sequence

import click
import msgspec

from steerdeck.hosts.calling import Calling, HostAt, unfit
from steerdeck.hosts.convoy import Convoy
from steerdeck.hosts.links import Host
from steerdeck.hosts.marks import names_of
from steerdeck.output.gate import wants_deck
from steerdeck.source import Source
from steerdeck.verbs import reach
from steerdeck.verbs.berth import Berth
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.entry import Doors
from steerdeck.verbs.printing import err
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.settings.config import load
from steerdeck_agents.settings.paths import Paths


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
@click.option("--program", default="steerdeck", help="Steerdeck over there, where PATH lacks it.")
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
    return doors.open_deck(_berth(where, hosts, Convoy(links), first, everywhere=everywhere))


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


def _berth(
    where: Paths, hosts: Sequence[str], convoy: Convoy, folder: str, *, everywhere: bool
) -> Berth:
    """A deck with memories of its own for just these hosts, and this machine's looks."""
    settings = load(where, os.environ)
    own = hashlib.sha256("\n".join(hosts).encode()).hexdigest()[:16]
    return Berth(
        paths=msgspec.structs.replace(where, cache=where.cache / "hosts" / own),
        folder=folder or reach.folder_here(),
        environ=os.environ,
        keys=reach.keys(settings, os.environ),
        surroundings=reach.surroundings(os.environ),
        theme=settings.theme,
        ascii=settings.ascii,
        still=settings.reduced_motion,
        own_keys=reach.own_keys(where.keys_file),
        flavour=settings.keys,
        notify=settings.notify,
        settings=where,
        convoy=convoy,
        everywhere=everywhere,
        back=f"steerdeck attach {' '.join(hosts)}",
        stop=f"ssh {hosts[0]} steerdeck runtime stop",
    )
