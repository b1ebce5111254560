"""Looks at everything once, side by side where it takes time, and hands it to the findings.

Nothing is changed and no token is spent: of a model's server only its list is asked for.
"""

import asyncio
import shutil
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path

from steerdeck_agents.doctor import home, machine, shelter
from steerdeck_agents.doctor.finding import Finding
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import JournalError, SteerdeckError
from steerdeck_agents.facts.places import Surroundings, Workspace
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.vacuum import size
from steerdeck_agents.models.choose import list_models
from steerdeck_agents.sandbox.probe import best, trials
from steerdeck_agents.sandbox.toolchains import shown
from steerdeck_agents.settings.config import Settings, load
from steerdeck_agents.settings.paths import Paths, make_socket_folder
from steerdeck_agents.workspace import git


async def examine(
    paths: Paths,
    environ: Mapping[str, str],
    terminal: machine.Terminal,
    kept: home.Warm | None = None,
) -> list[Finding]:
    """All findings, in the order of what one needs first; `kept` stands for a warm start."""
    settings, problem = _settings(paths, environ)
    git_found, tried, model, socket, journal, disk = await asyncio.gather(
        _git(),
        trials(),
        _model(settings, environ),
        _socket(paths),
        asyncio.to_thread(_journal, paths),
        asyncio.to_thread(_disk, paths),
    )
    return [
        machine.python(sys.version_info[:3]),
        machine.sqlite(sqlite3.sqlite_version_info, _sqlite_options()),
        git_found,
        machine.sandbox(best(tried)),
        *map(shelter.tier, tried),
        _toolchains(environ),
        machine.terminal(terminal, environ),
        home.config(settings, problem, str(paths.config_file)),
        model,
        *journal,
        socket,
        *home.warm(settings is not None and settings.warm_start, kept),
        disk,
    ]


def _settings(paths: Paths, environ: Mapping[str, str]) -> tuple[Settings | None, str]:
    try:
        return load(paths, environ), ""
    except SteerdeckError as error:
        return None, str(error)


async def _git() -> Finding:
    try:
        return machine.git(await git.version(), "")
    except SteerdeckError as error:
        return machine.git((), str(error))


async def _model(settings: Settings | None, environ: Mapping[str, str]) -> Finding:
    default = settings.model("") if settings is not None else None
    if default is None or not default.base_url:
        return home.model(settings, None, "")
    try:
        listed = await list_models(default, default.key(environ))
    except SteerdeckError as error:
        return home.model(settings, None, str(error))
    return home.model(settings, listed, "")


async def _socket(paths: Paths) -> Finding:
    path = str(paths.socket)
    try:
        await asyncio.to_thread(make_socket_folder, paths)
    except SteerdeckError as error:
        return home.socket(home.Socket(path, problem=str(error)))
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return home.socket(home.Socket(path, there=paths.socket.exists()))
    writer.close()
    return home.socket(home.Socket(path, there=True, answers=True))


def _journal(paths: Paths) -> list[Finding]:
    """The journal, and the workspaces it knows."""
    folders = [folder.name for folder in _folders(paths.workspaces)]
    if not paths.journal.exists():
        return [
            home.journal(False, "", ()),
            home.leftovers(folders, (), str(paths.workspaces)),
        ]
    reader = JournalReader(paths.journal)
    try:
        states = reader.sessions()
        told = f"{counted(len(states), 'session')}, {size(paths.journal):,} bytes"
        found = home.journal(True, told, reader.check())
    except JournalError as error:
        return [home.journal(True, "", (str(error),))]
    known = [state.id for state in states]
    return [found, home.leftovers(folders, known, str(paths.workspaces))]


def _toolchains(environ: Mapping[str, str]) -> Finding:
    around = Surroundings(environ.get("PATH", ""), environ.get("VIRTUAL_ENV", ""))
    nowhere = Workspace(path="", repository="", branch="", base="")
    return shelter.toolchains(shelter.found(Path.home()), shown(around, nowhere))


def _disk(paths: Paths) -> Finding:
    place = next(folder for folder in (paths.data, *paths.data.parents) if folder.is_dir())
    used = sum(entry.lstat().st_size for entry in paths.data.rglob("*") if not entry.is_dir())
    return machine.disk(shutil.disk_usage(place).free, used, str(place))


def _folders(place: Path) -> list[Path]:
    return [entry for entry in place.iterdir() if entry.is_dir()] if place.is_dir() else []


def _sqlite_options() -> list[str]:
    connection = sqlite3.connect(":memory:")
    try:
        return [option for (option,) in connection.execute("pragma compile_options")]
    finally:
        connection.close()
