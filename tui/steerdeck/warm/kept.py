"""The process kept warm: the whole deck loaded, nobody's yet; for each who asks it forks.

It has no terminal, no home and no secret: its environment names where programs lie and no more, and
what a deck needs comes from who asks for it, to the fork alone. It lives as long as the runtime it
was left beside, unless the setting goes off, the program changes, or nobody asks for long.
"""

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from os import _exit as end_at_once
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from steerdeck.warm import papers
from steerdeck.warm.asking import POINTER, stands_still
from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.settings.config import load
from steerdeck_agents.settings.paths import Paths, make_socket_folder, private_folder
from steerdeck_themes.sheets import styles

IDLE_S: Final = 8 * 3600.0
"""How long it stays without anybody asking."""
LOOK_S: Final = 10.0
"""How often it is looked whether it is still wanted."""
SPEAKS_S: Final = 0.2
"""How long who comes may take to say what they want; who only looks for it never does."""
LOADED = ("steerdeck.warm.forked", "steerdeck.verbs.mooring", "steerdeck.acts.drafts",
          "steerdeck.app", "steerdeck.screens.opening", "steerdeck.keymap",
          "steerdeck_themes.wardrobe")  # fmt: skip
"""What a deck needs until its first frame, and what brings that."""


Seen = tuple[int, int, int]
"""What tells a file from another one at its path: inode, bytes, nanoseconds of its last change."""


def files() -> dict[str, Seen]:
    """Everything that was loaded, by its path."""
    names = {getattr(module, "__file__", None) for module in sys.modules.copy().values()}
    found = {str(sheet) for sheet in styles()} | {name for name in names if name} | {sys.executable}
    return {name: seen for name in found if (seen := _seen(name)) is not None}


def _seen(name: str) -> Seen | None:
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def changed(files: Mapping[str, Seen]) -> bool:
    """Whether any of them is another one by now, or gone."""
    return any(_seen(name) != seen for name, seen in files.items())


class Kept:
    """Listens for one home."""

    def __init__(self, where: Paths, runtime: int) -> None:
        """`runtime` is a descriptor of the runtime's process, which ends this one with it."""
        self._where = where
        self._runtime = runtime
        self._settings = load(where, {})
        self._program = papers.program(os.environ)
        self._files: Mapping[str, Seen] = {}
        self._config: Seen | None = None
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._inode = 0
        self._clients: dict[int, tuple[int, int]] = {}
        """A descriptor of each who asked; the process of its fork, and a descriptor of that."""
        self._asked_s = time.monotonic()

    def load(self) -> None:
        """Load the deck; what is there now is shared by all forks."""
        gc.disable()
        for name in LOADED:
            importlib.import_module(name)
        importlib.import_module("steerdeck.warm.rehearsal").rehearse(self._settings.theme)
        if threading.active_count() > 1:
            raise SystemExit("No warm start: the deck left a thread behind, and a fork has none.")
        self._files = files()
        gc.collect()
        gc.freeze()
        gc.enable()

    def listen(self) -> None:
        """Be there for who asks, in the place of one that was there before."""
        make_socket_folder(self._where)
        place = self._where.warm_socket
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        self._listener.bind(str(draft))
        self._listener.listen(8)
        draft.rename(place)
        self._inode = place.lstat().st_ino
        self._point()

    def _point(self) -> None:
        """Say beside the last frame where that is: found there without loading anything."""
        pointer = self._where.deck_cache.with_name(POINTER)
        told = os.fsencode(self._where.warm_socket)
        with contextlib.suppress(OSError):
            if pointer.read_bytes() == told:
                return
        with contextlib.suppress(OSError, SettingsError):
            private_folder(pointer.parent)
            draft = pointer.with_suffix(".new")
            draft.write_bytes(told)
            draft.replace(pointer)

    def serve(self) -> int | None:
        """Fork for whoever asks. In a fork: its exit code. None: it is not wanted any more."""
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _end)
        while True:
            watched = [self._listener.fileno(), self._runtime, *self._clients]
            ready, _, _ = select.select(watched, [], [], LOOK_S)
            if self._runtime in ready or not (ready or self.wanted()):
                return None
            for gone in self._clients.keys() & ready:
                self._wake(gone)
            if self._listener.fileno() not in ready:
                continue
            line, _ = self._listener.accept()
            with line:
                client, user = papers.peer(line)
                if user != os.getuid() or not _speaks(line):
                    continue
                if changed(self._files):
                    return None
                self._asked_s = time.monotonic()
                if (fork := os.fork()) == 0:
                    return self._be_deck(line)
            with contextlib.suppress(OSError):
                self._clients[os.pidfd_open(client)] = fork, os.pidfd_open(fork)

    def _wake(self, client: int) -> None:
        """One who asked is gone; a deck that was stopped with them can't see it by itself."""
        fork, held = self._clients.pop(client)
        with contextlib.suppress(ProcessLookupError):
            if stands_still(fork):
                signal.pidfd_send_signal(held, signal.SIGCONT)
        os.close(client)
        os.close(held)

    def _be_deck(self, line: socket.socket) -> int:
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self._listener.close()
        for descriptor in (
            self._runtime,
            *self._clients,
            *(held for _, held in self._clients.values()),
        ):
            os.close(descriptor)
        from steerdeck.warm.forked import be_deck

        return be_deck(line, self._program)

    def wanted(self) -> bool:
        """Whether it should stay; what leads here is made again where it went."""
        if time.monotonic() - self._asked_s > IDLE_S or changed(self._files):
            return False
        try:
            if self._where.warm_socket.lstat().st_ino != self._inode:
                return False
            config = _seen(str(self._where.config_file))
            if config != self._config:
                self._config = config
                if not load(self._where, {}).warm_start:
                    return False
        except (OSError, SettingsError):
            return False
        self._point()
        return True

    def close(self) -> None:
        """Take away what leads here, unless it leads to another one by now."""
        self._listener.close()
        place = self._where.warm_socket
        with contextlib.suppress(OSError):
            if place.lstat().st_ino == self._inode:
                place.unlink()
                self._where.deck_cache.with_name(POINTER).unlink()
            place.parent.rmdir()


def _speaks(line: socket.socket) -> bool:
    """Whether who came says anything; it is left to be read."""
    line.settimeout(SPEAKS_S)
    try:
        said = line.recv(1, socket.MSG_PEEK)
    except OSError:
        return False
    line.settimeout(None)
    return bool(said)


def _end(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def main() -> int:
    """Be the kept process of the home whose four folders are the arguments."""
    os.umask(0o077)
    data, config, cache, state = map(Path, sys.argv[1:5])
    where = Paths(data, config, cache, state, os.getuid())
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(where.socket))
        runtime = os.pidfd_open(papers.peer(probe)[0])
    kept = Kept(where, runtime)
    kept.load()
    kept.listen()
    own = os.getpid()
    code: int | None = 1
    try:
        code = kept.serve()
    finally:
        if os.getpid() == own:
            kept.close()
        # What its interpreter would clear up takes long and is of no use; a fork's is not its own.
        end_at_once(code or 0)


if __name__ == "__main__":
    sys.exit(main())
