"""shell: one bash script in the workspace, through the sandbox, with its result told exactly.

The first lines of the result say how it ended, then the output follows as it was printed. Output
too long for the model is cut in its middle here, from the spool, so that the marker can name the
bytes and lines of the whole.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import msgspec

from steerdeck_agents.facts.action import Action, RunCommand
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.gate.verdict import is_online
from steerdeck_agents.sandbox import hosts
from steerdeck_agents.sandbox.descendants import Seen
from steerdeck_agents.sandbox.output import kept_of, readable
from steerdeck_agents.sandbox.process import Finished, Spawn, run
from steerdeck_agents.sandbox.proxy import Use, online
from steerdeck_agents.tools.arguments import parse
from steerdeck_agents.tools.outcome import LIMIT, Outcome, fit
from steerdeck_agents.tools.paths import below
from steerdeck_agents.tools.tool import function_tool

_LONGEST_SCRIPT = 100_000
"""Bytes; the kernel takes at most 128 KiB in one argument."""
_MOST_SECONDS = 1800
_MOST_WAIT_S = 30
_MOST_HOSTS = 16


class _Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    command: str
    why: str
    folder: str | None = None
    timeout_s: Annotated[float, msgspec.Meta(ge=1, le=_MOST_SECONDS)] = 120.0
    network: tuple[str, ...] = ()
    keep: bool = False
    tty: bool = False
    wait_s: Annotated[float, msgspec.Meta(ge=0, le=_MOST_WAIT_S)] = 2.0


class Shell:
    """The tool `shell`."""

    name = "shell"
    parallel = False

    def spec(self) -> dict[str, object]:
        properties = {
            "command": {"type": "string", "description": "A bash script."},
            "why": {"type": "string", "description": "The reason, in a few words."},
            "folder": {"type": "string", "description": "Where it runs."},
            "timeout_s": {"type": "number", "description": "1 to 1800, 120 if not given."},
            "network": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Hosts it needs, as pypi.org or example.org:8443.",
            },
            "keep": {"type": "boolean"},
            "tty": {"type": "boolean", "description": "With keep: in a terminal."},
            "wait_s": {"type": "number", "description": "With keep: 0 to 30."},
        }
        return function_tool(self.name, "shell", properties, ("command", "why"))

    def read(self, arguments: str, workspace: Workspace) -> RunCommand:
        given = parse(self.name, _Arguments, arguments)
        if not given.command.strip():
            raise BadArguments("The command is empty. Nothing was run.")
        if len(given.command.encode()) > _LONGEST_SCRIPT:
            raise BadArguments(
                f"The command is longer than {_LONGEST_SCRIPT:,} bytes. Nothing was run; write it "
                "to a file with apply_patch and run that."
            )
        if given.tty and not given.keep:
            raise BadArguments("A terminal is for `keep: true` only. Nothing was run.")
        if given.network and given.keep:
            raise BadArguments(
                "What goes on after its call can't have the network. Nothing was run; fetch what "
                "it needs in a call of its own."
            )
        folder = workspace.subfolder or "." if given.folder is None else given.folder
        return RunCommand(
            script=given.command,
            folder=below(folder, workspace),
            timeout_s=given.timeout_s,
            why=given.why,
            keep=given.keep,
            tty=given.tty,
            wait_s=given.wait_s,
            hosts=_hosts(given.network),
        )

    def title(self, action: Action) -> str:
        match action:
            case RunCommand(script=script):
                return one_line(script)
        raise TypeError(f"not for {self.name}: {action!r}")


def _hosts(given: tuple[str, ...]) -> tuple[str, ...]:
    if len(given) > _MOST_HOSTS:
        raise BadArguments(f"A command can ask for {_MOST_HOSTS} hosts at most. Nothing was run.")
    return tuple(sorted({one.text for one in hosts.read(given)}))


async def perform(
    action: RunCommand,
    *,
    workspace: Workspace,
    level: Level,
    surroundings: Surroundings,
    environment: Mapping[str, str],
    spool: Path,
    on_output: Callable[[str], None],
    stop: asyncio.Event,
    loopback: Seen | None = None,
    binding: Sha | None = None,
    allowed: str = "",
    on_network: Callable[[Use], None] = lambda use: None,
) -> Outcome:
    """Runs the command; raises BadArguments or SteerdeckError when it could not be started.

    `loopback` is what it shares with the shells of the session (`Shells.loopback`); `binding` is
    what it was allowed under, `allowed` holds secrets it may print. `on_network` is told of each
    connection to the hosts it may reach.
    """
    spawn = Spawn(
        script=action.script,
        workspace=workspace,
        folder=action.folder,
        environment=environment,
        timeout_s=action.timeout_s,
        level=level,
        surroundings=surroundings,
        loopback=loopback,
        binding=binding,
        allowed=allowed,
        hosts=action.hosts,
    )
    through = bool(spawn.hosts) and not is_online(level)
    async with online(spawn, on_network) if through else nullcontext(spawn) as ready:
        finished = await run(ready, on_output=on_output, stop=stop, spool=spool)
    return await asyncio.to_thread(_told, finished, action.timeout_s)


def _told(finished: Finished, timeout_s: float) -> Outcome:
    head = [*_ending(finished, timeout_s), f"duration: {finished.duration_ms / 1000:.1f} s"]
    if finished.problem:
        head.append(finished.problem)
    start = "\n".join(head) + "\n\n"
    room = LIMIT - len(start.encode())
    complete = None
    if finished.spool is None:
        output = finished.head_tail if finished.total else "(no output)"
    else:
        output, complete = from_spool(finished.spool, room)
    return Outcome(
        status="done" if finished.exit_code == 0 and not _cut_short(finished) else "failed",
        text=start + fit(output, room),
        summary=_summary(finished),
        exit_code=finished.exit_code,
        complete=complete,
    )


def from_spool(spool: Path, room: int) -> tuple[str, bytes]:
    """The output for the model, and the bytes kept for people."""
    kept = kept_of(spool)
    lines = 0 if kept.endswith(b"\n") else 1
    with spool.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            lines += chunk.count(b"\n")
        size = file.tell()
    whole = size == len(kept)
    shown = readable(kept) if whole else readable(kept[:room]) + readable(kept[-room:])
    return fit(shown, room, size, lines), kept


def _cut_short(finished: Finished) -> bool:
    return (
        finished.timed_out
        or finished.interrupted
        or finished.capped
        or finished.crowded
        or finished.memory
    )


def _ending(finished: Finished, timeout_s: float) -> list[str]:
    """How it ended, as the first lines of the result."""
    lines = [] if finished.exit_code is None else [f"exit code: {finished.exit_code}"]
    if finished.timed_out:
        lines.append(f"timed out after {timeout_s:g} s; nothing of it is running any more")
    elif finished.interrupted:
        lines.append("stopped by the developer; nothing of it is running any more")
    elif finished.capped:
        lines.append("stopped because it printed too much; send its output to a file")
    elif finished.crowded:
        lines.append("stopped because it had more than 1,024 processes and threads")
    elif finished.memory:
        lines.append("stopped because it took too much memory; nothing of it is running any more")
    if finished.signal is not None:
        lines.append(f"ended by signal {finished.signal}")
    return lines


def _summary(finished: Finished) -> str:
    if finished.timed_out:
        return "timed out"
    if finished.interrupted:
        return "stopped"
    if finished.capped:
        return "too much output"
    if finished.crowded:
        return "too many processes"
    if finished.memory:
        return "too much memory"
    if finished.exit_code is None:
        return f"signal {finished.signal}"
    return f"exit {finished.exit_code}"
