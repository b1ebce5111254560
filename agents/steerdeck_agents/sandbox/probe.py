"""How far commands are really held back, found by trying to escape, never by looking for a binary.

The trials run through the same spawner and the same arguments as every command, so what holds for
them holds for it. The best tier that holds files and network is the level; what it does not hold
is said with it. Of bubblewrap everything is asked: one escape that works, and it is not relied on.
"""

import asyncio
import platform
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import Level, LevelName, Surroundings, Workspace
from steerdeck_agents.sandbox import attempts, bubblewrap, seatbelt, seccomp
from steerdeck_agents.sandbox.attempts import ESCAPES
from steerdeck_agents.sandbox.process import Spawn, environment, run
from steerdeck_agents.sandbox.remedy import install, refused, release
from steerdeck_agents.settings.scratch import ScratchFolder


class Attempt(msgspec.Struct, frozen=True):
    """One escape that was tried."""

    name: str
    would: str
    """What it tries, such as `read a file outside the workspace`."""
    part: attempts.Part
    held: bool


class Trial(msgspec.Struct, frozen=True):
    """What trying one tier has shown."""

    tier: LevelName
    level: Level
    """What it amounts to; of the name `none` when it is not relied on, with the reason."""
    attempts: tuple[Attempt, ...] = ()
    """Empty when it could not be tried."""


async def probe(program: str = bubblewrap.PROGRAM) -> Level:
    """The level commands get here; takes about 0.1 s, so ask once per process."""
    tried: list[Trial] = []
    for tier in _here():
        tried.append(await trial(tier, program))
        if tried[-1].level.name != "none":
            break
    return best(tried)


async def trials(program: str = bubblewrap.PROGRAM) -> tuple[Trial, ...]:
    """Every tier this system could have, tried; the best first."""
    return tuple([await trial(tier, program) for tier in _here()])


def best(tried: Sequence[Trial]) -> Level:
    """The level of the first tier that is relied on, with what a better one would need."""
    for one in tried:
        if one.level.name != "none":
            first = tried[0]
            more = f"{first.tier} would hold more: {first.level.why}" if one is not first else ""
            why = " ".join(filter(None, [one.level.why, more]))
            return msgspec.structs.replace(one.level, why=why)
    if not tried:
        return Level(why=f"there is no sandbox for {sys.platform} yet; run it on Linux.")
    return Level(why=tried[0].level.why)


async def trial(tier: LevelName, program: str = bubblewrap.PROGRAM) -> Trial:
    """Try one tier; never raises for a sandbox that is not there or does not work."""
    if missing := _missing(tier, program):
        return Trial(tier, Level(why=missing))
    try:
        with ScratchFolder() as folder:
            return await _attempt(tier, folder, program)
    except SteerdeckError as problem:
        return Trial(tier, Level(why=refused(tier, str(problem))))
    except OSError as problem:
        why = f"the sandbox could not be tried ({problem}); free some space and retry."
        return Trial(tier, Level(why=why))


def _here() -> tuple[LevelName, ...]:
    tiers: dict[str, tuple[LevelName, ...]] = {
        "linux": ("bubblewrap", "landlock"),
        "darwin": ("seatbelt",),
    }
    return tiers.get(sys.platform, ())


def _missing(tier: LevelName, program: str) -> str:
    """Why a tier need not even be tried."""
    if tier == "bubblewrap" and not Path(program).is_file():
        return f"bubblewrap is not installed; {install(release())} and start again."
    if tier == "seatbelt" and not Path(seatbelt.PROGRAM).is_file():
        return f"{seatbelt.PROGRAM} is missing."
    if tier != "seatbelt" and seccomp.program() is None:
        return f"there is no system call filter for {platform.machine()} yet."
    if tier == "landlock":
        from steerdeck_agents.sandbox import landlock  # loads a library only runtimes need

        if landlock.abi() < landlock.OLDEST:
            here = f"of version {landlock.abi()}" if landlock.abi() else "off"
            return f"Landlock is {here}; version {landlock.OLDEST} (Linux 6.2) is needed."
    return ""


async def _attempt(tier: LevelName, folder: Path, program: str) -> Trial:
    top = folder / "workspace"
    top.mkdir()
    workspace = Workspace(path=str(top), repository="", branch="", base="")
    claimed = Level(name=tier, files=True, network=True, processes=True)
    with attempts.targets(folder, top) as targets:
        script = [sys.executable, "-I", "-S", "-c", attempts.SCRIPT, *targets.arguments()]
        spawn = Spawn(
            script=shlex.join(script),
            workspace=workspace,
            environment=environment(Surroundings(), workspace, claimed),
            level=claimed,
            timeout_s=20,
        )
        finished = await run(
            spawn,
            on_output=lambda _: None,
            stop=asyncio.Event(),
            spool=folder / "spool",
            program=program,
        )
        reached = targets.reached()
    told = attempts.said(finished.head_tail)
    if told is None:
        return Trial(tier, Level(why=refused(tier, finished.head_tail)))
    return _judge(tier, told | reached)


def _judge(tier: LevelName, worked: frozenset[str]) -> Trial:
    tried = tuple(
        Attempt(escape.name, escape.would, escape.part, escape.name not in worked)
        for escape in ESCAPES
    )
    did = [escape.did for escape in ESCAPES if escape.name in worked]
    holds = {
        part: all(one.held for one in tried if one.part == part)
        for part in ("files", "network", "processes")
    }
    relied = not did if tier == "bubblewrap" else holds["files"] and holds["network"]
    if not relied:
        return Trial(
            tier,
            Level(
                why=f"{tier} runs here but a command {', '.join(did)}; it is not relied on."
                + (" Install bubblewrap 0.8 or later." if tier == "bubblewrap" else "")
            ),
            tried,
        )
    loose = [escape.would for escape in ESCAPES if escape.name in worked]
    why = f"A command can {', and '.join(loose)}." if loose else ""
    return Trial(tier, Level(name=tier, why=why, **holds), tried)
