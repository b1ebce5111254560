"""Running one check: through the sandbox like any command, with a time of its own.

A check that hangs is killed and said to hang; one that can't be run at all is not said to fail.
"""

import asyncio
import posixpath
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from steerdeck_agents.facts.checks import Check, CheckResult, CheckStatus
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox.output import readable
from steerdeck_agents.sandbox.process import Finished, Spawn, run
from steerdeck_agents.work.check_judge import result_of
from steerdeck_agents.work.checks_found import Found

CAP = 32 * 1024 * 1024
"""Bytes a check may print before it is stopped."""
_CANNOT_RUN = (126, 127)
"""Bash: not executable, not found."""
_NO_MODULE = re.compile(r"^\S*python[\w.]*: No module named \S+$", re.M)


class Ran(msgspec.Struct, frozen=True):
    """One run of a check, and the bytes that belong to `result.output`."""

    result: CheckResult
    complete: bytes = b""


def as_check(found: Found, subfolder: str = "") -> Check:
    """A proposal as the check it becomes; it goes to its folder first, from where checks start.

    `subfolder` is that of the workspace.
    """
    command = found.command
    way = posixpath.relpath(found.folder, subfolder or ".")
    if way != ".":
        command = f"cd {shlex.quote(way)} && {command}"
    return Check(name=found.name, command=command, source=found.from_file)


async def run_check(
    check: Check,
    *,
    workspace: Workspace,
    level: Level,
    surroundings: Surroundings,
    environment: Mapping[str, str],
    spool: Path,
    stop: asyncio.Event,
    on_output: Callable[[str], None] = lambda text: None,
    baseline: CheckResult | None = None,
) -> Ran:
    """Run a check to its end, its time, its cap, or `stop`; never raises for what a check does.

    What is new against `baseline` stands first in the excerpt. `spool` is gone afterwards.
    """
    spawn = Spawn(
        script=check.command,
        workspace=workspace,
        environment=environment,
        level=level,
        folder=workspace.subfolder or ".",
        timeout_s=check.timeout_s,
        surroundings=surroundings,
    )
    try:
        finished = await run(spawn, on_output=on_output, stop=stop, spool=spool, cap=CAP)
        return await asyncio.to_thread(_told, check, finished, baseline)
    except SteerdeckError as problem:
        return Ran(result_of(check, "unstarted", "", problem=str(problem)))
    finally:
        spool.unlink(missing_ok=True)


def _told(check: Check, finished: Finished, baseline: CheckResult | None) -> Ran:
    complete = finished.kept()
    output = readable(complete)
    status = _status(finished, output)
    result = result_of(
        check,
        status,
        output,
        baseline=baseline,
        exit_code=finished.exit_code,
        duration_ms=finished.duration_ms,
        stored=sha_of(complete) if complete else None,
        problem=_problem(check, status, finished, output),
    )
    return Ran(result, complete)


def _status(finished: Finished, output: str) -> CheckStatus:
    if finished.timed_out:
        return "hung"
    if finished.interrupted:
        return "stopped"
    if finished.capped:
        return "flooded"
    if finished.memory or finished.crowded:
        return "failed"
    if finished.exit_code == 0:
        return "passed"
    missing = len(output) < 4096 and _NO_MODULE.search(output)
    return "unstarted" if finished.exit_code in _CANNOT_RUN or missing else "failed"


def _problem(check: Check, status: CheckStatus, finished: Finished, output: str) -> str:
    match status:
        case "hung":
            return f"hung after {check.timeout_s:g} s, so it was killed"
        case "stopped":
            return "stopped by the developer"
        case "flooded":
            return f"stopped because it printed more than {CAP // 1024 // 1024} MB"
        case "unstarted":
            return f"could not be run: {one_line(output.strip()[-300:]) or 'no such command'}"
        case "failed" if finished.memory:
            return "stopped because it took too much memory"
        case "failed" if finished.crowded:
            return "stopped because it had too many processes"
        case "failed" if finished.signal is not None:
            return f"ended by signal {finished.signal}"
    return ""
