"""Dependency folders of the developer's checkout in a workspace: `node_modules`, `.venv`.

Installing them anew for every session costs minutes and the network. So a project may ask for a
copy, which shares blocks with the developer's where the file system can, or for a link, which
costs nothing and is read-only in the sandbox. Where nothing would hold writes back, a link becomes
a copy. Only folders git ignores are brought: anything else would be part of the work.
"""

import os
import re
import shutil
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.settings.project import Folder
from steerdeck_agents.workspace.bring import Bringer, LeftOut, Measure, in_words, stoppable
from steerdeck_agents.workspace.include import ignored_there, settle
from steerdeck_agents.workspace.repository import Repository
from steerdeck_agents.workspace.within import shown

LARGE = 100_000_000
"""Bytes from which the size is said before the copying."""
_SPARE = 500_000_000
"""Bytes of the disk a copy leaves free."""
_LARGEST_SCRIPT = 1_000_000
_BELOW = {"": r"bin|lib", "lib": r"python[\d.]+t?", "lib/python": r"site-packages"}
_NAMES_PATHS = {
    "": r"pyvenv\.cfg", "bin": r".*", "lib/python/site-packages": r".*\.pth|__editable__.*\.py",
}  # fmt: skip


class Brought(msgspec.Struct, frozen=True):
    """What became of the folders a project asks for."""

    copied: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    """Absolute paths of the developer's folders that `linked` point to: to be shown read-only."""
    left_out: tuple[LeftOut, ...] = ()
    said: tuple[str, ...] = ()

    def brief(self) -> tuple[str, ...]:
        """Each folder that is there now, with how it came."""
        return (
            *(f"{path} (copied)" for path in self.copied),
            *(f"{path} (linked)" for path in self.linked),
        )

    def notes(self) -> tuple[str, ...]:
        """What the developer is to be told, whole sentences."""
        missing = tuple(f"Left out: {shown(one.path)} {one.why}." for one in self.left_out)
        return (*self.said, *missing)


def holds_links(level: Level) -> bool:
    """Whether a command at this level can't change a linked folder in any way.

    Landlock holds back writes, but not a file's mode, times and attributes.
    """
    return level.name == "bubblewrap"


async def bring_folders(
    repository: Repository,
    workspace: Workspace,
    folders: Sequence[Folder],
    *,
    level: Level,
    progress: Callable[[str], None],
) -> Brought:
    """Bring each folder that is there, is ignored, and is not in the workspace yet.

    Safe to cancel and to repeat; a folder appears whole or not at all. What can't be brought is
    left out with its reason, never a failure of the session.
    """
    wanted = {folder.path: folder for folder in folders}
    there, absent = await stoppable(partial(_there, repository.top, tuple(wanted)), progress)
    ignored = await ignored_there(repository.top, tuple(there))
    seen = [
        LeftOut(
            path, "is not ignored by git in your checkout, and only ignored folders are brought"
        )
        for path in there
        if path not in ignored
    ]
    ours, foreign = await settle(workspace, [path for path in there if path in ignored])
    done = Brought()
    if ours:
        chosen = [(wanted[path], there[path]) for path in ours]
        done = await stoppable(
            partial(_bring, repository.top, workspace.path, chosen, holds_links(level)), progress
        )
    left_out = (*absent, *seen, *foreign, *done.left_out)
    return msgspec.structs.replace(done, left_out=left_out)


def _there(
    top: str, paths: Sequence[str], stop: threading.Event, say: Callable[[str], object]
) -> tuple[dict[str, Measure], list[LeftOut]]:
    """The folders that are there, with what they hold, and the others."""
    found, absent = {}, []
    measuring = Bringer(top, top, stop, say)
    for path in paths:
        try:
            if is_secret_path(path):
                raise OrderRefused("has a name that stands for secrets, so it is never brought")
            if not os.path.lexists(f"{top}/{path}"):
                raise OrderRefused(
                    "is not in your checkout; install it there, or in a set-up script"
                )
            found[path] = measuring.measure(path)
        except OrderRefused as error:
            absent.append(LeftOut(path, str(error)))
        except OSError as error:
            absent.append(LeftOut(path, f"can't be read: {error.strerror}"))
    return found, absent


def _bring(
    top: str,
    workspace: str,
    chosen: list[tuple[Folder, Measure]],
    may_link: bool,
    stop: threading.Event,
    say: Callable[[str], object],
) -> Brought:
    done = Brought()
    for folder, holds in chosen:
        bringer = Bringer(top, workspace, stop, say)
        path = folder.path
        try:
            if folder.way == "link" and may_link:
                target = bringer.link(path)
                done = msgspec.structs.replace(
                    done,
                    linked=(*done.linked, path),
                    links=(*done.links, target),
                    said=(*done.said, *_of_link(top, path, holds)),
                )
                continue
            _check_room(workspace, holds)
            if holds.size >= LARGE:
                say(
                    f"copying {shown(path)}: {counted(holds.files, 'file')}, {in_words(holds.size)}"
                )
            moved = [0]
            bringer.folder(path, partial(_relocate, top, workspace, moved))
            done = msgspec.structs.replace(
                done,
                copied=(*done.copied, path),
                said=(*done.said, *_of_copy(folder, bringer, moved[0])),
            )
        except OrderRefused as error:
            done = _without(done, path, str(error))
        except OSError as error:
            done = _without(done, path, f"can't be copied: {error.strerror}")
    return done


def _without(done: Brought, path: str, why: str) -> Brought:
    return msgspec.structs.replace(done, left_out=(*done.left_out, LeftOut(path, why)))


def _check_room(workspace: str, holds: Measure) -> None:
    free = shutil.disk_usage(workspace).free
    if holds.size + _SPARE > free:
        raise OrderRefused(
            f"holds {in_words(holds.size)} and the disk has {in_words(free)} left; make room, or "
            "ask for a link"
        )


def _of_copy(folder: Folder, bringer: Bringer, moved: int) -> list[str]:
    path = shown(folder.path)
    said = [f"{path}: copied {counted(bringer.files, 'file')}, {in_words(bringer.size)}"]
    if bringer.cloned and bringer.files:
        said[0] += ", which take no room of their own until they change"
    said[0] += "."
    if folder.way == "link":
        said.append(
            f"{path}: asked for as a link, but no sandbox here holds back every change to your "
            "folder, so it was copied."
        )
    if bringer.outside:
        said.append(
            f"{path}: {len(bringer.outside)} of its links lead out of the repository "
            f"({shown(bringer.outside[0])}); in the sandbox they work only where that is shown."
        )
    if bringer.without_git:
        said.append(f"{path}: {bringer.without_git} repositories in it came without their .git.")
    if moved:
        said.append(
            f"{path}: {moved} of its files named your checkout and now name this workspace; "
            "compiled files may still name the old place."
        )
    return said


def _of_link(top: str, path: str, holds: Measure) -> list[str]:
    said = [f"{shown(path)}: linked to yours, read-only; installing into it will fail."]
    if holds.leaving:
        said.append(
            f"{shown(path)}: {holds.leaving} of its links lead out of it, and in the sandbox they "
            'work only where that is shown; ask for "copy" if something is missing.'
        )
    if Path(top, path, "pyvenv.cfg").is_file():
        said.append(
            f"{shown(path)}: a project installed into it in editable mode still means your "
            'checkout, which the sandbox doesn\'t show; ask for "copy" if it is this one.'
        )
    return said


def _relocate(top: str, workspace: str, moved: list[int], copy: str) -> None:
    """Make the texts of a copied virtual environment name the workspace instead of the checkout.

    Scripts, activation and editable installs name absolute paths (PEP 405 leaves that to the
    installer), so a plain copy would run the developer's code, or nothing at all in the sandbox.
    """
    if not Path(copy, "pyvenv.cfg").is_file():
        return
    old = re.compile(re.escape(os.fsencode(top)) + rb"(?![\w.-])")
    new = os.fsencode(workspace).replace(b"\\", rb"\\")
    for where, folders, names in os.walk(copy):
        place = re.sub(r"(?<=lib/python)[\d.]+t?", "", os.path.relpath(where, copy))
        place = "" if place == "." else place
        below = _BELOW.get(place)
        folders[:] = [one for one in folders if below and re.fullmatch(below, one)]
        for name in names:
            if not re.fullmatch(_NAMES_PATHS.get(place, ""), name):
                continue
            file = Path(where, name)
            if file.is_symlink() or not file.is_file() or file.stat().st_size > _LARGEST_SCRIPT:
                continue
            data = file.read_bytes()
            if b"\0" not in data and (changed := old.sub(new, data)) != data:
                mode = file.stat().st_mode & 0o777
                file.chmod(mode | 0o200)
                file.write_bytes(changed)
                file.chmod(mode)
                moved[0] += 1
