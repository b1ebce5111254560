"""`.worktreeinclude`: ignored files a fresh workspace gets as copies, such as `.env`.

The file has the syntax of `.gitignore` and is read from the top of the developer's checkout, as
several tools do. A file is copied when a pattern names it *and* git ignores it there: tracked files
come from the commit, and new ones are carried over on request. In the workspace a brought file is
ignored as well, whatever the commit's own rules say, so that no session commits somebody's `.env`.
"""

import asyncio
import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import msgspec

from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import OrderRefused, RepositoryError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.settings.scratch import ScratchFolder
from steerdeck_agents.workspace.bring import Bringer, LeftOut, in_words, stoppable
from steerdeck_agents.workspace.git import GitError, Profile, fields, git
from steerdeck_agents.workspace.repository import Repository
from steerdeck_agents.workspace.within import read_file, shown

NAME = ".worktreeinclude"
LARGEST_FILE = 200_000_000
LARGEST_ALL = 2_000_000_000
MOST_FILES = 50_000
_LARGEST_LIST = 64 * 1024
_NAMED = 5
_MOST_NAMED = 100


class Included(msgspec.Struct, frozen=True):
    """What was brought because the developer's list names it."""

    copied: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def secret(self) -> tuple[str, ...]:
        """Copied files that look like secrets; they stay on the list of what is not read."""
        return tuple(path for path in self.copied if is_secret_path(path))

    def brief(self) -> tuple[str, ...]:
        """The copied paths; of very many, their top folders with a count."""
        if len(self.copied) <= _MOST_NAMED:
            return self.copied
        tops = Counter(path.partition("/")[0] for path in self.copied)
        return tuple(
            f"{top} ({counted(count, 'file')})" for top, count in tops.most_common(_MOST_NAMED)
        )

    def notes(self) -> tuple[str, ...]:
        """What the developer is to be told, whole sentences."""
        said = []
        if self.copied:
            said.append(f"{NAME}: copied {_listed(self.copied)}.")
        if self.secret:
            said.append(
                f"{_listed(self.secret)}: copied because {NAME} names it. Commands of this session "
                "can read it; the agent's own reading of it still asks."
            )
        said += [f"{NAME}, left out: {shown(o.path)} {o.why}." for o in self.left_out[:_NAMED]]
        if len(self.left_out) > _NAMED:
            said.append(f"{NAME}: {len(self.left_out) - _NAMED} more were left out.")
        return tuple(said)


async def include(
    repository: Repository, workspace: Workspace, progress: Callable[[str], None]
) -> Included:
    """Copy what the list of the developer's checkout names; nothing when there is no list.

    Safe to cancel and to repeat: what is in the workspace already is left as it is.
    RepositoryError when the list can't be read.
    """
    patterns = await asyncio.to_thread(_patterns, repository.top)
    if patterns is None:
        return Included()
    named = await _named(repository.top, patterns)
    if len(named) > MOST_FILES:
        return Included(left_out=(_too_much(f"{len(named):,} files, more than {MOST_FILES:,}"),))
    inner = tuple(LeftOut(path, "is a repository of its own") for path in named if path[-1] == "/")
    ours, foreign = await settle(workspace, [path for path in named if path[-1] != "/"])
    done = await stoppable(partial(_bring, repository.top, workspace.path, ours), progress)
    return msgspec.structs.replace(done, left_out=(*done.left_out, *foreign, *inner))


async def settle(
    workspace: Workspace, paths: Collection[str]
) -> tuple[tuple[str, ...], tuple[LeftOut, ...]]:
    """Which paths may be brought, and the others; git ignores the first in the workspace after it.

    A path that is tracked at this commit, or that its own rules insist on, is part of the work.
    """
    tracked = set(await fields(workspace.path, "ls-files", "-z"))
    folders = {above for path in tracked for above in _above(path)}
    reasons = await asyncio.to_thread(_obstacles, workspace.path, paths, tracked, folders)
    odd = [LeftOut(path, why) for path, why in reasons.items()]
    plain = [path for path in paths if path not in reasons]
    ignored = await _ignored(workspace.path, plain, "workspace")
    if missing := [path for path in plain if path not in ignored]:
        await asyncio.to_thread(_exclude, workspace.path, missing)
        ignored |= await _ignored(workspace.path, missing, "workspace")
    odd += [
        LeftOut(
            path, "is not ignored at this session's commit, so it would become part of its work"
        )
        for path in plain
        if path not in ignored
    ]
    return tuple(path for path in plain if path in ignored), tuple(odd)


async def ignored_there(top: str, paths: Collection[str]) -> set[str]:
    """Which of some untracked paths git ignores in the developer's checkout."""
    return await _ignored(top, paths, "user")


def _patterns(top: str) -> bytes | None:
    try:
        state = read_file(top, NAME, _LARGEST_LIST)
    except (OSError, OrderRefused) as error:
        raise RepositoryError(
            f"{top}/{NAME} can't be read: {error} Correct it, or remove it."
        ) from error
    if state is not None and state.link is not None:
        raise RepositoryError(f"{top}/{NAME} is a link; make it a plain file, or remove it.")
    return None if state is None else state.data


async def _named(top: str, patterns: bytes) -> tuple[str, ...]:
    """Paths that a pattern names and git ignores; a repository among them ends with a slash."""
    with ScratchFolder() as folder:
        listed = folder / "patterns"
        listed.write_bytes(patterns)
        matching = await fields(
            top, "ls-files", "-z", "--others", "--ignored", f"--exclude-from={listed}",
            profile="user",
        )  # fmt: skip
    ignored = await ignored_there(top, matching)
    return tuple(path for path in matching if path in ignored)


async def _ignored(folder: str, paths: Collection[str], profile: Profile) -> set[str]:
    if not paths:
        return set()
    # This command refuses the switch that makes paths literal; "./" makes them so as well.
    asked = "\0".join(f"./{path}" for path in paths).encode("utf-8", "surrogateescape")
    try:
        out = await git(
            folder, "check-ignore", "-z", "--no-index", "--stdin", profile=profile, data=asked,
            env={"GIT_LITERAL_PATHSPECS": "0"},
        )  # fmt: skip
    except GitError as error:
        # 1: none of them is.
        if error.status != 1:
            raise
        return set()
    return {path.removeprefix("./") for path in os.fsdecode(out).split("\0")[:-1]}


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def _obstacles(
    workspace: str, paths: Collection[str], tracked: set[str], folders: set[str]
) -> dict[str, str]:
    """Why some paths can't even be asked about."""
    found: dict[str, str] = {}
    for path in paths:
        if path in tracked or path in folders:
            found[path] = "is tracked at this session's commit, so the commit's own is used"
        elif any(character < " " for character in path):
            found[path] = "has a name with a line break or the like"
        elif any(above in tracked or Path(workspace, above).is_symlink() for above in _above(path)):
            found[path] = "goes through a link or a file of the workspace"
    return found


def _exclude(workspace: str, paths: list[str]) -> None:
    """Make the workspace ignore exactly these paths, files, folders and links alike."""
    lines = ["/" + "".join(f"\\{c}" if c in "\\*?[ " else c for c in path) for path in paths]
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(f"{workspace}/.git/info/exclude", flags, 0o644), "ab") as file:
        file.write(os.fsencode("\n".join(["", *lines, ""])))


def _bring(
    top: str,
    workspace: str,
    paths: tuple[str, ...],
    stop: threading.Event,
    say: Callable[[str], object],
) -> Included:
    size = 0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            size += os.lstat(f"{top}/{path}").st_size
    if size > LARGEST_ALL:
        size_in_words = f"{in_words(size)}, more than {in_words(LARGEST_ALL)}"
        return Included(left_out=(_too_much(size_in_words),))
    bringer = Bringer(top, workspace, stop, say)
    copied: list[str] = []
    left_out: list[LeftOut] = []
    for path in paths:
        try:
            bringer.file(path, LARGEST_FILE)
            copied.append(path)
        except OrderRefused as error:
            left_out.append(LeftOut(path, str(error)))
        except OSError as error:
            left_out.append(LeftOut(path, f"can't be copied: {error.strerror}"))
    return Included(tuple(copied), tuple(left_out))


def _too_much(how_much: str) -> LeftOut:
    return LeftOut(
        NAME, f"names {how_much}, so nothing was copied; ask for whole folders in .steerdeck.toml"
    )


def _listed(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(shown(path) for path in paths[:_NAMED]) + more
