"""What a repository asks for: `.steerdeck.toml` in the top folder of the developer's checkout.

A repository is foreign text, so this file can ask and nothing else: scripts wait for a consent that
is bound to their bytes, checks are proposals, folders come only from inside the checkout. No key
of it reaches a model, a rule, the sandbox or a server, and an unknown key is an error rather than
a hope.
"""

import difflib
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.facts.setup import SetupKind

NAME = ".steerdeck.toml"
Way = Literal["copy", "link"]
"""How a dependency folder comes: a copy of its own, or the developer's, read-only."""

TEARDOWN_S = 60.0
"""Time for a tear-down script: the developer waits for the end of a session."""
_LARGEST = 64 * 1024
_LONGEST_SCRIPT = 16 * 1024
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


class Script(msgspec.Struct, frozen=True):
    """One script a project wants to run in a new workspace, or at its end."""

    kind: SetupKind
    text: str
    """Bash, run in the top folder of the workspace."""
    network: bool = False
    timeout_s: float = TEARDOWN_S


class Folder(msgspec.Struct, frozen=True):
    """A folder git ignores that a new workspace should have."""

    path: str
    """From the top of the repository."""
    way: Way


class Project(msgspec.Struct, frozen=True):
    """All that a project asks for; nothing, when it has no file."""

    setup: Script | None = None
    teardown: Script | None = None
    ports: int = 10
    """How many ports in a row a session gets."""
    folders: tuple[Folder, ...] = ()
    checks: tuple[Check, ...] = ()
    """Proposals: they run only after the developer has given them to a session."""

    @property
    def scripts(self) -> tuple[Script, ...]:
        return tuple(script for script in (self.setup, self.teardown) if script is not None)


_Seconds = Annotated[float, msgspec.Meta(ge=1, le=3600)]


class _Workspace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    setup: str = ""
    teardown: str = ""
    setup_network: bool = False
    setup_timeout: _Seconds = 600.0
    ports: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    folders: dict[str, object] = {}


class _Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    command: str
    timeout: _Seconds = 600.0


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    workspace: _Workspace = _Workspace()
    checks: tuple[_Check, ...] = ()


_SHAPES: dict[str, type[msgspec.Struct]] = {"": _File, "workspace": _Workspace, "checks": _Check}


def read_project(top: Path | str) -> Project:
    """What the checkout at `top` asks for, as its file stands on disk.

    Raises:
        SettingsError: the file can't be read or says something that can't be; names the line.
    """
    file = Path(top) / NAME
    text = _text(file)
    given = _parsed(file, text)
    place = given.workspace
    for kind, script in (("setup", place.setup), ("teardown", place.teardown)):
        problem = _script_problem(script)
        if problem:
            raise _wrong(file, text, "workspace", None, kind, problem)
    folders = tuple(
        Folder(path.rstrip("/"), _way(file, text, path, way)) for path, way in place.folders.items()
    )
    checks = tuple(_check(file, text, index, one) for index, one in enumerate(given.checks))
    names = [check.name for check in checks]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise _wrong(file, text, "checks", index, "name", f"two checks are named {name!r}")
    return Project(
        setup=Script("setup", place.setup, place.setup_network, place.setup_timeout)
        if place.setup.strip()
        else None,
        teardown=Script("teardown", place.teardown) if place.teardown.strip() else None,
        ports=place.ports,
        folders=folders,
        checks=checks,
    )


def _text(file: Path) -> str:
    """The text of the file, empty when there is none; never that of a link or a pipe."""
    try:
        found = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    except OSError as error:
        linked = " It is a link; make it a plain file." if file.is_symlink() else ""
        raise SettingsError(
            f"{file} can't be read: {error.strerror}.{linked or ' Make it readable, or remove it.'}"
        ) from error
    with os.fdopen(found, "rb") as opened:
        if not stat.S_ISREG(os.fstat(found).st_mode):
            raise SettingsError(f"{file} is not a plain file; remove it, or make it one.")
        data = opened.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise SettingsError(f"{file} is longer than {_LARGEST:,} bytes; shorten it.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{file} is not UTF-8 text (byte {error.start}). Save it as UTF-8, or remove it."
        ) from error


def _parsed(file: Path, text: str) -> _File:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{file} is not valid TOML: {error}. Correct that line, or remove the file."
        ) from error
    try:
        return msgspec.convert(data, _File)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).replace("`", "").partition(" - at ")
        unknown = re.search(r"unknown field (.+)", problem)
        missing = re.search(r"missing required field (.+)", problem)
        path = re.fullmatch(r"\$(?:\.(\w+))?(?:\[(\d+)\])?(?:\.(\w+))?(.*)", place)
        table, index, key, rest = path.groups() if path else (None, None, None, "")
        if unknown is not None:
            key, problem = unknown[1], f"unknown setting{_hint(table or '', unknown[1])}"
        elif missing is not None:
            key, problem = missing[1], "this setting is missing"
        if key is None:
            table, key = "", table or "workspace"
        if rest:
            table, key = f"{table}.{key}", key
        number = int(index) if index else None
        problem = problem.replace("Expected", "expected")
        raise _wrong(file, text, table or "", number, key, problem) from error


def _hint(table: str, key: str) -> str:
    """The setting that was meant, or all there are."""
    known = _SHAPES.get(table, _File).__struct_fields__
    near = difflib.get_close_matches(key, known, 1)
    return f"; {near[0]} may be meant" if near else f"; there are {', '.join(known)}"


def _script_problem(script: str) -> str:
    if len(script.encode()) > _LONGEST_SCRIPT:
        return f"longer than {_LONGEST_SCRIPT:,} bytes; write it to a file and name that"
    if unseen := _UNSEEN.search(script):
        return f"it holds U+{ord(unseen[0]):04X}, which nobody would see when asked to allow it"
    return ""


def _way(file: Path, text: str, path: str, way: object) -> Way:
    table = "workspace.folders"
    parts = path.rstrip("/").split("/")
    if any(part in ("", ".", "..") for part in parts) or _UNSEEN.search(path) or "\n" in path:
        problem = 'a folder is named from the top of the repository, such as "web/node_modules"'
        raise _wrong(file, text, table, None, path, problem)
    match way:
        case "copy":
            return "copy"
        case "link":
            return "link"
    raise _wrong(file, text, table, None, path, f'it is "copy" or "link", not {way!r}')


def _check(file: Path, text: str, index: int, given: _Check) -> Check:
    if not given.name.strip() or not given.name.isprintable():
        raise _wrong(file, text, "checks", index, "name", "a check needs a name of one line")
    problem = _script_problem(given.command)
    if not given.command.strip():
        problem = "a check needs a command"
    if problem:
        raise _wrong(file, text, "checks", index, "command", problem)
    return Check(name=given.name, command=given.command, timeout_s=given.timeout, source=NAME)


def _wrong(
    file: Path, text: str, table: str, index: int | None, key: str, problem: str
) -> SettingsError:
    return SettingsError(
        f"{file}, line {_line_of(text, table, index, key)}: {key}: {problem}. "
        "Correct the line, or remove it."
    )


def _line_of(text: str, table: str, index: int | None, key: str) -> int:
    """Line of a key in a table (in the `index`-th of that name), else where the table begins.

    tomllib tells no positions, and a guess by the eye of a reader is all an error needs.
    """
    begins, now, seen = 0, "", -1
    full = f"{table}.{key}" if table else key
    for number, line in enumerate(text.splitlines(), 1):
        head = re.match(r"\s*\[{1,2}([^\[\]]+)\]", line)
        if head is not None:
            now = re.sub(r"[\s\"']", "", head[1])
            seen += now == table
            if now in (table, full) and index in (None, seen):
                begins = begins or number
            continue
        written = re.match(r"\s*([^=]+?)\s*=", line)
        if written is None:
            continue
        name = re.sub(r"[\s\"']", "", written[1])
        path = f"{now}.{name}" if now else name
        if path == full and index in (None, seen):
            return number
        if table and path == table:
            begins = begins or number
    return begins or 1
