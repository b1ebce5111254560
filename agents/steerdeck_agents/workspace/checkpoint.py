"""The files of a workspace at one moment, kept so that every path can be put back.

A checkpoint stores only the paths that differ from the checkpoint before. Below the first one lies
the base commit: a path no checkpoint mentions is as that commit has it, or not there at all. So
the first checkpoint holds what differs from the base (carried work), the state of a path at a
checkpoint is the newest mention up to there, else `base_file`, and nothing is copied that git has.

Covered are tracked files and those git does not ignore. Not covered, and named as such, are files
that look like secrets, files over 5 MB, sockets and pipes, unreadable files and repositories
planted inside the workspace.
"""

import asyncio
import hashlib
import os
import stat
import time
from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import Sha, sha_of
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.journal.enclosures import CheckpointBytes, CheckpointFile
from steerdeck_agents.workspace.git import LARGE, GitError, fields, git
from steerdeck_agents.workspace.listing import (
    TICK_NS,
    Grounds,
    Listing,
    Vain,
    listed,
    look,
    split,
)
from steerdeck_agents.workspace.within import (
    LINK,
    FileState,
    read_file,
    remove_file,
    shown,
    write_file,
)


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What a scan knew of one path: its bytes by hash, or where it links to.

    With neither it is as the base has it, or gone when it has no size either.
    """

    mode: int = 0
    size: int = -1
    mtime_ns: int = 0
    ctime_ns: int = 0
    inode: int = 0
    sha: Sha | None = None
    link: str | None = None

    @property
    def gone(self) -> bool:
        return self.size < 0 and self.sha is None and self.link is None

    @property
    def as_base(self) -> bool:
        return self.size >= 0 and self.sha is None and self.link is None


class Snapshot(msgspec.Struct, frozen=True):
    """What the last scan saw, to compare the next one with; kept in memory only."""

    files: dict[str, Seen]
    not_covered: frozenset[str] = frozenset()
    taken_ns: int = 0
    compared: bool = True
    """False when it was made of stored files, so that all others must be compared with the base."""
    listing: Listing = Listing(frozenset())


class Capture(msgspec.Struct, frozen=True):
    """One scan: what to store of it, and what it could not keep."""

    snapshot: Snapshot
    changed: tuple[CheckpointFile, ...]
    contents: tuple[CheckpointBytes, ...]
    not_covered: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """The changed paths as text."""
        return tuple(shown(file.path) for file in self.changed)


def snapshot_of(files: Iterable[CheckpointFile]) -> Snapshot:
    """What earlier checkpoints stored (newest mention of each path), after a restart."""
    return Snapshot(
        files={file.path: Seen(mode=file.mode, sha=file.sha, link=file.link) for file in files},
        compared=False,
    )


async def capture(
    workspace: Workspace, previous: Snapshot | None, known: Callable[[Sha], bool]
) -> Capture:
    """Scan the workspace; `contents` holds the bytes that `known` says are not stored yet."""
    previous = previous or Snapshot(files={}, compared=False)
    taken_ns = time.time_ns()
    scan = _Scan(workspace.path, previous, known)
    same, grounds = await asyncio.to_thread(scan.look_at_all)
    if same:
        listing = Listing(previous.listing.paths, grounds)
    elif previous.compared:
        # What was there last time is looked at while git finds what is new.
        known_already = asyncio.create_task(asyncio.to_thread(scan.look_at_known))
        try:
            listing = await _listed(workspace, grounds)
        finally:
            await asyncio.wait({known_already})
        known_already.result()
        await asyncio.to_thread(scan.look_at_rest, listing.paths)
    else:
        listing = await _listed(workspace, grounds)
        scan.base = await _blobs(workspace, ())
        scan.differs = await _differs(workspace, listing.paths)
        await asyncio.to_thread(scan.look_at_rest, listing.paths)
    if previous.compared and scan.touched:
        scan.base = await _blobs(workspace, scan.touched)
    if scan.suspects:
        await asyncio.to_thread(scan.read_suspects)
    return Capture(
        snapshot=Snapshot(
            files=scan.files,
            not_covered=frozenset(scan.not_covered),
            taken_ns=taken_ns,
            listing=listing,
        ),
        changed=tuple(sorted(scan.changed, key=lambda file: file.path)),
        contents=tuple(CheckpointBytes(sha=sha, data=data) for sha, data in scan.bytes.items()),
        not_covered=tuple(sorted(shown(path) for path in scan.not_covered)),
    )


async def base_file(workspace: Workspace, path: str) -> FileState | None:
    """The file as the base commit has it; None when it has none."""
    found = await fields(workspace.path, "ls-tree", "-z", workspace.base, "--", path)
    for entry in found:
        mode, kind, _ = entry.partition("\t")[0].split(" ")
        if kind != "blob":
            return None
        name = f"{workspace.base}:{path}"
        if mode == "120000":
            link = await git(workspace.path, "cat-file", "blob", name)
            return FileState(mode=LINK, link=os.fsdecode(link))
        data = await git(workspace.path, "cat-file", "--filters", name)
        return FileState(mode=0o755 if mode == "100755" else 0o644, data=data)
    return None


def restore(workspace: Workspace, file: CheckpointFile, data: bytes | None) -> None:
    """Make one path what a checkpoint knew; `data` is its bytes, None for links and removals.

    Atomic for the path, inside the workspace only, no link followed; OrderRefused otherwise.
    """
    try:
        if file.link is not None:
            write_file(workspace.path, file.path, FileState(mode=LINK, link=file.link))
        elif file.sha is None:
            remove_file(workspace.path, file.path)
        elif data is None or sha_of(data) != file.sha:
            raise OrderRefused(f"The stored bytes of {shown(file.path)!r} are missing or damaged.")
        else:
            write_file(workspace.path, file.path, FileState(mode=file.mode, data=data))
    except OSError as error:
        raise OrderRefused(f"{shown(file.path)} can't be restored: {error.strerror}.") from error


class _Scan:
    """One pass over all paths, in a thread: first their times, then the bytes of suspects."""

    def __init__(self, root: str, previous: Snapshot, known: Callable[[Sha], bool]) -> None:
        self._root = root
        self._previous = previous
        self._known = known
        self.suspects: list[tuple[str, Seen]] = []
        """Paths whose bytes must be read."""
        self._looked: set[str] = set()
        self.base: dict[str, str] = {}
        """Blob id of paths of the base commit."""
        self.differs: set[str] | None = None
        """Paths that differ from the base; None when the previous scan knew."""
        self.touched: list[str] = []
        """Paths that were as the base has them and may not be any more."""
        self.files: dict[str, Seen] = {}
        self.changed: list[CheckpointFile] = []
        self.bytes: dict[Sha, bytes] = {}
        self.not_covered: list[str] = []

    def look_at_all(self) -> tuple[bool, Grounds | Vain | None]:
        """What a listing hangs on; if it is still the same, all paths are looked at, too."""
        listing = self._previous.listing
        grounds = look(self._root, listing.grounds)
        same = isinstance(grounds, Grounds) and grounds.same_as(listing.grounds)
        same = same and self._previous.compared
        if same:
            self.look_at_rest(listing.paths)
        return same, grounds

    def look_at_known(self) -> None:
        """The paths of the previous scan."""
        self._look_at({*self._previous.files, *self._previous.not_covered})

    def look_at_rest(self, listed: Collection[str]) -> None:
        """All paths not looked at yet."""
        paths = {*listed, *self._previous.files, *self._previous.not_covered}
        self._look_at((paths | (self.differs or set())) - self._looked)

    def _look_at(self, paths: set[str]) -> None:
        self._looked |= paths
        settled_ns = self._previous.taken_ns - TICK_NS
        for path in sorted(paths):
            if path.endswith("/"):
                self.not_covered.append(path)
                continue
            try:
                found = os.lstat(f"{self._root}/{path}")
            except (FileNotFoundError, NotADirectoryError):
                self._gone(path)
                continue
            before = self._previous.files.get(path)
            if before is not None and _same(before, found, settled_ns):
                self.files[path] = before
            elif stat.S_ISDIR(found.st_mode):
                self._gone(path)
            else:
                self._look(path, _seen(found))

    def read_suspects(self) -> None:
        for path, now in self.suspects:
            try:
                state = read_file(self._root, path, LARGE)
            except (OSError, OrderRefused):
                self.not_covered.append(path)
                continue
            if state is None:
                self._gone(path)
            elif self._still_base(path, state):
                self.files[path] = now
            else:
                self._keep(path, now, state)

    def _gone(self, path: str) -> None:
        before = self._previous.files.get(path)
        if before is None and path not in self._previous.not_covered:
            if self.differs is None or path not in self.differs or path not in self.base:
                return
        elif before is not None and before.gone:
            self.files[path] = before
            return
        self.changed.append(CheckpointFile(path=path, mode=0, sha=None, link=None))
        self.files[path] = Seen()

    def _look(self, path: str, now: Seen) -> None:
        before = self._previous.files.get(path)
        as_base = self.differs is not None and path in self.base and path not in self.differs
        if before is None and as_base:
            self.files[path] = now
        elif is_secret_path(path):
            self.not_covered.append(path)
        else:
            self.suspects.append((path, now))
            if before is not None and before.as_base:
                self.touched.append(path)

    def _still_base(self, path: str, state: FileState) -> bool:
        """Whether a file that was as the base has it was only touched."""
        before = self._previous.files.get(path)
        blob = self.base.get(path)
        if before is None or blob is None or not before.as_base or before.mode != state.mode:
            return False
        data = state.data if state.link is None else os.fsencode(state.link)
        found = hashlib.new("sha1" if len(blob) == 40 else "sha256", b"blob %d\0" % len(data))
        found.update(data)
        return found.hexdigest() == blob

    def _keep(self, path: str, now: Seen, state: FileState) -> None:
        sha = None if state.link is not None else sha_of(state.data)
        after = msgspec.structs.replace(now, mode=state.mode, sha=sha, link=state.link)
        self.files[path] = after
        before = self._previous.files.get(path)
        if before and (before.mode, before.sha, before.link) == (after.mode, after.sha, after.link):
            return
        self.changed.append(CheckpointFile(path=path, mode=after.mode, sha=sha, link=after.link))
        if sha is not None and not self._known(sha):
            self.bytes[sha] = state.data


def _same(before: Seen, found: os.stat_result, settled_ns: int) -> bool:
    """Whether a path is as it was; every path of a workspace is asked, so the likeliest first."""
    return (
        before.ctime_ns == found.st_ctime_ns
        and found.st_ctime_ns < settled_ns
        and before.mtime_ns == found.st_mtime_ns
        and before.size == found.st_size
        and before.inode == found.st_ino
        and before.mode == _mode(found)
    )


def _mode(found: os.stat_result) -> int:
    return LINK if stat.S_ISLNK(found.st_mode) else stat.S_IMODE(found.st_mode)


def _seen(found: os.stat_result) -> Seen:
    return Seen(
        mode=_mode(found),
        size=found.st_size,
        mtime_ns=found.st_mtime_ns,
        ctime_ns=found.st_ctime_ns,
        inode=found.st_ino,
    )


async def _listed(workspace: Workspace, grounds: Grounds | Vain | None) -> Listing:
    """What git lists; every path when it can't say."""
    paths = await listed(workspace)
    if paths is None:
        return Listing(frozenset(await asyncio.to_thread(_walk, workspace.path)))
    return Listing(paths, grounds)


async def _differs(workspace: Workspace, listed: Collection[str]) -> set[str]:
    """Paths whose file is not as the base has it, by git's index; all when git can't say."""
    try:
        out = await git(
            workspace.path, "diff", "--name-only", "-z", "--no-renames", workspace.base
        )  # fmt: skip
    except GitError:
        return {*listed, *await _blobs(workspace, ())}
    return set(split(out))


async def _blobs(workspace: Workspace, paths: Sequence[str]) -> dict[str, str]:
    """Blob id of these paths of the base commit, of all when none or many are named."""
    asked = ["ls-tree", "-z", workspace.base, "--", *paths]
    if not 0 < len(paths) <= 200:
        asked = ["ls-tree", "-r", "-z", workspace.base]
    return await asyncio.to_thread(_tree, await git(workspace.path, *asked))


def _tree(out: bytes) -> dict[str, str]:
    tree = {}
    for entry in os.fsdecode(out).split("\0")[:-1]:
        about, _, path = entry.partition("\t")
        _, kind, blob = about.split(" ")
        if kind == "blob":
            tree[path] = blob
    return tree


def _walk(root: str) -> set[str]:
    """Every path but git's own, for when git can't list them."""
    found, waiting = set(), [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(f"{root}/{below}") as entries:
            for entry in entries:
                path = below + entry.name
                if entry.name == ".git":
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{path}/")
                else:
                    found.add(path)
    return found
