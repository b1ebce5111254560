"""`demo`: four agents at work on a repository made for them; a deck on a terminal, else lines."""

import asyncio
import os
import shlex
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import click
from msgspec.structs import replace

from steerdeck.output.gate import wants_deck
from steerdeck.verbs import reach
from steerdeck.verbs.berth import Berth, berth_at
from steerdeck.verbs.demo_lines import play
from steerdeck.verbs.ending import INTERRUPTED
from steerdeck.verbs.entry import Doors
from steerdeck_agents.demo.home import DemoHome, prepare, runs, tidy
from steerdeck_agents.demo.scripts import SESSIONS
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.orders import Start
from steerdeck_agents.runtime import lifecycle
from steerdeck_agents.settings.config import Settings, load
from steerdeck_agents.settings.paths import private_folder
from steerdeck_agents.workspace.git import text


@click.command()
@click.option("--lines", is_flag=True, help="Labelled lines, also on a terminal.")
@click.pass_obj
def demo(doors: Doors, lines: bool) -> int:
    """Four agents at work, offline and without a key.

    It makes a small repository and a home of its own, and starts four sessions in it: real tools,
    real git, a scripted model. On a terminal the deck opens, and finds a demo that still runs;
    without one everything is told in lines, and nothing runs afterwards.
    """
    place = demo_place(os.environ)
    if not lines and wants_deck(sys.stdin, sys.stdout, sys.stderr, os.environ):
        return doors.open_deck(asyncio.run(_berth(place)))
    try:
        return asyncio.run(_play(place))
    except asyncio.CancelledError:
        return INTERRUPTED


def demo_place(environ: Mapping[str, str]) -> Path:
    """Where the demo keeps its runs."""
    moved = environ.get("STEERDECK_HOME", "")
    return (reach.here().data.parent if moved else reach.here().data) / "demo"


def starts(home: DemoHome, environ: Mapping[str, str]) -> tuple[Start, ...]:
    """The orders that start the four sessions."""
    return tuple(
        Start(
            id=reach.new_order(),
            task=session.task,
            folder=str(home.project),
            name=session.name,
            model=session.model,
            mode="auto",
            checks=session.checks,
            surroundings=reach.surroundings(environ),
        )
        for session in SESSIONS
    )


async def made(place: Path, *, line_mode: bool) -> DemoHome:
    """A new run, named by the time; the oldest ones make room for it."""
    home = await prepare(place, _claimed(place), _run_git, line_mode=line_mode)
    alive = {other.folder for other in runs(place) if await _answers(other)}
    tidy(place, alive=frozenset({home.folder, *alive}))
    return home


def _claimed(place: Path) -> str:
    """Name of a fresh folder for a run; another demo may start in the same second."""
    name = stamp = time.strftime("%Y%m%d-%H%M%S")
    private_folder(place)
    number = 1
    while True:
        try:
            (place / name).mkdir(mode=0o700)
        except FileExistsError:
            number += 1
            name = f"{stamp}-{number}"
        else:
            return name


async def _play(place: Path) -> int:
    home = await made(place, line_mode=True)
    return await play(home, starts(home, os.environ))


async def _berth(place: Path) -> Berth:
    """The newest run that is still alive, else a new one."""
    for home in runs(place):
        if await _answers(home):
            return _berth_of(home, ())
    home = await made(place, line_mode=False)
    return _berth_of(home, starts(home, os.environ))


def _berth_of(home: DemoHome, orders: tuple[Start, ...]) -> Berth:
    try:
        own = load(reach.here(), {})
    except SteerdeckError:
        own = Settings()
    moved = f"STEERDECK_HOME={shlex.quote(str(home.folder / 'home'))}"
    return replace(
        berth_at(reach.here(), own, str(home.project)),
        paths=home.paths,
        keys={},
        settings=None,
        starts=orders,
        back="steerdeck demo",
        stop=f"{moved} steerdeck runtime stop",
    )


async def _answers(home: DemoHome) -> bool:
    client = await lifecycle.attach(home.paths, reach.own_version())
    if client is not None:
        await client.close()
    return client is not None


async def _run_git(folder: Path, *arguments: str) -> str:
    return await text(folder, *arguments, profile="user")
