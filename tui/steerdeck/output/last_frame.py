"""The last frame of the deck, kept when it closes and written when it is opened again.

It stands there some 10 ms after the Enter key, while everything else is still being loaded, so this
loads next to nothing. It is shown once, and only where it fits: to a terminal of that size and
kind, in that folder, and not on a line where painting twice would make one wait.
"""

import os
import signal
from collections.abc import Mapping
from pathlib import Path

NAME = "frame"
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J"
_LEAVE = "\x1b[?25h\x1b[?1049l"
ALTERNATE = "\x1b[?1049h"
"""What Textual enters the other screen with; some terminals wipe it when told twice."""
LARGEST = 64_000
"""Bytes; a frame that is larger is not kept."""
_stands: list[str] = []
"""The frame that was written, until somebody paints over it."""


def beside_frame(environ: Mapping[str, str], name: str) -> Path:
    """A file of the cache, which lies where the frame does."""
    return file_of(environ).with_name(name)


def file_of(environ: Mapping[str, str]) -> Path:
    """Where it lies: in the cache of `settings.paths`, found without loading that."""
    if moved := environ.get("STEERDECK_HOME", ""):
        return Path(moved).expanduser() / "cache" / NAME
    cache = Path(environ.get("XDG_CACHE_HOME", ""))
    return (cache if cache.is_absolute() else Path("~/.cache").expanduser()) / "steerdeck" / NAME


def key_of(environ: Mapping[str, str], columns: int, rows: int) -> str:
    """What must be the same for a frame to fit; a line."""
    parts = [f"{columns}x{rows}", str(Path.cwd())]
    names = ("TERM", "COLORTERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG", "TMUX")
    parts += [environ.get(name, "") for name in names]
    return "\t".join(part.replace("\n", " ") for part in parts)


def show(environ: Mapping[str, str], descriptor: int) -> None:
    """Write the frame that fits to a terminal, if there is one, and keep it no longer."""
    if "SSH_CONNECTION" in environ and "TMUX" in environ:
        return
    try:
        file = file_of(environ)
        key, _, frame = file.read_bytes().decode().partition("\n")
        file.unlink()
        if key != key_of(environ, *os.get_terminal_size(descriptor)):
            return
        data = (_ENTER + frame + "\x1b[H").encode()
        _stands.append(frame)
        _give_back_on_signals(descriptor)
        while data:
            data = data[os.write(descriptor, data) :]
    except (OSError, RuntimeError, UnicodeError):
        # It is a picture of the past: without it the deck comes up as it does the first time.
        return


def _give_back_on_signals(descriptor: int) -> None:
    """Until the deck has handlers of its own."""

    def end(number: int, frame: object) -> None:
        wipe(descriptor)
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def stand(descriptor: int) -> None:
    """Another process of ours wrote the frame there; from now on it is ours to take away."""
    _stands.append(NAME)
    _give_back_on_signals(descriptor)


def stands() -> bool:
    """Whether it is on the screen."""
    return bool(_stands)


def taken_over() -> bool:
    """Whether it stood there until now; whoever asks paints over it."""
    before = bool(_stands)
    _stands.clear()
    return before


def wipe(descriptor: int) -> None:
    """Give the terminal back: no deck comes."""
    if taken_over():
        try:
            os.write(descriptor, _LEAVE.encode())
        except OSError:
            return
