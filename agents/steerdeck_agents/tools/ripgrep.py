"""ripgrep, where the developer has it: asked which files may hold a match, never what matches.

Which files are searched, what a match is and how it is told stays with `search.py`, so the outcome
is the same with ripgrep, without it, and when it fails. It gets file names and a pattern we wrote
ourselves, reads no configuration and no ignore files, and runs confined like every command.
"""

import asyncio
import contextlib
import os
import shlex
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.sandbox.process import Spawn, run
from steerdeck_agents.sandbox.toolchains import search_path
from steerdeck_agents.tools.pattern import Pattern

FEWEST = 500
"""Below so many files starting a program costs more than it saves."""
_LONGEST_SCRIPT = 100_000
"""Bytes; the kernel takes at most 128 KiB in one argument."""
_LONGEST_COUNTED = 4_000
"""Characters of a line ripgrep may be asked to count: its automaton has a state for each."""
_SECONDS = 8.0
_OPTIONS = (
    "--no-config --no-messages --no-ignore --hidden --text --files-with-matches --null"
    " --color never --engine default"
)
_NAME = b"ripgrep "


@dataclass(frozen=True)
class Hands:
    """What it takes to run a command, as the bench of tools has it."""

    workspace: Workspace
    level: Level
    surroundings: Surroundings
    environment: Mapping[str, str]
    spool: Path
    stop: asyncio.Event


@dataclass(frozen=True)
class Narrowed:
    """What ripgrep said: of the files that were asked about only those in `found` may match."""

    asked: frozenset[str] = frozenset()
    found: frozenset[str] = frozenset()

    def rules_out(self, name: str) -> bool:
        return name in self.asked and name not in self.found


async def narrowed(pattern: Pattern, names: Sequence[str], hands: Hands, largest: int) -> Narrowed:
    """Ask ripgrep about those of the files it can judge; nothing is ruled out in any doubt.

    It is asked for long lines too, so a file of at most `largest` bytes that is ruled out has no
    line longer than the pattern may be given: nothing would have been left out of it.
    """
    if not pattern.in_bytes or len(names) < FEWEST:
        return Narrowed()
    program = await asyncio.to_thread(_program, hands)
    if program is None:
        return Narrowed()
    longest = min(pattern.line_limit, _LONGEST_COUNTED) + 1
    options = f"{_OPTIONS} -e {shlex.quote(pattern.in_bytes)} -e '^(?-u:[^\\n]{{{longest}}})'"
    asked = await asyncio.to_thread(_plain_files, hands.workspace.path, names, largest)
    if len(asked) < FEWEST:
        return Narrowed()
    found: set[str] = set()
    for script in _scripts(program, options, asked):
        told = await _told(script, hands)
        if told is None or not told.issubset(asked):
            return Narrowed()
        found |= told
    return Narrowed(frozenset(asked), frozenset(found))


def _program(hands: Hands) -> str | None:
    """The `rg` of the caller's PATH, unless it lies in the workspace, where the agent writes."""
    places = ":".join(search_path(hands.surroundings))
    found = shutil.which("rg", path=places) if places else None
    if found is None or Path(os.path.realpath(found)).is_relative_to(hands.workspace.path):
        return None
    return found


def _plain_files(top: str, names: Sequence[str], largest: int) -> dict[str, None]:
    """Regular files of at most `largest` bytes that may be read, in order."""
    plain: dict[str, None] = {}
    for name in names:
        with contextlib.suppress(OSError, UnicodeError):
            name.encode()
            seen = os.lstat(f"{top}/{name}")
            whole = stat.S_ISREG(seen.st_mode) and seen.st_mode & 0o400 and seen.st_size <= largest
            if whole and not is_secret_path(name):
                plain[name] = None
    return plain


def _scripts(program: str, options: str, names: Iterable[str]) -> Iterator[str]:
    """Commands that ask about all files, none of them too long to be started."""
    rg = shlex.quote(program)
    head = f"{rg} --version | head -n 1; exec {rg} {options} --"
    words: list[str] = []
    size = len(head)
    for name in names:
        word = shlex.quote(name)
        if words and size + len(word.encode()) > _LONGEST_SCRIPT:
            yield " ".join([head, *words])
            words, size = [], len(head)
        words.append(word)
        size += len(word.encode()) + 1
    if words:
        yield " ".join([head, *words])


async def _told(script: str, hands: Hands) -> set[str] | None:
    """The files named; None when it was no ripgrep, failed, was stopped or said too much."""
    spawn = Spawn(
        script=script,
        workspace=hands.workspace,
        environment=hands.environment,
        level=hands.level,
        surroundings=hands.surroundings,
        timeout_s=_SECONDS,
    )
    try:
        done = await run(spawn, on_output=lambda _: None, stop=hands.stop, spool=hands.spool)
        if done.exit_code not in (0, 1) or done.timed_out or done.interrupted or done.capped:
            return None
        if done.spool is None:
            data = b"" if done.problem else done.head_tail.encode()
        else:
            data = await asyncio.to_thread(done.spool.read_bytes)
    except (SteerdeckError, OSError, UnicodeError):
        return None
    finally:
        hands.spool.unlink(missing_ok=True)
    name, _, rest = data.partition(b"\n")
    if not name.startswith(_NAME):
        return None
    return {os.fsdecode(one) for one in rest.split(b"\0") if one}
