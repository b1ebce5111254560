"""Checks and goals as options, the same wherever a verb takes them."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from steerdeck.verbs import reach
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.printing import err
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.share.conscience import checks_words

_P = ParamSpec("_P")
_R = TypeVar("_R")
_NAMED = re.compile(r"([a-z][a-z0-9._-]*)=(.*)", re.DOTALL)
"""A name is written in lower case, so that `CI=1 make test` stays a command."""
_LONGEST_NAME = 40

Rhythm = tuple[int, float]
"""Turns and seconds between two check-ins; 0 is none."""


def _rhythm(ctx: click.Context, param: click.Parameter, value: str | None) -> Rhythm | None:
    """`10` is ten turns, `30m` thirty minutes, `2h` two hours."""
    if value is None:
        return None
    found = re.fullmatch(r"(\d{1,6})([mh]?)", value)
    if found is None:
        problem = f"{value!r} is neither a number of turns nor a time such as 30m."
        raise click.BadParameter(problem, ctx, param)
    number, unit = int(found[1]), found[2]
    return (0, number * (3600.0 if unit == "h" else 60.0)) if unit else (number, 0.0)


_CHECKS = (
    click.option("--check", "told", multiple=True, metavar="[NAME=]COMMAND",
                 help="Work is done when this command succeeds; may be given several times."),
    click.option("--checks", "source", type=click.Choice(["found"]),
                 help="found: the checks found in the repository, which are listed first."),
)  # fmt: skip
_RHYTHM = (
    click.option("--check-in", "rhythm", callback=_rhythm, metavar="TURNS|Nm",
                 help="Say how far the goal is after so many turns, or minutes; 0 is never."),
    click.option("--wait-at-check-in", "waits", is_flag=True,
                 help="Pause at each check-in until you resume it."),
)  # fmt: skip


def checked(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Give a command the options `named` and `found_by` read."""
    return _with(command, _CHECKS)


def rhythmic(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Give a command the options `goal_of` reads."""
    return _with(command, _RHYTHM)


def named(told: Sequence[str]) -> tuple[Check, ...]:
    """The checks told as `COMMAND` or `NAME=COMMAND`; without a name the command is the name."""
    checks: dict[str, Check] = {}
    for text in told:
        found = _NAMED.fullmatch(text)
        command = (found[2] if found else text).strip()
        if not command:
            raise Ending(f"--check {text!r} holds no command; write NAME=COMMAND.", USAGE)
        name = found[1] if found else one_line(command, _LONGEST_NAME)
        if found and name in checks:
            raise Ending(f"Two checks are named {name!r}; name them apart.", USAGE)
        number = 2
        while name in checks and checks[name].command != command:
            name = f"{one_line(command, _LONGEST_NAME)} ({number})"
            number += 1
        checks[name] = Check(name=name, command=command)
    return tuple(checks.values())


async def found(client: Client | None, folder: str) -> tuple[Check, ...]:
    """The checks found for a folder: by the runtime, or by ourselves when none runs."""
    if client is None:
        # Loads what reads a repository, which most verbs need not.
        from steerdeck_agents.work.checks_offered import offered

        return await offered(folder)
    page = await client.ask(wire.ChecksFound(folder), wire.FoundChecks)
    if page.problem:
        raise Ending(page.problem)
    return page.checks


async def found_by(
    client: Client, folder: str, told: tuple[Check, ...], source: str | None
) -> tuple[Check, ...]:
    """The checks told, and with `--checks found` those of the folder, listed for who gives them."""
    if source is None:
        return told
    more = await found(client, folder)
    if not more and not told:
        raise Ending(f"No check was found in {folder}; name one with --check COMMAND.", USAGE)
    names, commands = {check.name for check in told}, {check.command for check in told}
    new = tuple(c for c in more if c.name not in names and c.command not in commands)
    if new:
        err("Checks found in the repository, which run from now on:")
        for line in checks_words(new).split("\n"):
            err(f"  {line}")
    return (*told, *new)


def goal_of(objective: str | None, rhythm: Rhythm | None, *, waits: bool) -> Goal | None:
    """The goal these options tell of, if any."""
    if objective is None:
        if rhythm is not None or waits:
            raise Ending("--check-in and --wait-at-check-in need a goal.", USAGE)
        return None
    if not objective.strip():
        raise Ending("A goal needs an objective: say what is to be reached.", USAGE)
    if rhythm is None:
        return Goal(objective, waits=waits)
    return Goal(objective, check_in_turns=rhythm[0], check_in_s=rhythm[1], waits=waits)


def needs_check() -> Ending:
    """What is said of a goal that nothing could complete."""
    return Ending(
        "A goal needs a check, since only checks can say that it is met: add --check COMMAND, "
        "or --checks found.",
        USAGE,
    )


def folder_of(state: SessionState) -> str:
    """Where the developer stood when the session was started."""
    return str(Path(state.workspace.repository) / state.workspace.subfolder)


async def found_here(folder: str) -> tuple[Check, ...]:
    """The checks found for a folder, with a runtime or without."""
    async with reach.running(reach.here()) as client:
        return await found(client, folder)


def _with(
    command: Callable[_P, _R],
    options: Sequence[Callable[[Callable[_P, _R]], Callable[_P, _R]]],
) -> Callable[_P, _R]:
    for option in reversed(options):
        command = option(command)
    return command
