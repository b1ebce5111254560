"""Disks that fill up: small file systems in memory, mounted where the tests may do that."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_BLOCK = 4096


def may_mount(folder: Path) -> str:
    """Why nothing can be mounted here; empty when it can."""
    if os.geteuid() != 0:
        return "mounting needs root"
    try:
        with small_disk(folder / "tried", 1):
            return ""
    except subprocess.CalledProcessError as error:
        return f"mounting is not allowed here ({error.stderr.decode().strip()})"


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """An empty file system of that size at a folder, as long as it is needed."""
    place.mkdir(parents=True, exist_ok=True)
    options = f"size={megabytes}m,mode=700"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    subprocess.run(command, check=True, capture_output=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True, capture_output=True)


@contextmanager
def small_disks(sizes: dict[Path, int]) -> Iterator[None]:
    with ExitStack() as mounted:
        for place, megabytes in sizes.items():
            mounted.enter_context(small_disk(place, megabytes))
        yield


@contextmanager
def full(disk: Path, leave: int = 0) -> Iterator[None]:
    """Leave no more than so many bytes free there; then give the room back."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        _fill(file.fileno())
        os.ftruncate(file.fileno(), max(0, os.fstat(file.fileno()).st_size - leave))
        try:
            yield
        finally:
            ballast.unlink()


def _fill(file: int) -> None:
    for size in (1 << 20, _BLOCK):
        try:
            while True:
                if os.write(file, b"\0" * size) < size:
                    break
        except OSError:
            continue
