"""The parts of a script for the approval card: programs, words, files written, network."""

from steerdeck_agents.facts.outline import Command, Outline
from steerdeck_agents.gate.shell.kinds import NETWORK
from steerdeck_agents.gate.shell.loose import Loose, loose_commands
from steerdeck_agents.gate.shell.syntax import listed

_MOST = 100
_WRITES_ALL = listed(
    "rm touch mkdir rmdir tee truncate unlink shred chmod chown chgrp mkfifo gzip gunzip"
)
_WRITES_LAST = listed("cp mv ln install rsync scp")
_SKIPS_FIRST = listed("chmod chown chgrp")
_NET_VERBS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        ("yarn", "pnpm", "npx", "uvx", "apt", "apt-get", "brew", "bundle", "composer", "conda"),
        frozenset(),
    ),
    "git": listed("fetch pull push clone ls-remote submodule remote"),
    "pip": listed("install download index search wheel"),
    "pip3": listed("install download index search wheel"),
    "uv": listed("pip sync add run tool lock"),
    "npm": listed("install i ci add update outdated view publish audit exec run"),
    "cargo": listed("install update fetch add build run test publish search"),
    "go": listed("get install mod build run test"),
    "gem": listed("install update push"),
}
"""Programs that reach the network with these subcommands; with any, when there are none."""


def outline_of(script: str, *, whole: bool, read: tuple[str, ...]) -> Outline:
    """What the commands of a script are and touch; `read` is what the judge has seen of reads."""
    commands = tuple(_command(found) for found in loose_commands(script)[:_MOST] if found.words)
    writes = tuple(dict.fromkeys(path for command in commands for path in command.writes))
    network = tuple(dict.fromkeys(c.program for c in commands if c.network))
    return Outline(commands, whole, read, writes, network)


def _command(found: Loose) -> Command:
    program, words = found.program, found.words[1:]
    operands = [word for word in words if not word.startswith("-")]
    writes = [target for _, target in found.writes if target not in ("/dev/null", "1", "2")]
    if program in _WRITES_ALL:
        writes += operands[1:] if program in _SKIPS_FIRST else operands
    elif program in _WRITES_LAST:
        writes += operands[-1:]
    elif program == "sed" and any(word.startswith(("-i", "--in-place")) for word in words):
        writes += operands[1:]
    elif program == "dd":
        writes += [word[3:] for word in words if word.startswith("of=")]
    return Command(program, words, tuple(writes), _reaches(program, operands))


def _reaches(program: str, operands: list[str]) -> bool:
    verbs = _NET_VERBS.get(program)
    if verbs is None:
        return program in NETWORK
    return not verbs or any(word in verbs for word in operands[:2])
