"""What the developer consented to, by the hash of exactly what was shown: servers, set-up, tools.

One small file of JSON, only its owner's, replaced whole. A consent lost costs one more question,
one too many runs a stranger's program: a file that can't be read, or that others could have
written, counts as no consent at all.
"""

import os
import stat
import threading
from pathlib import Path
from typing import Literal

import msgspec

from steerdeck_agents.facts.errors import UNREADABLE, SettingsError
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.settings.paths import Paths, private_folder
from steerdeck_agents.settings.private_file import replace_file

Kind = Literal["server", "setup", "tools"]
_LARGEST = 64 * 1024 * 1024
_writing = threading.Lock()


class Consent(msgspec.Struct, frozen=True):
    """One yes of the developer."""

    kind: str
    """One of `Kind`; a newer version may know more."""
    sha: Sha
    """Hash of everything the consent is bound to."""
    what: str
    """What was shown, as it was shown."""
    at_ms: int


class _File(msgspec.Struct, frozen=True):
    consents: tuple[Consent, ...] = ()


def remembered(paths: Paths, kind: Kind, sha: Sha) -> bool:
    """Whether the developer consented to exactly this."""
    return any(one.kind == kind and one.sha == sha for one in _read(_place(paths)))


def listed(paths: Paths, kind: Kind | None = None) -> tuple[Consent, ...]:
    """All consents, the oldest first; those of one kind when it is given."""
    return tuple(one for one in _read(_place(paths)) if kind is None or one.kind == kind)


def remember(paths: Paths, kind: Kind, sha: Sha, what: str, now_ms: int) -> None:
    """Keep a consent; the same one again keeps the newer words and time.

    Raises:
        SettingsError: it can't be written, so it will be asked again.
    """
    with _writing:
        others = [one for one in _read(_place(paths)) if (one.kind, one.sha) != (kind, sha)]
        _write(paths, (*others, Consent(kind, sha, what, now_ms)))


def forget(paths: Paths, kind: Kind, sha: Sha) -> bool:
    """Take a consent back; False when there was none.

    Raises:
        SettingsError: it can't be written, so the consent still stands.
    """
    with _writing:
        before = _read(_place(paths))
        after = tuple(one for one in before if (one.kind, one.sha) != (kind, sha))
        if len(after) < len(before):
            _write(paths, after)
        return len(after) < len(before)


def _place(paths: Paths) -> Path:
    return paths.data / "consents.json"


def _read(place: Path) -> tuple[Consent, ...]:
    try:
        # Judged by its descriptor, so it can't be swapped after it was found to be ours.
        file = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ()
    try:
        found = os.fstat(file)
        ours = found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o022
        if not stat.S_ISREG(found.st_mode) or not ours or found.st_size > _LARGEST:
            return ()
        with os.fdopen(file, "rb", closefd=False) as opened:
            return msgspec.json.decode(opened.read(), type=_File).consents
    except (OSError, *UNREADABLE):
        return ()
    finally:
        os.close(file)


def _write(paths: Paths, consents: tuple[Consent, ...]) -> None:
    place = _place(paths)
    private_folder(place.parent)
    try:
        replace_file(place, msgspec.json.encode(_File(consents)))
    except OSError as error:
        raise SettingsError(
            f"{place} can't be written: {error.strerror}. Your answer holds until the runtime "
            "ends and will be asked again then; make room or make the folder writable."
        ) from error
