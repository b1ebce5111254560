"""Carries out an action that was allowed. What goes wrong becomes the result of the call."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from steerdeck_agents.facts.action import (
    Action,
    ApplyPatch,
    AskDeveloper,
    CallServer,
    Delegate,
    ListFiles,
    ReadFile,
    ReadSkill,
    RunCommand,
    SearchFiles,
    SetPlan,
    UseShell,
)
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox.process import Spawn
from steerdeck_agents.sandbox.proxy import Use
from steerdeck_agents.servers.servers import Servers
from steerdeck_agents.tools import list as list_tool
from steerdeck_agents.tools import patch, read, search, server_tool, shell, skill
from steerdeck_agents.tools.outcome import Outcome, fit
from steerdeck_agents.tools.ripgrep import Hands
from steerdeck_agents.tools.shell_keeper import Opener, Shells


@dataclass(frozen=True)
class Bench:
    """Everything a tool may use while it works."""

    workspace: Workspace
    level: Level
    surroundings: Surroundings
    environment: Mapping[str, str]
    """Complete environment of a command."""
    spool: Path
    """Where a command's output goes when there is too much of it."""
    on_output: Callable[[str], None]
    stop: asyncio.Event
    """Set when the developer interrupts."""
    files: Callable[[], Awaitable[Sequence[str]]]
    """Paths below the workspace that git knows or would add."""
    skill: Callable[[str], str | None]
    """The body of the skill of that name; reads a file."""
    pictures: bool = False
    """Whether the model takes them."""
    shells: Shells | None = None
    """The shell sessions; without them a command can't go on."""
    opener: Opener | None = None
    """Turn and call that open a shell session."""
    servers: Servers | None = None
    binding: Sha | None = None
    """What the command was allowed under."""
    allowed: str = ""
    """Secrets the result may show, since the developer allowed that reading."""
    on_network: Callable[[Use], None] = lambda use: None
    """Told of each connection of a command to the hosts it may reach."""


def _hands(bench: Bench) -> Hands:
    """What of the bench a search needs to ask another program."""
    return Hands(
        workspace=bench.workspace,
        level=bench.level,
        surroundings=bench.surroundings,
        environment=bench.environment,
        spool=bench.spool,
        stop=bench.stop,
    )


async def perform(action: Action, bench: Bench) -> Outcome:
    """The outcome of one allowed action; raises only TypeError for what the loop does itself."""
    try:
        return await _perform(action, bench)
    except SteerdeckError as problem:
        return Outcome("failed", fit(str(problem)), summary="failed")
    except OSError as problem:
        where = f" ({one_line(str(problem.filename), 200)})" if problem.filename else ""
        return Outcome("failed", f"It failed: {problem.strerror}{where}.", summary="failed")


async def _perform(action: Action, bench: Bench) -> Outcome:
    match action:
        case RunCommand(keep=True) if bench.shells is not None:
            spawn = Spawn(
                script=action.script,
                workspace=bench.workspace,
                folder=action.folder,
                environment=bench.environment,
                level=bench.level,
                surroundings=bench.surroundings,
                binding=bench.binding,
                allowed=bench.allowed,
            )
            return await bench.shells.open(action, spawn, bench.opener or Opener(), bench.stop)
        case UseShell() if bench.shells is not None:
            return await bench.shells.use(action, bench.stop)
        case CallServer() if bench.servers is not None:
            return await server_tool.perform(
                action,
                servers=bench.servers,
                pictures=bench.pictures,
                on_output=bench.on_output,
                stop=bench.stop,
            )
        case RunCommand():
            return await shell.perform(
                action,
                workspace=bench.workspace,
                level=bench.level,
                surroundings=bench.surroundings,
                environment=bench.environment,
                spool=bench.spool,
                on_output=bench.on_output,
                stop=bench.stop,
                loopback=None if bench.shells is None else bench.shells.loopback,
                binding=bench.binding,
                allowed=bench.allowed,
                on_network=bench.on_network,
            )
        case ApplyPatch():
            return await asyncio.to_thread(patch.perform, action, bench.workspace)
        case ReadFile():
            return await asyncio.to_thread(read.perform, action, bench.workspace, bench.pictures)
        case ListFiles():
            files = await bench.files()
            return await asyncio.to_thread(list_tool.perform, action, bench.workspace, files)
        case SearchFiles():
            files = await bench.files()
            return await search.look(action, files, _hands(bench))
        case ReadSkill():
            return await asyncio.to_thread(skill.perform, action, bench.skill)
        case UseShell() | CallServer():
            raise SteerdeckError("There is none in this session. Nothing was done.")
        case SetPlan() | AskDeveloper() | Delegate():
            raise TypeError("The loop itself does this.")
