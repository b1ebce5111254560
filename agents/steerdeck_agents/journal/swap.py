"""Putting a mended journal in the place of the damaged one, which is kept.

A log that lies beside a database is part of it: put beside another one it would be written into
that. So both move together, and a crash between two of the steps is finished by whoever comes next;
called with the journal's lock held.
"""

import os
import shutil
from pathlib import Path

from steerdeck_agents.facts.errors import JournalError


def making(path: Path) -> Path:
    """Where a new file is made; what lies there is nobody's."""
    return path.with_name(f"{path.name}.making")


def ready(path: Path) -> Path:
    """Where it waits, complete, to take the journal's place."""
    return path.with_name(f"{path.name}.ready")


def damaged(path: Path, at_s: int) -> Path:
    """A free name for the damaged file, after the time it is put aside."""
    while (kept := _damaged(path, at_s)).exists():
        at_s += 1
    return kept


def _damaged(path: Path, at_s: int) -> Path:
    return path.with_name(f"{path.name}.damaged-{at_s}")


def swap(path: Path, kept: Path) -> None:
    """Let the complete file at `making` take the place of the journal, which goes to `kept`."""
    new, at_s = making(path), int(kept.name.rpartition("-")[2])
    # Its time says the name under which the damaged file is kept, however often this is tried.
    os.utime(new, (at_s, at_s))
    _sync(new)
    new.replace(ready(path))
    _sync(path.parent)
    finish_swap(path)


def finish_swap(path: Path) -> None:
    """Finish what `swap` began, if it did."""
    new = ready(path)
    if not new.exists():
        return
    kept = _damaged(path, int(new.stat().st_mtime))
    try:
        if not kept.exists() and path.exists():
            _keep(path, kept)
        log, index = (path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))
        if log.exists():
            log.replace(kept.with_name(f"{kept.name}-wal"))
        index.unlink(missing_ok=True)
        _sync(path.parent)
        new.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise JournalError(
            f"The mended journal {new} can't take its place ({error.strerror}). Nothing is lost;"
            f" make {path.parent} writable and try again."
        ) from error


def _keep(path: Path, kept: Path) -> None:
    """Give the damaged file the name it is kept under, and leave it in its place if that can be."""
    try:
        os.link(path, kept)
    except OSError:
        # Not every file system has links; then there is no journal until the new one is put here.
        path.replace(kept)


def copied_aside(path: Path, end: str) -> Path:
    """A copy of the journal and its log as they are; where it lies.

    `end` names how far it goes: what was copied when an earlier start came to nothing is not copied
    again. Raises JournalError when the copy can't be made; then there is none.
    """
    aside = path.with_name(f"{path.name}.cut-{end}")
    if aside.exists():
        return aside
    part = path.with_name(f"{path.name}.cut.part")
    # The log gets its name first: a copy that has one is whole.
    ends = [end for end in ("-wal", "") if path.with_name(f"{path.name}{end}").exists()]
    copies = [part.with_name(f"{part.name}{end}") for end in ends]
    try:
        for end, copy in zip(ends, copies, strict=True):
            shutil.copyfile(path.with_name(f"{path.name}{end}"), copy)
            copy.chmod(0o600)
            _sync(copy)
        for end, copy in zip(ends, copies, strict=True):
            copy.replace(aside.with_name(f"{aside.name}{end}"))
    except OSError as error:
        for copy in copies:
            copy.unlink(missing_ok=True)
        raise JournalError(
            f"The end of the journal {path} was lost, and it can't be copied as it was found"
            f" ({error.strerror}). Make room for a second one on its disk and start again; nothing"
            " in it was changed."
        ) from error
    return aside


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
