"""Which paths of a workspace git knows or would add, without asking git where nothing can differ.

What `git ls-files` says hangs on the names in the folders, on the index and on what is ignored. So
a listing remembers these with the times of each folder, and git is asked again only when one of
them is not as it was: a process of git before and after each command costs more than all else that
is looked at. Where only git can say, that is remembered as well, for a while.
"""

import contextlib
import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.sandbox.guarded import EVEN_MISSING
from steerdeck_agents.workspace.git import GitError, git

TICK_NS: Final = 50_000_000
"""What was written this shortly before a look may change again without changing its times."""
MOST_FOLDERS: Final = 1_000
"""With more folders, ignored ones too, a look at each takes as long as git does."""
VAIN_NS: Final = 60_000_000_000
"""How long no look is taken after one that ended at what only git can say."""
_RULES: Final = ("index", "config", "config.worktree", "info/exclude", "info/sparse-checkout")
_EXCLUDES: Final = re.compile(r"^\s*excludesfile\s*=\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)

Stamp = tuple[int, int, int]
"""Inode, size, and nanoseconds of the last change of a file; zeros where none is."""
_NONE: Final = (0, 0, 0)
_OTHER: Final = "\0"
"""Ends the names of pipes, sockets and devices, which git never lists; no file is named so."""


class Folder(NamedTuple):
    """One folder, when it was looked at."""

    inode: int
    ctime_ns: int
    looked_ns: int
    names: frozenset[str]
    """What is in it; folders, which are no links, with a slash, and files and links as they are."""

    def settled(self, found: os.stat_result) -> bool:
        """Whether it surely holds the same names still."""
        return (
            found.st_ctime_ns == self.ctime_ns
            and found.st_ino == self.inode
            and self.ctime_ns < self.looked_ns - TICK_NS
        )


class Grounds(msgspec.Struct, frozen=True):
    """What a listing hangs on."""

    folders: dict[str, Folder]
    """By their paths below the top, each with a slash; the top is empty."""
    rules: dict[str, Stamp]
    """Files that say what is known and what is ignored, by their absolute paths."""
    looked_ns: int

    def same_as(self, before: "Grounds | Vain | None") -> bool:
        """Whether git would list the same."""
        if not isinstance(before, Grounds) or self.folders.keys() != before.folders.keys():
            return False
        young = before.looked_ns - TICK_NS
        return (
            all(one.names == before.folders[path].names for path, one in self.folders.items())
            and self.rules == before.rules
            and all(stamp[2] < young for stamp in self.rules.values())
        )


class Vain(msgspec.Struct, frozen=True):
    """There are too many folders to look at, or a repository among them: git has to be asked."""

    until_ns: int
    """On the monotonic clock; then it may be otherwise."""


class Listing(msgspec.Struct, frozen=True):
    """What git said, and what it said it of."""

    paths: frozenset[str]
    grounds: Grounds | Vain | None = None


def look(root: str, before: Grounds | Vain | None) -> Grounds | Vain | None:
    """What a listing made now would hang on; None where that can't be looked at. In a thread.

    Has to be done before git is asked, so that what changes meanwhile is seen the next time.
    """
    now_ns = time.monotonic_ns()
    if isinstance(before, Vain) and now_ns < before.until_ns:
        return before
    vain = Vain(now_ns + VAIN_NS)
    looked_ns = time.time_ns()
    known = before.folders if isinstance(before, Grounds) else {}
    folders: dict[str, Folder] = {}
    try:
        if not stat.S_ISDIR(os.lstat(f"{root}/.git").st_mode):
            return None  # its index lies somewhere else
        waiting = ["", *_held(root)]
        while waiting:
            path = waiting.pop()
            folders[path] = one = _folder(root, path, known.get(path), looked_ns)
            if path and ".git" in one.names:
                return vain  # a repository within this one, of which git lists nothing
            waiting += [f"{path}{name}" for name in one.names if name[-1] == "/"]
            if len(folders) + len(waiting) > MOST_FOLDERS:
                return vain
        rules = {path: _stamp(path) for path in _rules(root, folders)}
    except OSError:
        return None
    return Grounds(folders, rules, looked_ns)


async def listed(workspace: Workspace) -> frozenset[str] | None:
    """Tracked paths and those git doesn't ignore; None when git can't say."""
    try:
        out = await git(workspace.path, "ls-files", "-z", "-c", "-o", "--exclude-standard")
    except GitError:
        return None
    return split(out)


def split(out: bytes) -> frozenset[str]:
    """The NUL-terminated paths git wrote."""
    return frozenset(os.fsdecode(out).split("\0")[:-1])


def _folder(root: str, path: str, known: Folder | None, looked_ns: int) -> Folder:
    place = f"{root}/{path}"
    # The times first: what changes while the names are read then is newer than they say.
    found = os.lstat(place.rstrip("/"))
    if known is not None and known.settled(found):
        return known
    names = set()
    with os.scandir(place) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False) or entry.is_symlink():
                names.add(entry.name)
            elif not entry.is_dir(follow_symlinks=False):
                names.add(f"{entry.name}{_OTHER}")
            elif entry.name == ".git":
                names.update([".git"] if path else [])
            elif path or entry.name not in EVEN_MISSING:
                names.add(f"{entry.name}/")
    return Folder(found.st_ino, found.st_ctime_ns, looked_ns, frozenset(names))


def _held(root: str) -> Iterator[str]:
    """Of the folders that come and go empty with each command those that hold something."""
    for name in EVEN_MISSING:
        with contextlib.suppress(OSError), os.scandir(f"{root}/{name}") as entries:
            if any(entries) and not Path(f"{root}/{name}").is_symlink():
                yield f"{name}/"


def _rules(root: str, folders: dict[str, Folder]) -> Iterator[str]:
    for path, one in folders.items():
        if ".gitignore" in one.names:
            yield f"{root}/{path}.gitignore"
    for name in _RULES:
        yield f"{root}/.git/{name}"
    # Where git looks for what a user ignores everywhere, unless a config says otherwise.
    yield f"{os.environ.get('XDG_CONFIG_HOME') or _at_home('~/.config')}/git/ignore"
    config = Path(f"{root}/.git/config").read_text(errors="surrogateescape")
    for named in _EXCLUDES.findall(config):
        yield str(Path(root) / _at_home(named.strip('"')))


def _at_home(path: str) -> Path:
    """A path with the home folder in it; as it is where there is none."""
    with contextlib.suppress(RuntimeError):
        return Path(path).expanduser()
    return Path(path)


def _stamp(path: str) -> Stamp:
    try:
        found = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return _NONE
    if not stat.S_ISREG(found.st_mode):
        raise OSError(f"{path} is no file")
    return found.st_ino, found.st_size, found.st_ctime_ns
