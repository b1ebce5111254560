"""Files that guide the agent, read again only when they changed.

Those of the workspace are foreign text in a folder that an agent may rearrange: they are reached
step by step, links that lead out are not followed, and nothing on the secret list is read.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.gate.secrets import is_secret_path
from steerdeck_agents.tools.encoding import decode, readable
from steerdeck_agents.tools.walk import opened, read_all

LARGEST = 64 * 1024
"""Bytes of one file that are read."""
_MOST_NAMES = 400


class Page(NamedTuple):
    """A file's text; of one larger than `LARGEST` the beginning."""

    text: str
    size: int
    """Bytes of the file."""
    whole: bool


class Place(NamedTuple):
    """A folder of the developer, or (with `inside`) the top folder of a workspace."""

    folder: str
    inside: bool = False


class GuideFiles:
    """Reads pages; remembers each by path, time of change and size."""

    def __init__(self) -> None:
        self._known: dict[tuple[Place, str], tuple[int, int, Page | None]] = {}

    def page(self, place: Place, path: str) -> Page | None:
        """The file at a relative path; None when there is none that may be read as text."""
        if not os.path.lexists(f"{place.folder}/{path}"):
            return None
        try:
            if place.inside:
                with opened(place.folder, path) as found:
                    if found.is_folder or (found.linked and is_secret_path(found.path)):
                        return None
                    return self._read(place, path, found.fd)
            # Of two files the developer linked into their own folders both are theirs.
            fd = os.open(f"{place.folder}/{path}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                return self._read(place, path, fd)
            finally:
                os.close(fd)
        except (BadArguments, OSError):
            return None

    def names(self, place: Place, folder: str) -> list[str]:
        """Names in a folder, sorted, the first few hundred; none when it can't be listed."""
        if not os.path.lexists(f"{place.folder}/{folder}"):
            return []
        try:
            if place.inside:
                with opened(place.folder, folder) as found:
                    return _listed(found.fd) if found.is_folder else []
            return _listed(f"{place.folder}/{folder}")
        except (BadArguments, OSError):
            return []

    def _read(self, place: Place, path: str, fd: int) -> Page | None:
        seen = os.fstat(fd)
        if not stat.S_ISREG(seen.st_mode):
            return None
        known = self._known.get((place, path))
        if known is not None and known[:2] == (seen.st_mtime_ns, seen.st_size):
            return known[2]
        data = read_all(fd, LARGEST)[:LARGEST]
        # A character cut in two at the end would make the whole look like another encoding.
        text = decode(data if seen.st_size <= LARGEST else _whole_characters(data))
        page = (
            None if text is None else Page(readable(text[0]), seen.st_size, seen.st_size <= LARGEST)
        )
        self._known[place, path] = (seen.st_mtime_ns, seen.st_size, page)
        return page


def cut(text: str, limit: int) -> str:
    """The beginning of a text that is at most `limit` bytes of UTF-8, whole characters only."""
    return text.encode()[: max(0, limit)].decode("utf-8", "ignore")


def levels(subfolder: str) -> Iterator[str]:
    """The folders from the top down to a relative one, each with a slash; the top is empty."""
    yield ""
    parts = [part for part in Path(subfolder).parts if part not in ("", ".", "/")]
    for count in range(1, len(parts) + 1):
        yield "/".join(parts[:count]) + "/"


def _listed(folder: int | str) -> list[str]:
    with os.scandir(folder) as entries:
        names = [entry.name for entry, _ in zip(entries, range(_MOST_NAMES), strict=False)]
    return sorted(names)


def _whole_characters(data: bytes) -> bytes:
    for back in range(1, 4):
        if data[-back] & 0xC0 == 0xC0:
            return data[:-back]
    return data
