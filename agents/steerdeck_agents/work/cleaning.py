"""What of ours can go without losing anything: clones, dead sockets, caches, what was left.

A clone can go when all it holds is in the developer's repository: every commit it has beyond is
reachable only from its work, and its work, uncommitted files too, merges into the branch there
without a change, or stands there as the tip of a branch. What can't be proven so is kept, and the
reason is said. Ignored files are no work: git would not land them either. What git does not look at
otherwise can't be told from work, so it keeps its clone: repositories inside, what lies in folders
of submodules, files git was told to leave alone.
"""

import asyncio
import contextlib
import os
import re
import shutil
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from steerdeck_agents.facts.errors import OrderRefused, RepositoryError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.settings.scratch import left
from steerdeck_agents.settings.scratch import place as scratch_place
from steerdeck_agents.workspace.dry_merge import Scratch, merged, scratch
from steerdeck_agents.workspace.git import GitError, fields, git, text
from steerdeck_agents.workspace.within import shown

Kind = Literal["clone", "socket", "cache", "output", "scratch"]
KEPT_OF_CACHE = frozenset(
    ("drafts.json", "drafts.new", "memory.json", "memory.new", "theme", "theme.new")
)
"""Files beside the caches that are the developer's: words not sent, how the deck is laid out; each
also as a deck is just writing it."""
_ANSWERS_S = 1.0
_YOUNG_S = 60.0
_OF_SOCKETS = re.compile("[0-9a-f]{16}")
_ASIDE = ".removing-"
_SUBMODULE = "160000"
_WHOLE = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.sparseCheckout",
    "GIT_CONFIG_VALUE_0": "false",
}
"""With it git does not silently pass over files outside of a sparse checkout."""


class Found(msgspec.Struct, frozen=True):
    """Something of ours on the disk."""

    kind: Kind
    path: str
    bytes: int
    session: str = ""
    """Name of the session whose clone it is."""
    why: str = ""
    """Why it is kept; empty when it can go."""


async def clones(paths: Paths, states: Iterable[SessionState]) -> AsyncIterator[Found]:
    """Every clone there is, discarded ones too, and whether it can go."""
    known = {state.workspace.path: state for state in states if state.workspace.path}
    by_name = {Path(path).name: state for path, state in known.items()}
    for place in (paths.workspaces, paths.bin):
        for folder in await asyncio.to_thread(_folders, place):
            state = known.get(str(folder)) or by_name.get(folder.name.rpartition("-")[0])
            state = state or by_name.get(folder.name)
            why = await _why_kept(folder, state)
            size = await asyncio.to_thread(size_of, folder)
            yield Found("clone", str(folder), size, state.name if state else "", why)


async def _why_kept(folder: Path, state: SessionState | None) -> str:
    if folder.name.startswith(_ASIDE):
        # A removal that was broken off; whether it could go was found out before.
        return ""
    if state is None:
        return "no session of the journal knows it"
    if not state.archived:
        return "its session is not archived"
    try:
        return await unlanded(msgspec.structs.replace(state.workspace, path=str(folder)))
    except (RepositoryError, OSError, ValueError) as error:
        return f"what it holds can't be told ({error})"


async def unlanded(workspace: Workspace) -> str:
    """What a clone holds that the developer's repository doesn't; empty when that is nothing."""
    place, top = workspace.path, workspace.repository
    if hidden := await _hidden(place):
        return hidden
    there = await asyncio.to_thread(Path(top).is_dir)
    async with scratch(place, *([top] if there else [])) as seen:
        seen.env |= _WHOLE
        work = await seen.commit_of(workspace)
        tree = await _tree(place, work, seen)
        tips = await _tips(top) if there else {}
        beyond = await text(
            place, "rev-list", "--count", "--all", "--reflog", "--not", "HEAD", workspace.base,
            *tips, env=seen.env,
        )  # fmt: skip
        if beyond != "0":
            return "there are commits beside its branch: a stash, another branch, or moved away"
        if tree == await _tree(place, workspace.base, seen) or tree in tips.values():
            return ""
        return "" if there and await _is_in(workspace, work, seen) else "there is work not landed"


async def _hidden(place: str) -> str:
    """What a clone holds that git does not look at, so that nobody can tell whether it landed."""
    # A clone that is no repository any more must not pass for a folder of the one around it.
    alone = {**_WHOLE, "GIT_CEILING_DIRECTORIES": str(Path(place).parent)}
    entries = await fields(place, "ls-files", "-z", "-v", "--stage", env=alone)
    if passed_over := await asyncio.to_thread(_passed_over, place, entries):
        return passed_over
    inner = await asyncio.to_thread(_repositories, place)
    if inner and (inner := sorted({*inner} - await _ignored(place, inner))):
        return f"there is a repository of its own in it, {shown(inner[0])}"
    return ""


def _passed_over(place: str, entries: Iterable[str]) -> str:
    """What of the index is there and not compared with it; entries as `ls-files -v --stage` has
    them: a tag, which is lower case for files assumed to be unchanged, and the mode first.
    """
    modules = Path(place) / ".git/modules"
    if modules.is_dir() and any(modules.iterdir()):
        return "there are repositories of submodules in it"
    for entry in entries:
        tag, mode, path = entry[0], entry[2:8], Path(place) / entry.partition("\t")[2]
        if mode == _SUBMODULE:
            if path.is_dir() and not path.is_symlink() and any(path.iterdir()):
                return f"there are files in the submodule {shown(str(path.relative_to(place)))}"
        elif (tag == "S" or tag.islower()) and os.path.lexists(path):
            return f"git was told not to look at {shown(str(path.relative_to(place)))}"
    return ""


def _repositories(place: str) -> list[str]:
    """Folders below it with a repository of their own. OSError for one that can't be entered."""
    found = []
    for folder, folders, files in os.walk(place, onerror=_refused):
        if folder == place:
            folders[:] = [name for name in folders if name != ".git"]
        elif ".git" in folders or ".git" in files:
            found.append(os.path.relpath(folder, place))
            folders.clear()
    return found


def _refused(error: OSError) -> None:
    raise error


async def _ignored(place: str, folders: list[str]) -> set[str]:
    # This command refuses paths that are only literal; after "./" nothing in one has a meaning.
    data = os.fsencode("\0".join(f"./{folder}" for folder in folders))
    env = {"GIT_LITERAL_PATHSPECS": "0"}
    try:
        out = await git(place, "check-ignore", "-z", "--stdin", data=data, env=env)
    except GitError as error:
        if error.status != 1:
            raise
        return set()
    return {path.removeprefix("./") for path in os.fsdecode(out).split("\0")}


async def _is_in(workspace: Workspace, work: str, seen: Scratch) -> bool:
    """Whether merging the work into the branch that is checked out would change nothing."""
    place, top = workspace.path, workspace.repository
    try:
        tip = await text(top, "rev-parse", "--verify", "HEAD^{commit}", profile="user")
        merge = await merged(place, tip, work, seen.env)
        return not merge.conflicts and merge.tree == await _tree(place, tip, seen)
    except (OrderRefused, GitError):
        return False


async def _tree(place: str, commit: str, seen: Scratch) -> str:
    return await text(place, "rev-parse", "--verify", f"{commit}^{{tree}}", env=seen.env)


async def _tips(top: str) -> Mapping[str, str]:
    """The commits branches of a repository stand at, with their trees."""
    refs = await text(
        top, "for-each-ref", "--format=%(objectname) %(tree)", "refs/heads", "refs/remotes",
        profile="user",
    )  # fmt: skip
    found = (line.split() for line in refs.splitlines())
    return {parts[0]: parts[1] for parts in found if len(parts) == 2}


def sockets(paths: Paths, now_s: float) -> list[Found]:
    """Folders in /tmp for sockets that no runtime of ours answers at. Blocks a little.

    Other things of living sessions lie beside them, and one that was just made may be about to
    be listened at.
    """
    found = []
    for folder in _folders(paths.socket.parent.parent):
        with contextlib.suppress(FileNotFoundError):
            seen = folder.lstat()
            old = now_s - seen.st_mtime > _YOUNG_S
            if _OF_SOCKETS.fullmatch(folder.name) and seen.st_uid == paths.uid and old:
                ours = (paths.socket.name, paths.warm_socket.name)
                others = {entry.name for entry in folder.iterdir()}.difference(ours)
                if not others and not any(_answers(folder / name) for name in ours):
                    found.append(Found("socket", str(folder), size_of(folder)))
    return found


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as tried:
        tried.settimeout(_ANSWERS_S)
        try:
            tried.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            return False
        except OSError:
            # Somebody is there and too busy to answer.
            return True
    return True


def caches(paths: Paths) -> list[Found]:
    """What is made again when it is needed. Blocks a little.

    Decks of other machines have a folder each under `hosts`, with the same files in it.
    """
    hosts = paths.cache / "hosts"
    files = [entry for place in (paths.cache, *_folders(hosts)) for entry in _entries(place)]
    made = [entry for entry in files if entry != hosts and entry.name not in KEPT_OF_CACHE]
    return [Found("cache", str(entry), size_of(entry)) for entry in made]


def outputs(paths: Paths) -> list[Found]:
    """Outputs of commands that a killed runtime left; only while no runtime runs."""
    return [Found("output", str(entry), size_of(entry)) for entry in _entries(paths.spool)]


def left_behind(paths: Paths) -> list[Found]:
    """Scratch folders whose makers were killed. Blocks a little."""
    top = scratch_place(paths.uid)
    return [Found("scratch", str(entry), size_of(entry)) for entry in left(top)]


def remove(found: Found) -> None:
    """Take it away for good; OSError when it can't be."""
    path = Path(found.path)
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    # Taken out of its place at once, so that half of a clone never stands where one is looked for.
    aside = path
    if not path.name.startswith(_ASIDE):
        aside = path.rename(path.with_name(f"{_ASIDE}{path.name}"))
    try:
        shutil.rmtree(aside)
    except PermissionError:
        open_up(aside)
        shutil.rmtree(aside)


def open_up(top: Path) -> None:
    """Give the right to write to every folder below: one without it holds up the removal.

    Only folders: a link may lead out of it, and a file may have a second name elsewhere.
    """
    top.chmod(0o700)
    for place, names, _ in os.walk(top):
        for folder in (Path(place) / name for name in names):
            if not folder.is_symlink():
                folder.chmod(0o700)


def size_of(path: Path) -> int:
    """Bytes of a file or of a whole folder; links are not followed."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += (Path(folder) / name).lstat().st_size
    return total


def _entries(place: Path) -> list[Path]:
    return sorted(place.iterdir()) if place.is_dir() else []


def _folders(place: Path) -> list[Path]:
    if not place.is_dir() or place.is_symlink():
        return []
    return sorted(entry for entry in place.iterdir() if entry.is_dir() and not entry.is_symlink())
