"""Where everything lives: `STEERDECK_HOME` if set, else the XDG folders, on macOS too.

XDG is followed by hand because platformdirs answers with `~/Library` on macOS, where people who
live in terminals look under `~/.config`. The socket lies in /tmp, since a logout deletes
`XDG_RUNTIME_DIR` and a Unix socket's path may hold only about 100 bytes.
"""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import SettingsError

_PRODUCT = "steerdeck"


class Paths(msgspec.Struct, frozen=True):
    """Folders and files of one home; nothing here is created by asking for it."""

    data: Path
    config: Path
    cache: Path
    state: Path
    uid: int

    @property
    def journal(self) -> Path:
        return self.data / "journal.db"

    @property
    def workspaces(self) -> Path:
        return self.data / "workspaces"

    @property
    def bin(self) -> Path:
        """Discarded workspaces, kept for undo."""
        return self.data / "bin"

    @property
    def spool(self) -> Path:
        """Complete outputs of commands while they run."""
        return self.state / "spool"

    @property
    def log(self) -> Path:
        return self.state / "runtime.log"

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def rules_file(self) -> Path:
        """Lasting rules, the developer's own."""
        return self.config / "rules.toml"

    @property
    def keys_file(self) -> Path:
        """Remapped keys of the deck."""
        return self.config / "keys.toml"

    @property
    def deck_cache(self) -> Path:
        """What the deck last showed, for its first frame."""
        return self.cache / "deck.json"

    @property
    def socket(self) -> Path:
        """The runtime's socket; `make_socket_folder` makes its folder safe."""
        place = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path("/tmp") / f"{_PRODUCT}-{self.uid}" / place / "runtime.sock"

    @property
    def warm_socket(self) -> Path:
        """Where the process listens that is kept for a warm start."""
        return self.socket.with_name("warm.sock")


def paths(environ: Mapping[str, str]) -> Paths:
    """The paths for one environment; links are resolved, so one home has one socket.

    Raises:
        SettingsError: the home folder is not known.
    """
    moved = environ.get("STEERDECK_HOME", "")
    if moved:
        home = Path(os.path.realpath(_expanded(moved, environ)))
        return Paths(
            data=home / "data",
            config=home / "config",
            cache=home / "cache",
            state=home / "state",
            uid=os.getuid(),
        )
    return Paths(
        data=_xdg(environ, "XDG_DATA_HOME", ".local/share"),
        config=_xdg(environ, "XDG_CONFIG_HOME", ".config"),
        cache=_xdg(environ, "XDG_CACHE_HOME", ".cache"),
        state=_xdg(environ, "XDG_STATE_HOME", ".local/state"),
        uid=os.getuid(),
    )


def private_folder(path: Path) -> Path:
    """Make `path` (and missing parents) a folder only its owner can enter, and check that it is.

    A folder of ours that others can enter is closed. Returns `path`.

    Raises:
        SettingsError: it is a link, no folder, belongs to somebody else, or can't be made.
    """
    try:
        if not path.parent.exists():
            private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        # Opened once and judged by its descriptor, so it can't be swapped in between.
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        if path.is_symlink():
            raise SettingsError(
                f"{path} is a link, which Steerdeck does not follow there. Remove the link."
            ) from error
        raise SettingsError(
            f"The folder {path} can't be used: {error.strerror}. "
            "Make it writable, or set STEERDECK_HOME to another folder."
        ) from error
    try:
        found = os.fstat(folder)
        if found.st_uid != os.getuid():
            raise SettingsError(
                f"{path} belongs to another user (uid {found.st_uid}), so nothing is put there. "
                "Ask for its removal."
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            os.fchmod(folder, 0o700)
    finally:
        os.close(folder)
    return path


def make_socket_folder(where: Paths) -> Path:
    """Make and check both folders above the socket; returns the socket's folder.

    Raises:
        SettingsError: see `private_folder`.
    """
    private_folder(where.socket.parent.parent)
    return private_folder(where.socket.parent)


def check_socket_folder(where: Paths) -> None:
    """See to it that nobody else can stand behind the socket: a client tells it keys.

    Anybody may make a folder in /tmp before we do. Folders that are not there are fine.

    Raises:
        SettingsError: one of both folders is a link, or belongs to somebody else.
    """
    for folder in (where.socket.parent.parent, where.socket.parent):
        try:
            found = folder.lstat()
        except FileNotFoundError:
            return
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise SettingsError(
                f"{folder} is not a folder of yours, so nothing is told to what listens there. "
                "Ask for its removal."
            )


def _expanded(text: str, environ: Mapping[str, str]) -> Path:
    if text == "~" or text.startswith("~/"):
        return _user_home(environ) / text[2:]
    return Path(text)


def _user_home(environ: Mapping[str, str]) -> Path:
    home = environ.get("HOME", "")
    if home and Path(home).is_absolute():
        return Path(home)
    try:
        return Path.home()
    except RuntimeError as error:
        raise SettingsError(
            "Your home folder is not known. Set HOME, or STEERDECK_HOME to a folder for Steerdeck."
        ) from error


def _xdg(environ: Mapping[str, str], variable: str, usual: str) -> Path:
    """One XDG folder; the specification says to ignore relative paths."""
    given = environ.get(variable, "")
    base = Path(given) if given and Path(given).is_absolute() else _user_home(environ) / usual
    return Path(os.path.realpath(base / _PRODUCT))
