"""What an allow is bound to, made in this one place (law 6).

The gate binds when it asks, the performer binds again when it performs, and the spawner once more
from what it is about to start; equal hashes mean that the same thing happens. So everything that
changes the effect must be in it, and nothing else.
"""

import os
import posixpath
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from steerdeck_agents.facts.action import Action, ApplyPatch, PatchedFile, RunCommand
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.facts.verdict import Binding
from steerdeck_agents.gate.shell.loose import loose_commands

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_RUNS_A_FILE = re.compile(
    r"(?:ba|da|z|k)?sh|source|\.|exec|env|nice|time|timeout|python[\d.]*|node|deno|bun|perl|ruby|php"
)
_REFERENCE = re.compile(r"refs/[A-Za-z0-9_.+@-]+(?:/[A-Za-z0-9_.+@=,%~#-]+)*")
_MOST_STEPS = 5
"""A symbolic reference may name another one so often, as in git."""
_MOST_FILES = 16
_LARGEST = 5_000_000
_LONGEST = 8_192
"""Characters of a script that is searched for the files it runs."""


class Stand(msgspec.Struct, frozen=True):
    """What a command meets in its workspace."""

    folder: str = ""
    """Which folders the workspace and its starting folder are: device and inode of each."""
    head: str = ""
    """Commit id of HEAD, or what else stands there."""
    files: tuple[tuple[str, str], ...] = ()
    """The files of the workspace it runs by name, each with its hash."""


def stand_of(script: str, workspace: Workspace, folder: str, opened: int | None = None) -> Stand:
    """How things stand for a command now. Reads files: call it in a thread.

    `opened` is the starting folder as a descriptor, where it is held open already.
    """
    there = posixpath.join(workspace.path, folder)
    return Stand(
        folder=f"{_which(workspace.path)} {_which(there if opened is None else opened)}",
        head=head_of(Path(workspace.path)),
        files=tuple(_files(script, workspace.path, there)),
    )


def bind(
    action: Action,
    *,
    workspace: Workspace,
    environment: Mapping[str, str],
    level: Level,
    stand: Stand | None = None,
) -> Binding:
    """The binding of one action; `environment`, `level` and `stand` count for commands only.

    For a patch each of `bases` holds the path, and as one text the hash of the file the patch was
    computed on, an arrow, and the hash of the whole result.
    """
    match action:
        case RunCommand():
            kept = "shell session on a terminal" if action.tty else "shell session"
            stand = stand or Stand()
            return Binding(
                kind=kept if action.keep else "command",
                text=action.script,
                folder=posixpath.normpath(posixpath.join(workspace.path, action.folder)),
                environment=tuple(sorted(environment.items())),
                level=level.name,
                bases=stand.files,
                head=stand.head,
                place=stand.folder,
                hosts=tuple(sorted(action.hosts)),
            )
        case ApplyPatch():
            return Binding(
                kind="patch",
                text=action.text,
                folder=workspace.path,
                environment=(),
                level="",
                bases=tuple(sorted((file.path, _change(file)) for file in action.files)),
            )
        case _:
            return Binding(
                kind=str(type(action).__struct_config__.tag),
                text=msgspec.json.encode(action).decode(),
                folder=workspace.path,
                environment=(),
                level="",
            )


def head_of(top: Path) -> str:
    """Commit id of HEAD read from its files, as gitrepository-layout(5) has them.

    Where no commit can be read, a text that differs whenever what stands there does. A process for
    each command that is judged would cost more than everything else around it.
    """
    git = top / ".git"
    name = "HEAD"
    for _ in range(_MOST_STEPS):
        found = _line(git / name) or _packed(git, name)
        following = found.removeprefix("ref:").strip()
        if following == found:
            return found if COMMIT.fullmatch(found) else f"{name}: {sha_of(found.encode())}"
        if not _REFERENCE.fullmatch(following) or ".." in following:
            return f"{name}: {sha_of(found.encode())}"
        name = following
    return f"too many steps to {name}"


def _change(file: PatchedFile) -> str:
    result = "removed" if file.result is None else sha_of(file.result)
    return f"{file.base or 'absent'} -> {result}{' executable' if file.executable else ''}"


def _which(place: str | int) -> str:
    try:
        found = Path(place).stat() if isinstance(place, str) else os.fstat(place)
    except OSError:
        return "none"
    return f"{found.st_dev}:{found.st_ino}"


def _line(file: Path) -> str:
    return _text(file)[:1024].strip()


def _text(file: Path) -> str:
    if (opened := _opened(file)) is None:
        return ""
    with os.fdopen(opened, encoding="utf-8", errors="surrogateescape") as text:
        return text.read()


def _opened(place: str | Path) -> int | None:
    """A descriptor of a regular file; None where none is: nobody waits at a pipe."""
    try:
        opened = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(os.fstat(opened).st_mode):
        return opened
    os.close(opened)  # fdopen takes no folder
    return None


def _packed(git: Path, name: str) -> str:
    """A reference from the file that holds many; empty when it is not there."""
    lines = _text(git / "packed-refs").splitlines()
    found = (line.partition(" ") for line in lines if line[:1] not in ("#", "^"))
    return next((commit for commit, _, named in found if named == name), "")


def _files(script: str, top: str, folder: str) -> Iterator[tuple[str, str]]:
    """The files below `top` that a script runs, as far as its text names them."""
    if len(script) > _LONGEST:
        return
    words: list[str] = []
    for command in loose_commands(script):
        if _RUNS_A_FILE.fullmatch(command.program):
            words += command.words[1:]
        words += [word for word in command.words[:1] if "/" in word]
    inside = f"{os.path.realpath(top)}/"
    for word in list(dict.fromkeys(words))[:_MOST_FILES]:
        place = os.path.realpath(posixpath.join(folder, word))
        if place.startswith(inside) and (sha := _hash(place)):
            yield word, sha


def _hash(place: str) -> str:
    """Hash of a regular file; of one too large its size and times; empty where none is."""
    if (opened := _opened(place)) is None:
        return ""
    seen = os.fstat(opened)
    with os.fdopen(opened, "rb") as file:
        if seen.st_size > _LARGEST:
            return f"{seen.st_ino} {seen.st_size} {seen.st_mtime_ns}"
        return sha_of(file.read(_LARGEST + 1))
