"""The parts of a script for the approval card: programs, words, files written, network."""

import re

from steerdeck_agents.facts.outline import Command, Outline
from steerdeck_agents.gate.shell.danger import is_dangerous
from steerdeck_agents.gate.shell.kinds import NETWORK
from steerdeck_agents.gate.shell.loose import Loose, loose_commands, too_deep
from steerdeck_agents.gate.shell.syntax import listed
from steerdeck_agents.gate.shell.writes import written

_MOST = 100
"""Commands that are listed."""
_LONGEST = 8_192
"""Characters of a script that is read for the hosts it names."""
_MOST_HOSTS = 8
_URL = re.compile(r"[a-z][a-z0-9+.-]{1,15}://(?:[^\s/@]*@)?(\[[0-9a-f:]+\]|[\w.-]+)", re.IGNORECASE)
_HOST = re.compile(r"([\w.-]+@)?((?:[\w-]+\.)+[a-zA-Z]{2,24}|\d+(?:\.\d+){3})(:.*)?", re.DOTALL)
_TAKES_HOSTS = listed("ssh sftp ftp telnet nc ncat netcat ping dig host nslookup traceroute whois")
"""Programs whose bare words are hosts; the words of others may be files."""
_NAME = re.compile(r"(?<![\w.-])[A-Za-z][\w.-]*")
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


def outline_of(script: str, *, whole: bool, read: tuple[str, ...], alarmed: str = "") -> Outline:
    """What the commands of a script are and touch; `read` is what the judge has seen of reads.

    Effects are those of all commands, however few are listed. `alarmed` is the workspace, absolute,
    where the script is dangerous: then each command is looked at for its part in it.
    """
    if too_deep(script):
        return unread(script)
    found = loose_commands(script)
    commands = [_command(one, alarmed) for one in found if one.words]
    bare = (_command(one, "") for one in found if not one.words)
    writes = tuple(dict.fromkeys(path for c in (*commands, *bare) for path in c.writes))
    network = tuple(dict.fromkeys(c.program for c in commands if c.network))
    kept = _kept(commands)
    whole = whole and len(kept) == len(commands)
    return Outline(kept, len(commands), whole, read, writes, network)


def unread(script: str) -> Outline:
    """What is known of a text too long to be read: the programs of the network it may name."""
    named = dict.fromkeys(_NAME.findall(script))
    return Outline(network=tuple(name for name in named if name in NETWORK))


def may_reach(script: str) -> tuple[str, ...]:
    """Hosts that the network programs of a script name; the program itself where it names none.

    Each as words behind "may have reached". It says nothing of programs that are not known.
    """
    too_long = too_deep(script) or len(script) > _LONGEST
    found = () if too_long else loose_commands(script)
    told: dict[str, None] = {}
    for one in found:
        if one.words and _command(one, "").network:
            hosts = [host for word in one.words[1:] for host in _hosts(word, one.program)]
            told.update(dict.fromkeys(hosts or [f"what {one.program} connects to"]))
    if too_long:
        told.update(dict.fromkeys(f"what {name} connects to" for name in unread(script).network))
    return tuple(told)[:_MOST_HOSTS]


def _hosts(word: str, program: str) -> list[str]:
    if found := _URL.findall(word):
        return [f"the host {host.lower()}" for host in found]
    host = _HOST.fullmatch(word)
    if host and (program in _TAKES_HOSTS or host[1] or host[3]):
        return [f"the host {host[2].lower()}"]
    return []


def _kept(commands: list[Command]) -> tuple[Command, ...]:
    """Those that are listed: what matters most first, then the first; in the order of the text."""
    if len(commands) <= _MOST:
        return tuple(commands)
    places = sorted(range(len(commands)), key=lambda at: commands[at].harmless)[:_MOST]
    return tuple(commands[at] for at in sorted(places))


def _command(found: Loose, alarmed: str) -> Command:
    targets = [target for _, target in found.writes]
    if not found.words:
        return Command("", (), written("", (), targets))
    program, words = found.program, found.words[1:]
    operands = [word for word in words if not word.startswith("-")]
    danger = bool(alarmed) and is_dangerous(found, alarmed)
    writes = written(program, words, targets)
    return Command(program, words, writes, _reaches(program, operands), danger)


def _reaches(program: str, operands: list[str]) -> bool:
    verbs = _NET_VERBS.get(program)
    if verbs is None:
        return program in NETWORK
    return not verbs or any(word in verbs for word in operands[:2])
