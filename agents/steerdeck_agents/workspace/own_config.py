"""The config of a repository as bytes, where git reads its settings from nowhere else.

Which filters a config names is asked before every command that reads files. The same bytes name the
same ones, so git is asked once for each config, not several times with every call of an agent.
"""

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

_MOST = 65_536
_HEAD = re.compile(rb"ref: refs/[^\s]+\n?|(?:[0-9a-f]{40}|[0-9a-f]{64})\n?")
_ELSEWHERE = (b"include", b"worktreeconfig")
"""Words without which a config, in whatever case it is written, leads to no other file."""
_ALWAYS = "core.repositoryformatversion"
_KEPT = 64
_known: dict[bytes, tuple[str, ...]] = {}


def own_config(folder: Path | str) -> bytes | None:
    """All that git takes settings from in `folder`, but for ours; None where it may be more.

    That holds only for the top of a plain checkout of our own, as a workspace is: in any other
    folder git may look further up, or stop looking because it belongs to somebody else.
    """
    inside = Path(folder, ".git")
    try:
        if not (_is_own_folder(Path(folder)) and _is_own_folder(inside)):
            return None
        if not all((inside / name).is_dir() for name in ("objects", "refs")):
            return None
        if not _HEAD.fullmatch(_read(inside / "HEAD")):
            return None
        config = _read(inside / "config")
        if _common(inside) not in (b"", b"."):
            return None
    except OSError:
        return None
    small = config.lower()
    return None if any(word in small for word in _ELSEWHERE) else config


def known_names(config: bytes | None) -> tuple[str, ...] | None:
    """The names of all settings in a config that git was asked about before."""
    return None if config is None else _known.get(config)


def keep_names(before: bytes | None, after: bytes | None, names: Sequence[str]) -> None:
    """What git said between two readings is kept if it is sure that it spoke of these bytes."""
    if before is None or before != after or _ALWAYS not in names:
        return
    while len(_known) >= _KEPT:
        _known.pop(next(iter(_known)), None)
    _known[before] = tuple(names)


def _is_own_folder(path: Path) -> bool:
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def _common(inside: Path) -> bytes:
    try:
        return _read(inside / "commondir").removesuffix(b"\n")
    except FileNotFoundError:
        return b""


def _read(path: Path) -> bytes:
    """The bytes of a small plain file; OSError for anything else."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST:
            raise OSError(f"{path} is not a small file")
        return os.read(handle, _MOST)
    finally:
        os.close(handle)
