"""The runtime's log, kept small: two files at most, the older one ends with `.1`.

It is the standard output of the process, opened by whoever started it. So it is turned over by
putting another file in its place and under the same descriptors: what any thread writes, also the
interpreter on its way down, ends up in one of the two, whole.
"""

import os
from pathlib import Path
from typing import Final

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of one of the two files; a line more may be in it."""


def older(log: Path) -> Path:
    """Where what came before is kept."""
    return log.with_name(f"{log.name}.1")


def written_by(log: Path, descriptors: tuple[int, ...]) -> bool:
    """Whether these descriptors of this process lead to that file."""
    try:
        return all(os.path.samestat(os.fstat(one), log.stat()) for one in descriptors)
    except OSError:
        return False


def turn_over(log: Path, descriptors: tuple[int, ...] = (), largest: int = LARGEST) -> bool:
    """Begin a new file where the log is too large; whether that was so.

    `descriptors` of this process that write to it are led to the new file. A log that can't be
    turned over is left as it is: no runtime ends because of its log.
    """
    try:
        if log.stat().st_size <= largest:
            return False
        log.replace(older(log))
        fresh = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError:
        return False
    try:
        for descriptor in descriptors:
            os.dup2(fresh, descriptor)
    finally:
        os.close(fresh)
    return True


def last_lines(log: Path, count: int) -> list[str]:
    """The end of the log, over both files; FileNotFoundError when there is none."""
    told = _lines(log)
    if len(told) < count and older(log).exists():
        told = _lines(older(log)) + told
    return told[-count:]


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8", "replace").splitlines()
