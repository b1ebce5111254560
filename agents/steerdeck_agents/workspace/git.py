"""The one hardened git runner: nobody else starts git.

A repository is somebody else's program: its config names hooks, filters, monitors, drivers and
pagers that plain `git status` would run. So every command gets an environment and `-c` flags of
ours that switch them off; filters and merge drivers, which have no single switch, are overridden
by name, each name the repository has. Options are always our words, never text of a repository or
a model.

GitPython is the process layer: it finds git, knows its version, spawns and reaps. It always hands
on the whole environment of this process and can only add to it, so every `GIT_*` variable is
removed from it first. Its calls block, so they run in threads; cancelling one kills git with all it
started. It runs in the session of the runtime, to stand back with it behind the deck.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, NamedTuple

from steerdeck_agents.facts.errors import RepositoryError
from steerdeck_agents.sandbox.background import go_slow
from steerdeck_agents.settings import umask
from steerdeck_agents.workspace.own_config import keep_names, known_names, own_config
from steerdeck_agents.workspace.pipes import released

if TYPE_CHECKING:
    from git.cmd import Git

Profile = Literal["read", "workspace", "user"]
"""`read`: no protocol at all; `workspace`: files may be fetched from; `user`: that, and the
developer's own settings (identity, line ends, ignored files, trusted folders) hold as well."""

OLDEST = (2, 31)
_PASSES_OVER = (2, 34)
"""The first git whose `add` leaves out what is outside of a sparse checkout, unless told."""
LARGE = 5_000_000
"""Bytes from which a file is shown and kept by name only."""

_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "false",
    "GIT_ASKPASS": "false",
    "SSH_ASKPASS": "false",
    "GIT_SSH_COMMAND": "false",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_LITERAL_PATHSPECS": "1",
}
_ALONE = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1"}
_SWITCHES = (
    "core.fsmonitor=false", f"core.hooksPath={os.devnull}", "core.pager=cat", "core.editor=false",
    "core.untrackedCache=false", "core.alternateRefsCommand=:", "core.sshCommand=false",
    "core.askPass=false", "credential.helper=", f"core.bigFileThreshold={LARGE}", "gc.auto=0",
    "maintenance.auto=false", "diff.external=", "diff.ignoreSubmodules=all", "color.ui=false",
    "log.showSignature=false", "merge.verifySignatures=false", "commit.gpgSign=false",
    "submodule.recurse=false", "protocol.ext.allow=never", "safe.bareRepository=explicit",
)  # fmt: skip
_READS_FILES = frozenset(
    (
        "add", "cat-file", "checkout", "commit", "diff", "merge", "merge-tree", "read-tree",
        "reset", "status", "update-index", "write-tree",
    )
)  # fmt: skip
"""Commands that would run filters or merge drivers; whatever writes an index looks at files that
are as young as it."""
_BRINGS = frozenset(("clone", "fetch"))
_EXTRA = {
    "diff": ("--no-ext-diff", "--no-textconv", "--ignore-submodules=all"),
    "status": ("--ignore-submodules=all",),
}
_OFF = {
    ("filter", "clean"): "",
    ("filter", "smudge"): "",
    ("filter", "process"): "",
    ("filter", "required"): "false",
    ("merge", "driver"): "git merge-file -q %A %O %B",
}
_LOOK_S, _LONGEST_LOOK_S = 0.5, 8.0
_MOST_RELEASES = 5
_threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="git")
_first_use = threading.Lock()


class GitError(RepositoryError):
    """git ended with an error: its exit code, what it wrote to its error and its output."""

    def __init__(self, message: str, *, status: int = -1, said: str = "", out: bytes = b"") -> None:
        super().__init__(message)
        self.status = status
        self.said = said
        self.out = out


class FolderGone(RepositoryError):
    """The folder git was to work in is not there: that is no answer of git's."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"The folder {folder} is not there any more; put it, or a link to it, back. A session's"
            " own workspace is made again from the journal when you resume the session."
        )
        self.folder = folder


class _Run:
    """One git process and the means to end it from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = False

    def started(self, process: "subprocess.Popen[bytes]") -> None:
        with self._lock:
            self._process = process
            if self._cancelled:
                self._end()

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            self._end()

    def _end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            # It may end between the two; an error here would take the place of the cancellation.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


async def git(
    folder: Path | str,
    *args: str,
    profile: Profile = "read",
    data: bytes = b"",
    env: Mapping[str, str] | None = None,
    config: tuple[str, ...] = (),
    progress: Callable[[str], None] | None = None,
) -> bytes:
    """What `git ARGS` in `folder` writes to its standard output.

    `data` goes to its standard input; `env` adds variables; `config` adds `name=value` settings;
    `progress` is called on the event loop with each line git writes about its progress (then
    nothing is returned). Raises GitError with git's own sentence, RepositoryError when git is
    missing or too old, FolderGone when the folder is. Cancelling kills git and what it started, and
    waits until it is gone.
    """
    switches = [*_SWITCHES, *config]
    if args[0] in _READS_FILES:
        switches += await _names_switched_off(folder, profile)
    flags = [part for switch in switches for part in ("-c", switch)]
    extra = _EXTRA.get(args[0], ())
    if args[0] == "add" and await version() >= _PASSES_OVER:
        extra = ("--sparse",)
    command = ["-C", os.fspath(folder), *flags, args[0], *extra, *args[1:]]
    # What is written into the developer's repository is as if they had written it.
    mask = umask.theirs() if profile == "user" else -1
    environ = _environment(profile, env, args[0])
    return await _in_thread(args[0], command, environ, data, progress, mask)


async def text(
    folder: Path | str,
    *args: str,
    profile: Profile = "read",
    env: Mapping[str, str] | None = None,
    config: tuple[str, ...] = (),
) -> str:
    """`git` as text without the last newline; bytes that are not UTF-8 become surrogates."""
    out = await git(folder, *args, profile=profile, env=env, config=config)
    return os.fsdecode(out.removesuffix(b"\n"))


async def fields(
    folder: Path | str,
    *args: str,
    profile: Profile = "read",
    env: Mapping[str, str] | None = None,
) -> list[str]:
    """`git` as the list of its NUL-terminated fields."""
    out = await git(folder, *args, profile=profile, env=env)
    return os.fsdecode(out).split("\0")[:-1]


async def version() -> tuple[int, ...]:
    """The version of git, such as (2, 39, 5)."""
    return (await asyncio.get_running_loop().run_in_executor(_threads, _find_git)).version


async def _names(folder: Path | str, profile: Profile) -> Sequence[str]:
    """The names of all settings git finds in a folder."""
    run = asyncio.get_running_loop().run_in_executor
    before = None if profile == "user" else await run(_threads, own_config, folder)
    if (known := known_names(before)) is not None:
        return known
    command = ["-C", os.fspath(folder), "config", "--null", "--list", "--name-only"]
    told = await _in_thread("config", command, _environment(profile, None), b"", None)
    names = os.fsdecode(told).split("\0")
    if before is not None:
        keep_names(before, await run(_threads, own_config, folder), names)
    return names


async def _names_switched_off(folder: Path | str, profile: Profile) -> list[str]:
    """Settings that switch off each filter and merge driver the folder's config names."""
    found = set()
    for name in await _names(folder, profile):
        section, _, rest = name.partition(".")
        if section in ("filter", "merge") and "." in rest:
            found.add((section, rest.rpartition(".")[0]))
    switches = []
    for section, name in sorted(found):
        if "=" in name or "\n" in name:
            raise GitError(
                f"The repository's config has a {section} named {name!r}, which can't be switched "
                "off safely; rename or remove it there."
            )
        switches += [
            f"{section}.{name}.{key}={value}" for (of, key), value in _OFF.items() if of == section
        ]
    return switches


def _environment(
    profile: Profile, env: Mapping[str, str] | None, command: str = ""
) -> dict[str, str]:
    # For any other command a protocol is only the way by which git fetches what a config says is
    # promised elsewhere, with a program that config names.
    brings = profile != "read" and command in _BRINGS
    return {
        **_ENVIRONMENT,
        **({} if profile == "user" else _ALONE),
        "GIT_ALLOW_PROTOCOL": "file" if brings else "none",
        "PATH": _safe_path(),
        **(env or {}),
    }


def _safe_path() -> str:
    """PATH without relative folders, which a repository could fill."""
    parts = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(part for part in parts if Path(part).is_absolute())


async def _in_thread(
    name: str,
    command: list[str],
    env: dict[str, str],
    data: bytes,
    progress: Callable[[str], None] | None,
    mask: int = -1,
) -> bytes:
    loop = asyncio.get_running_loop()
    run = _Run()
    tell = None if progress is None else partial(_tell_later, loop, progress)
    work = loop.run_in_executor(_threads, _perform, run, command, env, data, tell, mask)
    try:
        status, out, said = await asyncio.shield(work)
    except asyncio.CancelledError:
        run.cancel()
        await asyncio.wait([work])
        raise
    if status:
        if not await asyncio.to_thread(Path(command[1]).is_dir):
            raise FolderGone(command[1])
        raise GitError(_sentence(name, said, status), status=status, said=said, out=out)
    return out


def _tell_later(
    loop: asyncio.AbstractEventLoop, progress: Callable[[str], None], line: str
) -> None:
    loop.call_soon_threadsafe(progress, line)


def _perform(
    run: _Run,
    command: list[str],
    env: dict[str, str],
    data: bytes,
    tell: Callable[[str], object] | None,
    mask: int,
) -> tuple[int, bytes, str]:
    found = _find_git()
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        os.environ.pop(name, None)
    handle = found.runner.execute(
        [found.where, *command],
        istream=subprocess.PIPE,
        as_process=True,
        with_stdout=tell is None,
        env=env,
        process_group=0,
        umask=mask,
    )
    process = handle.proc
    if process is None:
        raise GitError("git could not be started.")
    run.started(process)
    go_slow(process.pid)
    if tell is None:
        out, err = _output(run, process, data, Path(command[1]))
        return process.returncode, out, os.fsdecode(err)
    if process.stdin is not None:
        process.stdin.close()
    said = _follow(process.stderr, tell) if process.stderr is not None else ""
    return process.wait(), b"", said


def _output(
    run: _Run, process: "subprocess.Popen[bytes]", data: bytes, folder: Path
) -> tuple[bytes, bytes]:
    """All it writes. One that takes long is looked after: it may wait at a pipe in `folder`."""
    wait_s, releases, given = _LOOK_S, 0, data
    while True:
        try:
            return process.communicate(given, timeout=wait_s)
        except subprocess.TimeoutExpired:
            given = b""
            wait_s = min(2 * wait_s, _LONGEST_LOOK_S)
        if pipes := released(folder):
            wait_s, releases = _LOOK_S, releases + 1
        if releases > _MOST_RELEASES:
            run.cancel()
            process.communicate()
            raise GitError(
                f"git waits at {pipes[0]!r} in {folder}, which is a pipe and not a file; remove it."
            )


def _follow(stream: IO[bytes], tell: Callable[[str], object]) -> str:
    """Hand on each line of a progress report; lines end with a carriage return or a newline."""
    said, rest = [], b""
    while chunk := os.read(stream.fileno(), 65_536):
        *lines, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
        for line in filter(None, map(os.fsdecode, lines)):
            said.append(line)
            tell(line)
    return "\n".join([*said[-50:], os.fsdecode(rest)])


def _sentence(name: str, said: str, status: int) -> str:
    lines = [line for line in said.splitlines() if line.startswith(("fatal:", "error:"))]
    lines = lines or [line for line in said.splitlines() if line.strip()]
    why = lines[0].partition(": ")[2] or lines[0] if lines else f"exit {status}"
    return f"git {name} failed: {why.strip()}"


class _Found(NamedTuple):
    """A git of this machine."""

    runner: "Git"
    where: str
    version: tuple[int, ...]


def _find_git() -> _Found:
    with _first_use:
        where = shutil.which("git", path=_safe_path())
        if where is None:
            raise RepositoryError(
                "git isn't installed, or isn't on PATH; install git 2.31 or newer."
            )
        return _found_git(where)


@cache
def _found_git(where: str) -> _Found:
    # GitPython starts git when it is imported, and refuses to be imported without one.
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"
    os.environ["GIT_PYTHON_GIT_EXECUTABLE"] = where
    from git import refresh
    from git.cmd import Git

    refresh(where)
    runner = Git("/")
    found = runner.version_info
    if found < OLDEST:
        raise RepositoryError(
            f"git {'.'.join(map(str, found))} is too old; install git 2.31 or newer."
        )
    return _Found(runner, where, found)
