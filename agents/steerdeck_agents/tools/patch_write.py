"""Puts an approved patch in place: every file of it or none.

Everything is checked and every new file written beside its target first; then names are changed,
one rename each, removals last, so that a moved file is never in neither place. The bytes a patch
was computed on are compared once more (law 6). Folders are reached step by step without following
links and held open, so one swapped for a link meanwhile changes nothing. When something fails in
the middle, what was replaced is put back.

Stated limits: files are not synced, and a kill between two renames leaves the files before it
changed; the checkpoint taken before the call covers that.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator

from steerdeck_agents.facts.action import ApplyPatch, PatchedFile
from steerdeck_agents.facts.errors import BadArguments, PatchError
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools.patch_files import OnDisk, load, open_top, refused, step
from steerdeck_agents.tools.paths import file_path

MADE = ".steerdeck-"
"""How the names of files begin that stand beside a target for a moment."""
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS)
"""A file system that has no hard links."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write(workspace: Workspace, action: ApplyPatch) -> None:
    """Writes all files of the patch; raises PatchError or OSError, and then nothing has changed.

    The one exception says so: a PatchError that names files which could not be put back.
    """
    with _Folders(workspace.path) as folders:
        places = [_Place(folders, file) for file in action.files]
        try:
            for place in places:
                place.stage()
            for place in sorted(places, key=lambda place: place.file.result is None):
                place.put()
        except BaseException as problem:
            _restore(places, folders, problem)
            raise
        for place in places:
            place.clear()


def _restore(places: list["_Place"], folders: "_Folders", problem: BaseException) -> None:
    """Puts back what was replaced; raises PatchError for what could not be."""
    left = [place.file.path for place in reversed(places) if not place.put_back()]
    folders.remove_made()
    if left:
        names = ", ".join(f"`{one_line(path, 200)}`" for path in left)
        raise PatchError(
            f"The patch failed ({one_line(str(problem), 200)}) and these files could not be put "
            f"back: {names}. Undo restores them from the checkpoint before this call."
        ) from problem


class _Folders:
    """Open folders of one workspace, each walked to once, and which of them were made here."""

    def __init__(self, top: str) -> None:
        self._open: dict[tuple[str, ...], int] = {(): open_top(top)}
        self._made: list[tuple[str, ...]] = []

    def __enter__(self) -> "_Folders":
        return self

    def __exit__(self, *_: object) -> None:
        for fd in self._open.values():
            os.close(fd)

    def parent_of(self, path: str, make: bool) -> tuple[int, str]:
        """The descriptor of the folder a path is in, and the file's name; made when asked."""
        *folders, name = path.split("/")
        for depth in range(len(folders)):
            here, place = tuple(folders[:depth]), tuple(folders[: depth + 1])
            if place in self._open:
                continue
            below = step(self._open[here], folders[depth], path)
            if below is None and make:
                os.mkdir(folders[depth], dir_fd=self._open[here])
                self._made.append(place)
                below = step(self._open[here], folders[depth], path)
            if below is None:
                raise refused(path, "its folder is gone")
            self._open[place] = below
        return self._open[tuple(folders)], name

    def remove_made(self) -> None:
        """Takes away the folders made here, as far as they are empty."""
        for place in reversed(self._made):
            with _no_matter():
                os.rmdir(place[-1], dir_fd=self._open[place[:-1]])


class _Place:
    """One file of the patch: checked, staged, put in place, and put back if need be."""

    def __init__(self, folders: _Folders, file: PatchedFile) -> None:
        self.file = file
        self._folders = folders
        self._folder, self._name = -1, ""
        self._staged = self._kept = ""
        self._created = self._replaced = False

    def stage(self) -> None:
        """Compares with the base, writes the new file beside its target, and keeps the old one."""
        file = self.file
        if file_path(file.path) != file.path:
            raise BadArguments(f"`{one_line(file.path, 200)}` is not a plain path.")
        self._folder, self._name = self._folders.parent_of(file.path, make=file.base is None)
        there = load(self._folder, self._name, file.path)
        if file.base is None and there is not None:
            raise refused(file.path, "it exists by now")
        if file.base is not None and (there is None or sha_of(there.data) != file.base):
            raise refused(file.path, "it is no longer the file the patch was made for")
        if there is not None:
            self._kept = self._keep(there)
        if file.result is not None:
            self._staged = self._write(file.result, _mode(file, there), there is not None)

    def put(self) -> None:
        """The change of names that makes it so."""
        if self.file.base is None:
            self._create()
            self._created = True
            return
        if self.file.result is None:
            os.unlink(self._name, dir_fd=self._folder)
        else:
            self._rename(self._staged, self._name)
        self._replaced = True

    def put_back(self) -> bool:
        """Undoes `put` and `stage`, whatever of them happened; says whether that worked."""
        try:
            if self._created:
                os.unlink(self._name, dir_fd=self._folder)
            if self._replaced:
                self._rename(self._kept, self._name)
        except OSError:
            return False
        self.clear()
        return True

    def clear(self) -> None:
        """Takes away what stands beside the target."""
        for name in filter(None, (self._staged, self._kept)):
            with _no_matter():
                os.unlink(name, dir_fd=self._folder)

    def _keep(self, there: OnDisk) -> str:
        """A second name for the old file, so that it can come back with all its attributes."""
        name = _beside()
        try:
            self._link(self._name, name)
        except OSError:
            return self._write(there.data, there.mode, exactly=True)
        return name

    def _create(self) -> None:
        """Puts a new file in place, and never on top of one that has appeared meanwhile."""
        try:
            self._link(self._staged, self._name)
        except FileExistsError:
            raise refused(self.file.path, "it exists by now") from None
        except OSError as problem:
            if problem.errno not in _NO_LINKS:
                raise
            if load(self._folder, self._name, self.file.path) is not None:
                raise refused(self.file.path, "it exists by now") from None
            self._rename(self._staged, self._name)

    def _rename(self, source: str, target: str) -> None:
        os.rename(source, target, src_dir_fd=self._folder, dst_dir_fd=self._folder)

    def _link(self, source: str, target: str) -> None:
        """Gives a file another name; unlike a rename it never replaces one that is there."""
        os.link(
            source,
            target,
            src_dir_fd=self._folder,
            dst_dir_fd=self._folder,
            follow_symlinks=False,
        )

    def _write(self, data: bytes, mode: int, exactly: bool) -> str:
        """Writes a file beside the target; new files get the mode the umask leaves of theirs."""
        name = _beside()
        fd = os.open(name, _NEW, 0o600 if exactly else mode, dir_fd=self._folder)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                if exactly:
                    os.fchmod(file.fileno(), mode)
        except BaseException:
            with _no_matter():
                os.unlink(name, dir_fd=self._folder)
            raise
        return name


def _mode(file: PatchedFile, there: OnDisk | None) -> int:
    """The old mode, its executable bits as the patch wants them; set-id bits are never kept."""
    if there is None:
        return 0o777 if file.executable else 0o666
    mode = stat.S_IMODE(there.mode) & 0o777
    if file.executable:
        return mode if there.executable else mode | (mode & 0o444) >> 2
    return mode & ~0o111 if there.executable else mode


def _beside() -> str:
    return f"{MADE}{secrets.token_hex(8)}"


@contextlib.contextmanager
def _no_matter() -> Iterator[None]:
    try:
        yield
    except OSError:
        return
